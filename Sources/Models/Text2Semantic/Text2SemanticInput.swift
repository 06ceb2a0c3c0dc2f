import Torch

/// One text for the decoder.
public struct Text2SemanticInput {
    /// Phoneme ids: the prompt text's, then those of the text to speak.
    public var phonemes: [Int]
    /// BERT features `[bertSize, phonemes]`; nil for zeros, as languages without features have.
    public var features: Tensor?

    /// Names both.
    public init(phonemes: [Int], features: Tensor? = nil) {
        self.phonemes = phonemes
        self.features = features
    }
}

/// What the decoder made of one text.
public struct Text2SemanticOutput: Sendable, Hashable {
    /// Why decoding ended.
    public enum Ending: String, Sendable {
        /// The end-of-speech token came.
        case endOfSpeech
        /// The checkpoint's longest speech was reached: the text was too long, or the model did not find its end.
        case earlyStop
        /// The decoder's own limit was reached, ``Text2SemanticLimits/steps``.
        case limit
    }

    /// The new semantic tokens, 25 a second, without the prompt: what the second stage speaks.
    public var tokens: [Int]
    /// Why decoding ended.
    public var ending: Ending
    /// Decoder steps that it took.
    public var steps: Int
}

/// How the Python server walks through the texts of one request. The ways differ in the order of random draws, and in
/// which token an early stop loses.
public enum DecodingOrder: Sendable, Hashable {
    /// All texts side by side (`parallel_infer`). Without a prompt it is one after the other instead, with the default
    /// repetition penalty in place of the caller's.
    case sideBySide
    /// One text after the other.
    case oneByOne
}
