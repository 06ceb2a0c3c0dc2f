/// Why a request could not be spoken, or a model set not be loaded.
public struct SynthesisError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, as far as a caller can act on it.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, in logs.
        public let description: String

        /// A field of the request cannot be used as it is.
        public static let badRequest = Code(description: "bad request")
        /// A file that the request names does not exist or cannot be read.
        public static let notFound = Code(description: "not found")
        /// A checkpoint cannot be used.
        public static let badCheckpoint = Code(description: "bad checkpoint")
        /// The device has no memory left.
        public static let outOfMemory = Code(description: "out of memory")
        /// The request was cancelled.
        public static let cancelled = Code(description: "cancelled")
        /// The request's time is over.
        public static let deadline = Code(description: "deadline")
        /// The models produced what cannot be audio (NaN, silence), or a library failed.
        public static let `internal` = Code(description: "internal")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to what, and what to do.
    public let message: String
    /// What caused it.
    public let underlying: (any Error)?

    /// Makes an error.
    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// Whether the same request can succeed later, or on another worker.
    public var isRetriable: Bool { code == .outOfMemory || code == .internal }

    /// The code and the message on one line.
    public var description: String { "\(code): \(message)" }
}
