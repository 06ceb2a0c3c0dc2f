/// What is wrong with a frame or with the message in it.
///
/// A bad frame costs that frame and never the connection, so none of these errors ends a session.
public struct WireError: Error, CustomStringConvertible {
    /// The reason, as a value that can be compared. New codes may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's name, as it appears in logs.
        public let description: String

        /// The bytes are shorter than a header or do not begin with the magic number.
        public static let notAFrame = Code(description: "not_a_frame")
        /// The peer speaks another major version of the protocol.
        public static let unsupportedVersion = Code(description: "unsupported_version")
        /// The kind is not one of this version's.
        public static let unknownKind = Code(description: "unknown_kind")
        /// The lengths in the header do not add up to the frame's length.
        public static let lengthMismatch = Code(description: "length_mismatch")
        /// The control part or the payload is above its limit.
        public static let tooLarge = Code(description: "too_large")
        /// The control part is not the JSON that the kind asks for, or a value is out of its range.
        public static let malformedControl = Code(description: "malformed_control")
        /// A kind that belongs to a request came without a request id.
        public static let missingRequestID = Code(description: "missing_request_id")
        /// A message holds a value that cannot travel, such as a number that is not finite.
        public static let unencodable = Code(description: "unencodable")
    }

    /// The reason.
    public let code: Code
    /// What happened, to what, and what to do.
    public let message: String
    /// The error that lies below, where there is one.
    public let underlying: (any Error)?
    /// Whether sending the same bytes again can help: never.
    public var isRetriable: Bool { false }

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
