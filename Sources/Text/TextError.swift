/// What went wrong in the text front-end, in words a user can act on.
public struct TextError: Error, CustomStringConvertible, Sendable {
    /// The kind of failure; kinds may be added.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The name that logs show.
        public let rawValue: String

        /// Names a kind.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// A data file is missing; the set-up script makes it.
        public static let resourceMissing = Code(rawValue: "resource_missing")
        /// A data file is there but cannot be used.
        public static let resourceDamaged = Code(rawValue: "resource_damaged")
        /// The user dictionary has a mistake, which the message names by file and line.
        public static let invalidDictionary = Code(rawValue: "invalid_dictionary")
        /// The network for polyphonic Chinese characters could not be run.
        public static let networkFailed = Code(rawValue: "network_failed")
        /// The caller's input is not what was asked for.
        public static let invalidInput = Code(rawValue: "invalid_input")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to what, and what to do.
    public let message: String
    /// The error of a lower level, if one was the cause.
    public let underlying: (any Error)?
    /// Whether the same call can succeed later without a change of input or set-up.
    public let isRetriable: Bool

    /// Makes an error of a kind.
    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil, isRetriable: Bool = false) {
        self.code = code
        self.message = message
        self.underlying = underlying
        self.isRetriable = isRetriable
    }

    /// The message.
    public var description: String { message }
}
