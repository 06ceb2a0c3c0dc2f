/// What a socket could not do.
public struct MessagingError: Error, CustomStringConvertible {
    /// The reason, as a value that can be compared. New codes may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's name, as it appears in logs.
        public let description: String

        /// An endpoint is not written as one, or cannot be used here.
        public static let badEndpoint = Code(description: "bad_endpoint")
        /// Another process serves this endpoint.
        public static let addressInUse = Code(description: "address_in_use")
        /// A host beyond this one would be spoken with in the clear.
        public static let insecure = Code(description: "insecure")
        /// A CURVE key cannot be read, or this libzmq was built without CURVE.
        public static let badKey = Code(description: "bad_key")
        /// libzmq or the operating system refused a call.
        public static let system = Code(description: "system")
    }

    /// The reason.
    public let code: Code
    /// What happened, to what, and what to do.
    public let message: String
    /// The number that libzmq or the operating system gave, 0 where there is none.
    public let errorNumber: Int32
    /// The error that lies below: always `nil`, the number tells it.
    public var underlying: (any Error)? { nil }
    /// Whether the same call may succeed later without any change.
    public var isRetriable: Bool { code == .addressInUse }

    init(_ code: Code, _ message: String, errorNumber: Int32 = 0) {
        self.code = code
        self.message = message
        self.errorNumber = errorNumber
    }

    /// The code and the message.
    public var description: String { "\(code): \(message)" }
}
