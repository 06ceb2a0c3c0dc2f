import Audio
import Models
import Torch

/// A reference recording as the models see it. Lives on the device thread.
struct EncodedReference {
    /// Semantic tokens of the recording, the prompt of the GPT; empty for an auxiliary reference.
    let tokens: [Int]
    /// Style embedding `[1, 1, styleWidth]` of the recording's spectrogram.
    let style: Tensor

    /// What an encoded reference depends on: the recording's content, its use, and the SoVITS model that encoded it.
    struct Key: Hashable {
        let content: ContentHash
        let isMain: Bool
        let sovits: UInt64
    }

    /// Encodes a recording.
    init(_ audio: ReferenceAudio, models: ModelSet, device: Device) throws {
        let sovits = models.sovits.model
        let spectrogram = try Spectrogram(
            filterLength: sovits.filterLength, hopLength: sovits.hopLength, windowLength: sovits.windowLength,
            device: device
        ).compute(audio.spectrogramInput)
        style = try sovits.styleEmbedding(of: spectrogram)
        tokens =
            audio.semanticInput.isEmpty
            ? []
            : try sovits.semanticTokens(ssl: try models.encoders.hubert.encode(audio.semanticInput).transpose(1, 2))
    }
}
