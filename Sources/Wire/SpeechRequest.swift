/// One request to speak: every field of the Python server's `/tts`, with its defaults (`TTS_Request` in `api_v2.py`).
public struct SpeechRequest: Hashable, Sendable, Codable {
    /// The text to speak.
    public var text: String
    /// The text's language code, such as `en`, `zh` or `auto`.
    public var textLang: String
    /// The reference audio whose voice is taken.
    public var refAudioPath: String
    /// More references whose timbre is averaged in.
    public var auxRefAudioPaths: [String]
    /// The language code of the reference's transcript.
    public var promptLang: String
    /// The reference's transcript; empty for none.
    public var promptText: String
    /// How many of the likeliest semantic tokens are drawn from.
    public var topK: Int
    /// The probability mass that is drawn from, 0…1.
    public var topP: Double
    /// The sampling temperature.
    public var temperature: Double
    /// The method by which the text is cut, `cut0` to `cut5`.
    public var textSplitMethod: String
    /// How many pieces are decoded together.
    public var batchSize: Int
    /// How alike in length the pieces of a batch must be, 0…1.
    public var batchThreshold: Double
    /// Whether pieces are sorted into batches by length.
    public var splitBucket: Bool
    /// The pace of speech; 1 leaves it as it is.
    public var speedFactor: Double
    /// The silence after each piece in seconds.
    public var fragmentInterval: Double
    /// The seed of the random numbers; -1 draws one.
    public var seed: Int64
    /// The form of the answer: one of ``mediaTypes``.
    public var mediaType: String
    /// 0 answers in one piece, 1…3 stream.
    public var streamingMode: Int
    /// Whether a batch's pieces are decoded in parallel.
    public var parallelInfer: Bool
    /// The penalty on semantic tokens that were drawn before.
    public var repetitionPenalty: Double
    /// Steps of flow matching (v3 and v4).
    public var sampleSteps: Int
    /// Whether the band is extended to 48 kHz (v3).
    public var superSampling: Bool
    /// The overlap of streamed chunks in semantic tokens.
    public var overlapLength: Int
    /// The least length of a streamed chunk in semantic tokens.
    public var minChunkLength: Int
    /// The name of the model set that is to speak; beyond the Python server, which has one.
    public var model: String

    /// The forms of answers: the Python server's four, and three more.
    public static let mediaTypes = ["wav", "raw", "ogg", "aac", "flac", "mp3", "opus"]

    /// Creates a request; what is left out takes the Python server's default.
    public init(
        text: String, textLang: String, refAudioPath: String, auxRefAudioPaths: [String] = [], promptLang: String,
        promptText: String = "", topK: Int = 15, topP: Double = 1, temperature: Double = 1,
        textSplitMethod: String = "cut5", batchSize: Int = 1, batchThreshold: Double = 0.75, splitBucket: Bool = true,
        speedFactor: Double = 1, fragmentInterval: Double = 0.3, seed: Int64 = -1, mediaType: String = "wav",
        streamingMode: Int = 0, parallelInfer: Bool = true, repetitionPenalty: Double = 1.35, sampleSteps: Int = 32,
        superSampling: Bool = false, overlapLength: Int = 2, minChunkLength: Int = 16,
        model: String = ModelSetDescription.defaultName
    ) {
        self.text = text
        self.textLang = textLang
        self.refAudioPath = refAudioPath
        self.auxRefAudioPaths = auxRefAudioPaths
        self.promptLang = promptLang
        self.promptText = promptText
        self.topK = topK
        self.topP = topP
        self.temperature = temperature
        self.textSplitMethod = textSplitMethod
        self.batchSize = batchSize
        self.batchThreshold = batchThreshold
        self.splitBucket = splitBucket
        self.speedFactor = speedFactor
        self.fragmentInterval = fragmentInterval
        self.seed = seed
        self.mediaType = mediaType
        self.streamingMode = streamingMode
        self.parallelInfer = parallelInfer
        self.repetitionPenalty = repetitionPenalty
        self.sampleSteps = sampleSteps
        self.superSampling = superSampling
        self.overlapLength = overlapLength
        self.minChunkLength = minChunkLength
        self.model = model
    }

    private enum CodingKeys: String, CodingKey {
        case text
        case textLang = "text_lang"
        case refAudioPath = "ref_audio_path"
        case auxRefAudioPaths = "aux_ref_audio_paths"
        case promptLang = "prompt_lang"
        case promptText = "prompt_text"
        case topK = "top_k"
        case topP = "top_p"
        case temperature
        case textSplitMethod = "text_split_method"
        case batchSize = "batch_size"
        case batchThreshold = "batch_threshold"
        case splitBucket = "split_bucket"
        case speedFactor = "speed_factor"
        case fragmentInterval = "fragment_interval"
        case seed
        case mediaType = "media_type"
        case streamingMode = "streaming_mode"
        case parallelInfer = "parallel_infer"
        case repetitionPenalty = "repetition_penalty"
        case sampleSteps = "sample_steps"
        case superSampling = "super_sampling"
        case overlapLength = "overlap_length"
        case minChunkLength = "min_chunk_length"
        case model
    }

    /// Reads a request as a peer of this protocol writes it: exact types, and the defaults for what is missing.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        func optional<T: Decodable>(_ key: CodingKeys, _ fallback: T) throws -> T {
            try fields.decodeIfPresent(T.self, forKey: key) ?? fallback
        }
        self.init(
            text: try fields.decode(String.self, forKey: .text),
            textLang: try fields.decode(String.self, forKey: .textLang),
            refAudioPath: try fields.decode(String.self, forKey: .refAudioPath),
            promptLang: try fields.decode(String.self, forKey: .promptLang))
        auxRefAudioPaths = try optional(.auxRefAudioPaths, auxRefAudioPaths)
        promptText = try optional(.promptText, promptText)
        topK = try optional(.topK, topK)
        topP = try optional(.topP, topP)
        temperature = try optional(.temperature, temperature)
        textSplitMethod = try optional(.textSplitMethod, textSplitMethod)
        batchSize = try optional(.batchSize, batchSize)
        batchThreshold = try optional(.batchThreshold, batchThreshold)
        splitBucket = try optional(.splitBucket, splitBucket)
        speedFactor = try optional(.speedFactor, speedFactor)
        fragmentInterval = try optional(.fragmentInterval, fragmentInterval)
        seed = try optional(.seed, seed)
        mediaType = try optional(.mediaType, mediaType)
        streamingMode = try optional(.streamingMode, streamingMode)
        parallelInfer = try optional(.parallelInfer, parallelInfer)
        repetitionPenalty = try optional(.repetitionPenalty, repetitionPenalty)
        sampleSteps = try optional(.sampleSteps, sampleSteps)
        superSampling = try optional(.superSampling, superSampling)
        overlapLength = try optional(.overlapLength, overlapLength)
        minChunkLength = try optional(.minChunkLength, minChunkLength)
        model = try optional(.model, model)
    }
}
