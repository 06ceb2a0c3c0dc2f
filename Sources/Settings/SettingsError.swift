/// What went wrong while settings were read, written or resolved, in words that a user can act on.
public struct SettingsError: Error, CustomStringConvertible, Sendable {
    /// The kind of failure. More kinds may be added, so switch over it with a `default`.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The kind's name as it is written in logs.
        public let description: String

        /// The text is not YAML, or is more of it than a settings file may hold.
        public static let syntax = Code(description: "syntax")
        /// A key holds a value outside what it allows.
        public static let invalidValue = Code(description: "invalid_value")
        /// A path leads outside the allowed roots or to something that is not a plain file or folder (HTTP 403).
        public static let forbidden = Code(description: "forbidden")
        /// Nothing exists under a path.
        public static let notFound = Code(description: "not_found")
        /// A file exists and cannot be read.
        public static let notReadable = Code(description: "not_readable")
        /// A file or folder cannot be written.
        public static let notWritable = Code(description: "not_writable")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to what, and what to do. Several problems of one file are one a line.
    public let message: String
    /// What the system said, where it said something.
    public let underlying: (any Error)?
    /// Whether the same call can succeed later without a change to the settings.
    public let isRetriable: Bool

    /// Creates an error.
    public init(code: Code, message: String, underlying: (any Error)? = nil, isRetriable: Bool = false) {
        self.code = code
        self.message = message
        self.underlying = underlying
        self.isRetriable = isRetriable
    }

    /// The message, with the system's words after it where there are any.
    public var description: String {
        underlying.map { "\(message) (\($0))" } ?? message
    }
}
