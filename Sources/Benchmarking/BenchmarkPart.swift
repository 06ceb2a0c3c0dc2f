/// A model that is measured.
public enum BenchmarkPart: String, Sendable, CaseIterable, Codable {
    /// The first stage, phonemes to semantic tokens.
    case gpt
    /// The second stage, semantic tokens to audio.
    case sovits
    /// The second stage of v3 and v4, semantic tokens to a mel spectrogram.
    case flow
    /// The recordings' encoder.
    case hubert
    /// The Chinese text's encoder.
    case roberta
}
