/// Why a supervisor had to stop, or could not start a child.
public struct SupervisionError: Error, CustomStringConvertible {
    /// The reason, as a value that can be compared. New codes may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's name, as it appears in logs.
        public let description: String

        /// The operating system did not start a process.
        public static let cannotStart = Code(description: "cannot_start")
        /// Every child of a stage was given up, so that nothing can be served.
        public static let stageLost = Code(description: "stage_lost")
        /// The children cannot be supervised as they are described.
        public static let badSpecification = Code(description: "bad_specification")
    }

    /// The reason.
    public let code: Code
    /// What happened, to what, and what to do.
    public let message: String
    /// The number that the operating system gave, 0 where there is none.
    public let errorNumber: Int32
    /// The error that lies below: always `nil`, the number tells it.
    public var underlying: (any Error)? { nil }
    /// Whether trying again may help.
    public var isRetriable: Bool { code == .cannotStart }

    init(_ code: Code, _ message: String, errorNumber: Int32 = 0) {
        self.code = code
        self.message = message
        self.errorNumber = errorNumber
    }

    /// The code and the message.
    public var description: String { "\(code): \(message)" }
}
