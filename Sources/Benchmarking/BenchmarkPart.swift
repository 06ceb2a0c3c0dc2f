/// A model that is measured.
public enum BenchmarkPart: String, Sendable, CaseIterable, Codable {
    /// The first stage, phonemes to semantic tokens.
    case gpt
    /// The second stage of v2, semantic tokens to audio.
    case sovits
    /// The second stage of v1.
    case sovitsV1 = "sovits-v1"
    /// The second stage of v2Pro.
    case sovitsV2Pro = "sovits-v2pro"
    /// The second stage of v2ProPlus.
    case sovitsV2ProPlus = "sovits-v2proplus"
    /// The second stage of v3 and v4, semantic tokens to a mel spectrogram.
    case flow
    /// The vocoder of v3.
    case bigVGAN = "bigvgan"
    /// The vocoder of v4.
    case v4Vocoder = "v4-vocoder"
    /// The bandwidth extension from 24 to 48 kHz.
    case bandExtension = "super-sampling"
    /// The speaker embedding of v2Pro and v2ProPlus.
    case speaker
    /// The recordings' encoder.
    case hubert
    /// The Chinese text's encoder.
    case roberta
}
