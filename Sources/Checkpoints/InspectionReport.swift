/// What a checkpoint is and what is odd about it: the answer of `chorus inspect`.
public struct InspectionReport: Sendable, Codable {
    /// What a checkpoint seems to be for.
    public enum Kind: String, Sendable, Codable {
        /// First stage: phonemes to semantic tokens.
        case gpt
        /// Second stage: semantic tokens to sound.
        case sovits
        /// The network that reads polyphonic Chinese characters.
        case g2pw
        /// Tensors of another model, such as a vocoder or an encoder.
        case other
    }

    /// How serious a finding is.
    public enum Severity: String, Sendable, Codable {
        /// The file cannot be used.
        case error
        /// The file can be used, and may sound wrong.
        case warning
        /// Worth knowing.
        case note
    }

    /// Something out of the ordinary.
    public struct Finding: Sendable, Codable, Hashable {
        /// How serious it is.
        public let severity: Severity
        /// A stable name, such as `non_finite`.
        public let code: String
        /// What was found.
        public let message: String
    }

    /// One tensor.
    public struct Tensor: Sendable, Codable, Hashable {
        /// Its place in the file.
        public let name: String
        /// Type of its elements.
        public let dtype: ScalarType
        /// Sizes of its dimensions.
        public let shape: [Int]
        /// Steps in elements, where they are not those of a contiguous tensor.
        public let strides: [Int]?
        /// First element in its storage, where that is not 0.
        public let storageOffset: Int?
        /// Number of the storage that it shares with other tensors.
        public let sharedStorage: Int?
        /// NaN and infinity, where there are any.
        public let nonFinite: TensorRecord.NonFiniteCount?
    }

    /// Tensors of one type.
    public struct Total: Sendable, Codable, Hashable {
        /// Type of the elements.
        public let dtype: ScalarType
        /// Number of tensors.
        public var tensorCount: Int
        /// Number of elements.
        public var elementCount: Int
    }

    /// What a model's parameters take in memory with one type of element.
    public struct Memory: Sendable, Codable, Hashable {
        /// Type of the elements.
        public let dtype: ScalarType
        /// Bytes, without what is computed with them.
        public let byteCount: Int
    }

    /// A top-level entry.
    public struct Entry: Sendable, Codable, Hashable {
        /// Its key.
        public let key: String
        /// What it is, in words.
        public let kind: String
    }

    /// The file.
    public let path: String
    /// Size of the file in bytes.
    public let byteCount: Int
    /// What container it is.
    public let container: CheckpointFile.Container
    /// The tag in place of `PK`.
    public let headTag: String?
    /// MD5 of the first 8192 bytes.
    public let headDigest: String
    /// What it seems to be for.
    public let kind: Kind
    /// The version of a SoVITS model.
    public let version: SoVITSVersion?
    /// Rank of LoRA factors.
    public let loraRank: Int?
    /// The base model that LoRA factors must be merged onto, in words.
    public let requiredBase: String?
    /// The sizes of a first-stage model.
    public let gptSizes: GPTSizes?
    /// The sizes of a second-stage model.
    public let sovitsSizes: SoVITSSizes?
    /// Numbers in the floating-point tensors that inference reads; those of LoRA factors alone where the file holds those.
    public let parameterCount: Int
    /// What the parameters take in memory, by their element type.
    public let memory: [Memory]
    /// What training wrote about itself.
    public let info: String?
    /// The top-level entries.
    public let entries: [Entry]
    /// The configuration.
    public let configuration: InspectedValue?
    /// Every tensor.
    public let tensors: [Tensor]
    /// Sums by type.
    public let totals: [Total]
    /// Everything odd, worst first.
    public let findings: [Finding]

    /// Whether the file can be used.
    public var isUsable: Bool { !findings.contains { $0.severity == .error } }
}
