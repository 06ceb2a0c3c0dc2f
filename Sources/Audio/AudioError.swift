/// What went wrong while audio was read, resampled, joined or encoded.
public struct AudioError: Error, CustomStringConvertible, Sendable {
    /// The kind of failure; more kinds may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The stable name used in logs and in JSON bodies.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// The file could not be opened or read.
        public static let unreadable = Code("unreadable")
        /// The path names a folder, device, socket or pipe.
        public static let notRegularFile = Code("not_regular_file")
        /// libsndfile does not know the format, or the contents are damaged.
        public static let unsupportedFormat = Code("unsupported_format")
        /// The audio holds no samples.
        public static let empty = Code("empty")
        /// A limit on bytes, duration, channels or samples was passed.
        public static let tooLarge = Code("too_large")
        /// A sample is NaN or infinite.
        public static let nonFinite = Code("non_finite")
        /// An argument is outside what the operation is defined for.
        public static let invalidArgument = Code("invalid_argument")
        /// The reference recording is shorter or longer than the rule allows.
        public static let referenceLength = Code("reference_length")
        /// libsoxr refused the conversion.
        public static let resampling = Code("resampling")
        /// The codec could not encode the samples.
        public static let encoding = Code("encoding")
        /// This machine cannot make the form that was asked for; the message names what is not installed.
        public static let encoderMissing = Code("encoder_missing")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to what, and what to do about it.
    public let message: String
    /// The failure that caused this one.
    public let underlying: (any Error)?
    /// Whether the same call can succeed later. Audio is deterministic: only reading a file can.
    public let isRetriable: Bool

    /// Creates an error.
    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil, isRetriable: Bool = false) {
        self.code = code
        self.message = message
        self.underlying = underlying
        self.isRetriable = isRetriable
    }

    /// The code and the message, with the cause behind them if there is one.
    public var description: String {
        guard let underlying else { return "\(code): \(message)" }
        return "\(code): \(message) (\(underlying))"
    }
}
