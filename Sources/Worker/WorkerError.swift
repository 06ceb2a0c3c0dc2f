/// Why a worker had to stop.
public struct WorkerError: Error, CustomStringConvertible {
    /// The reason, as a value that can be compared. New codes may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's name, as it appears in logs.
        public let description: String

        /// The configuration cannot be used.
        public static let badConfiguration = Code(description: "bad_configuration")
        /// The self-test at the start failed.
        public static let warmUpFailed = Code(description: "warm_up_failed")
        /// A model set that was promised could not be taken into service.
        public static let commitFailed = Code(description: "commit_failed")
    }

    /// The reason.
    public let code: Code
    /// What happened, to what, and what to do.
    public let message: String
    /// The error that lies below, where there is one.
    public let underlying: (any Error)?
    /// Whether a new process may fare better.
    public var isRetriable: Bool { code != .badConfiguration }

    /// Creates an error.
    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// The code, the message, and the error below.
    public var description: String {
        guard let underlying else { return "\(code): \(message)" }
        return "\(code): \(message) (\(underlying))"
    }
}
