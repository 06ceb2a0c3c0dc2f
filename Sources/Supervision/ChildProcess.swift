import Foundation
import Glibc
import Synchronization

/// A running process. Its standard input is a pipe whose other end only the supervisor holds: it closes when the
/// supervisor is gone, however that came, so that a child that watches it is never orphaned. Standard error, and standard
/// output where it is not reported, are the supervisor's own.
final class ChildProcess: Sendable {
    let processID: pid_t
    private let input: Int32
    /// Whether the process was reaped: from then on its id may belong to another.
    private let isReaped = Mutex(false)

    /// Starts a process. `onExit` is called once, `onLine` for each line of a standard output that is reported; each on
    /// a thread of its own.
    ///
    /// - Throws: ``SupervisionError/Code/cannotStart``.
    init(
        _ specification: ChildSpecification, onLine: @escaping @Sendable (String) -> Void = { _ in },
        onExit: @escaping @Sendable (ChildExit) -> Void
    ) throws(SupervisionError) {
        guard let input = Self.makePipe() else { throw Self.failure(specification, errno) }
        var output: (reading: Int32, writing: Int32)?
        if specification.reportsOutput {
            output = Self.makePipe()
            guard output != nil else {
                let number = errno
                close(input.reading)
                close(input.writing)
                throw Self.failure(specification, number)
            }
        }
        let (status, processID) = Self.spawn(specification, input: input.reading, output: output?.writing)
        close(input.reading)
        if let output { close(output.writing) }
        guard status == 0 else {
            close(input.writing)
            if let output { close(output.reading) }
            throw Self.failure(specification, status)
        }
        self.processID = processID
        self.input = input.writing
        if let output {
            Self.startThread("output-\(processID)") { LineReader.read(output.reading, onLine: onLine) }
        }
        Self.startThread("child-\(processID)") { onExit(self.waitForExit()) }
    }

    deinit {
        close(input)
    }

    /// Sends a signal, unless the process is gone.
    func send(_ signal: Int32) {
        isReaped.withLock { isReaped in
            if !isReaped { _ = kill(processID, signal) }
        }
    }

    private func waitForExit() -> ChildExit {
        // First without reaping, so that no signal can reach a stranger that inherits the id.
        var info = siginfo_t()
        while waitid(P_PID, id_t(processID), &info, WEXITED | WNOWAIT) != 0 {
            guard errno == EINTR else { break }
        }
        return isReaped.withLock { isReaped in
            isReaped = true
            var status: Int32 = 0
            guard waitpid(processID, &status, 0) == processID else { return .status(-1) }
            // The macros of <sys/wait.h>: the low seven bits hold the signal, the next byte the exit status.
            let signal = status & 0x7F
            return signal == 0 ? .status((status >> 8) & 0xFF) : .signal(signal)
        }
    }

    private static func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread(block: body)
        thread.name = name
        thread.stackSize = 256 << 10
        thread.start()
    }

    /// A pipe that no other child inherits; `nil` with `errno`.
    private static func makePipe() -> (reading: Int32, writing: Int32)? {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0, let reading = ends.first, let writing = ends.last else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (reading, writing)
    }

    private static func spawn(
        _ specification: ChildSpecification, input: Int32, output: Int32?
    ) -> (status: Int32, processID: pid_t) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        if let output { posix_spawn_file_actions_adddup2(&actions, output, 1) }
        // Whatever else is open here, such as what this process itself inherited, is not the child's.
        let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for descriptor in open.compactMap({ Int32($0) }) where descriptor > 2 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own, so that Ctrl-C in a terminal reaches the supervisor alone, which stops in order; and
        // signals as a fresh process has them, whatever the supervisor blocks or ignores.
        posix_spawnattr_setpgroup(&attributes, 0)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let environment = specification.environment ?? ProcessInfo.processInfo.environment
        var processID = pid_t()
        let status = withCStrings([specification.executable] + specification.arguments) { arguments in
            withCStrings(environment.map { "\($0.key)=\($0.value)" }) { variables in
                posix_spawn(&processID, specification.executable, &actions, &attributes, arguments, variables)
            }
        }
        return (status, processID)
    }

    /// Calls `body`, which returns an error number, with a NULL-terminated array of C strings.
    private static func withCStrings(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32
    ) -> Int32 {
        let pointers = strings.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeBufferPointer { buffer in buffer.baseAddress.map(body) ?? ENOMEM }
    }

    private static func failure(_ specification: ChildSpecification, _ number: Int32) -> SupervisionError {
        SupervisionError(
            .cannotStart, "cannot start \(specification.executable): \(String(cString: strerror(number)))",
            errorNumber: number)
    }
}
