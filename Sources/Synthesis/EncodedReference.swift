import Audio
import Torch

/// A reference recording as the models see it. Lives on the device thread.
struct EncodedReference {
    /// Semantic tokens of the recording, the prompt of the GPT; empty for an auxiliary reference.
    let tokens: [Int]
    /// Style embedding `[1, 1, styleWidth]` of the recording's spectrogram, and of its speaker embedding where there is one.
    let style: Tensor
    /// Mel spectrogram `[1, melWidth, frames]` of the recording, where the model continues one.
    let mel: Tensor?

    init(tokens: [Int], style: Tensor, mel: Tensor? = nil) {
        self.tokens = tokens
        self.style = style
        self.mel = mel
    }

    /// What an encoded reference depends on: the recording's content, its use, and the SoVITS model that encoded it.
    struct Key: Hashable {
        let content: ContentHash
        let isMain: Bool
        let sovits: UInt64
    }
}
