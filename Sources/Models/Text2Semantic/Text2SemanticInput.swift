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
