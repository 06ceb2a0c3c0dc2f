import Checkpoints

/// Sizes of a first-stage model, which a checkpoint's configuration and tensors tell.
public struct Text2SemanticConfiguration: Sendable, Hashable {
    /// Width of the transformer.
    public var hiddenSize: Int
    /// Attention heads of a layer; divides ``hiddenSize``.
    public var headCount: Int
    /// Transformer layers.
    public var layerCount: Int
    /// Semantic tokens, the end-of-speech token (the last) included.
    public var vocabularySize: Int
    /// Rows of the phoneme table.
    public var phonemeVocabularySize: Int
    /// Width of the BERT features.
    public var bertSize: Int
    /// Speech is cut off after this many seconds.
    public var maxSeconds: Double

    /// Names all sizes.
    public init(
        hiddenSize: Int, headCount: Int, layerCount: Int, vocabularySize: Int, phonemeVocabularySize: Int,
        bertSize: Int,
        maxSeconds: Double
    ) {
        self.hiddenSize = hiddenSize
        self.headCount = headCount
        self.layerCount = layerCount
        self.vocabularySize = vocabularySize
        self.phonemeVocabularySize = phonemeVocabularySize
        self.bertSize = bertSize
        self.maxSeconds = maxSeconds
    }

    /// The sizes of a checkpoint.
    public init(_ sizes: GPTSizes) {
        self.init(
            hiddenSize: sizes.hiddenSize, headCount: sizes.headCount, layerCount: sizes.layerCount,
            vocabularySize: sizes.vocabularySize, phonemeVocabularySize: sizes.phonemeVocabularySize,
            bertSize: sizes.bertSize, maxSeconds: sizes.maxSeconds)
    }

    /// The sizes of the published v2 model.
    public static let publishedV2 = Text2SemanticConfiguration(
        hiddenSize: 512, headCount: 16, layerCount: 24, vocabularySize: 1025, phonemeVocabularySize: 732,
        bertSize: 1024,
        maxSeconds: 54)

    /// The token that ends speech: the vocabulary's last.
    public var endOfSpeech: Int { vocabularySize - 1 }
    /// Width of one attention head.
    public var headSize: Int { hiddenSize / max(1, headCount) }
    /// Decoding stops when more tokens than this are made: 50 for each second of ``maxSeconds``, although a second of
    /// speech is 25 tokens. At least 1.
    public var earlyStop: Int { max(1, Int(min(50 * maxSeconds, Double(Text2SemanticLimits.steps)))) }
}

/// Bounds on one text, whatever the model.
public enum Text2SemanticLimits {
    /// Decoder steps for one text.
    public static let steps = 1500
    /// Rows of the position tables: the most phonemes of a text, prompt text included, and the most tokens of speech.
    public static let positions = 4000
    /// Semantic tokens of a prompt, so that prompt and steps fit the position table. At 25 tokens a second, 100 seconds.
    public static let promptTokens = positions - steps
    /// Texts that are decoded side by side.
    public static let rows = 256
    /// No text is allowed to end before this many tokens: the end-of-speech column is cut off for so many steps.
    static let stepsWithoutEnd = 11
}
