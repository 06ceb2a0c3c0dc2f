import Glibc

/// Why random checkpoints could not be written, or speeds not be measured.
public struct BenchmarkingError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure; new codes may be added, so switch with a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, in logs.
        public let description: String

        /// An option is out of range.
        public static let input = Code(description: "input")
        /// A file could not be written.
        public static let file = Code(description: "file")
        /// A model computed something that it cannot have computed with these weights, so its time tells nothing.
        public static let implausible = Code(description: "implausible")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to what, and what to do about it.
    public let message: String
    /// The error that caused this one, if another did.
    public let underlying: (any Error)?

    /// Whether the same call can succeed later without a change; a full disk is the caller's to empty.
    public var isRetriable: Bool { false }

    /// The message and, where there is one, the error below.
    public var description: String { underlying.map { "\(message) (\($0))" } ?? message }

    init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// A system call on a file that failed; reads `errno`.
    static func system(_ what: String, _ path: String) -> BenchmarkingError {
        BenchmarkingError(.file, "cannot \(what) \(path): \(String(cString: strerror(errno)))")
    }
}
