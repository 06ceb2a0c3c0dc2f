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
