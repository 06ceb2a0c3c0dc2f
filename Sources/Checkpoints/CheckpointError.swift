/// Why a checkpoint could not be read, or why what it holds cannot be used.
public struct CheckpointError: Error, CustomStringConvertible, Sendable {
    /// What went wrong; new codes may be added, so switch with a default.
    public struct Code: Hashable, Sendable, Codable, CustomStringConvertible {
        /// Stable name of the code, as written in JSON reports.
        public let rawValue: String

        init(_ rawValue: String) { self.rawValue = rawValue }

        /// The stable name of the code.
        public var description: String { rawValue }

        /// Reads the stable name.
        public init(from decoder: any Decoder) throws {
            rawValue = try decoder.singleValueContainer().decode(String.self)
        }

        /// Writes the stable name.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(rawValue)
        }
    }

    /// What went wrong.
    public let code: Code
    /// What happened, to what, and what to do about it.
    public let message: String
    /// The error below this one, if another library or the system reported it.
    public let underlying: (any Error)?
    /// Whether trying again, with nothing changed, may help.
    public let isRetriable: Bool

    /// Creates an error.
    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil, isRetriable: Bool = false) {
        self.code = code
        // Names out of the file end up in messages: they must not fill the log or steer a terminal.
        self.message = message.printable(maxLength: 1000)
        self.underlying = underlying
        self.isRetriable = isRetriable
    }

    /// The message and, where there is one, the error below.
    public var description: String {
        guard let underlying else { return message }
        return "\(message) (\(underlying))"
    }

    /// The same error, its message beginning with the file's path.
    func naming(path: String) -> CheckpointError {
        CheckpointError(code, "\(path): \(message)", underlying: underlying, isRetriable: isRetriable)
    }
}

extension CheckpointError.Code {
    /// There is no file at the path.
    public static let fileNotFound = Self("file_not_found")
    /// The system refused to open, stat, read or map the file.
    public static let notReadable = Self("not_readable")
    /// A file could not be written.
    public static let notWritable = Self("not_writable")
    /// The path names a directory, a device, a pipe or a socket.
    public static let notRegularFile = Self("not_regular_file")
    /// The file has no bytes.
    public static let emptyFile = Self("empty_file")
    /// The file is none of the containers that checkpoints come in.
    public static let notACheckpoint = Self("not_a_checkpoint")
    /// A checkpoint of a kind that cannot be read, such as a TorchScript archive.
    public static let unsupportedFormat = Self("unsupported_format")
    /// The file ends before its content does.
    public static let truncated = Self("truncated")
    /// The two bytes in place of `PK` are no version tag.
    public static let unknownHeadTag = Self("unknown_head_tag")
    /// The zip archive contradicts itself.
    public static let damagedArchive = Self("damaged_archive")
    /// A compressed entry does not unpack to what the archive says.
    public static let damagedEntry = Self("damaged_entry")
    /// A limit of ``CheckpointLimits`` would be exceeded.
    public static let limitExceeded = Self("limit_exceeded")
    /// The pickle is not well formed.
    public static let malformedPickle = Self("malformed_pickle")
    /// The pickle names a function that reaches the operating system or the interpreter. Nothing was executed.
    public static let forbiddenCallable = Self("forbidden_callable")
    /// A tensor's shape, strides, offset and storage do not fit together.
    public static let invalidTensor = Self("invalid_tensor")
    /// A tensor's storage is not in the file.
    public static let missingStorage = Self("missing_storage")
    /// The header of a safetensors file is not well formed.
    public static let malformedHeader = Self("malformed_header")
    /// An ONNX model, or a part of one, is not well formed.
    public static let malformedMessage = Self("malformed_message")
    /// A scalar type that is not supported.
    public static let unsupportedScalarType = Self("unsupported_scalar_type")
    /// A top-level entry such as `weight` is missing or of another kind.
    public static let missingEntry = Self("missing_entry")
    /// A first-stage model where a second-stage one is needed, or the reverse.
    public static let wrongStage = Self("wrong_stage")
    /// The configuration is an object of a class where a plain dictionary is needed.
    public static let configurationNotDictionary = Self("configuration_not_dictionary")
    /// The configuration lacks a field.
    public static let missingConfiguration = Self("missing_configuration")
    /// A field of the configuration has a value that no model can have.
    public static let invalidConfiguration = Self("invalid_configuration")
    /// The end-of-speech token is not the vocabulary's last one.
    public static let endOfSpeechNotLast = Self("end_of_speech_not_last")
    /// A tensor that the model needs is missing.
    public static let missingTensor = Self("missing_tensor")
    /// A tensor that the model does not know.
    public static let unexpectedTensor = Self("unexpected_tensor")
    /// A tensor has another shape than the configuration asks for.
    public static let wrongShape = Self("wrong_shape")
    /// The version that the file claims and the version of its content differ.
    public static let versionContradiction = Self("version_contradiction")
    /// The file claims to be a LoRA and holds no LoRA factors, or no usable rank.
    public static let missingLoRA = Self("missing_lora")
    /// A tensor holds NaN or infinity.
    public static let nonFinite = Self("non_finite")
}
