import Glibc

/// Where log lines go: a file descriptor, written one whole line at a time.
///
/// A line is handed to the kernel in one call, so lines of several threads and processes stay whole. What cannot be written,
/// because the reader of a pipe is gone, is dropped: a server does not stop for its log.
public struct LogOutput: Sendable {
    private let write: @Sendable (String) -> Void

    /// Standard error, where logs belong: standard output is for results.
    public static let standardError = LogOutput { line in
        var bytes = Array(line.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                return
            }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Hands every line, its newline included, to a closure.
    public init(_ write: @escaping @Sendable (String) -> Void) {
        self.write = write
    }

    func callAsFunction(_ line: String) { write(line) }
}
