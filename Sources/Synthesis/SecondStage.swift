import Audio
import Checkpoints
import Models
import Torch

/// The second stage of a model set, with the models that it needs beside it: semantic tokens and a reference to samples.
///
/// Lives on the device thread.
enum SecondStage {
    /// v1, v2, v2Pro and v2ProPlus decode tokens directly; the last two need a speaker embedding of each reference.
    case direct(SoVITS, speaker: ERes2NetV2?)

    /// The model version, which decides symbols, languages and what can be streamed.
    var version: ModelVersion {
        switch self {
        case .direct(let model, _): model.version
        }
    }

    /// The rate in Hz that reference spectrograms need.
    var referenceRate: Int {
        switch self {
        case .direct(let model, _): model.samplingRate
        }
    }

    /// Encodes a recording.
    func encode(_ audio: ReferenceAudio, hubert: HuBERT, device: Device) throws -> EncodedReference {
        switch self {
        case .direct(let model, let speaker):
            let spectrogram = try Spectrogram(
                filterLength: model.filterLength, hopLength: model.hopLength, windowLength: model.windowLength,
                device: device
            ).compute(audio.spectrogramInput)
            let style = try model.styleEmbedding(
                of: spectrogram, speaker: try speaker.map { try $0.embed(audio.speakerInput()) })
            let tokens =
                audio.semanticInput.isEmpty
                ? [] : try model.semanticTokens(ssl: try hubert.encode(audio.semanticInput).transpose(1, 2))
            return EncodedReference(tokens: tokens, style: style)
        }
    }

    /// The voice of a request's references, the main one first.
    func voice(_ references: [EncodedReference], prompt: PreparedPiece?) throws -> any Voice {
        switch self {
        case .direct(let model, _): DirectVoice(model: model, styles: references.map(\.style))
        }
    }
}
