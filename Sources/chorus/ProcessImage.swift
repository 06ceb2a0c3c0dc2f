import Glibc

/// Starts the same program with the same arguments in place of this process, as `os.execl` does in the Python server.
enum ProcessImage {
    static func replace() {
        var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
        execv("/proc/self/exe", &arguments)
        // Only reached where exec failed; the process goes on as it was.
    }
}
