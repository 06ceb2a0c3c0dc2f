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
    /// v3 and v4 draw a mel spectrogram that a vocoder makes audible; v3's band can be widened.
    case flow(FlowSpeaker, bandExtension: BandExtension?)

    /// The model itself.
    private var model: any SoVITSModel {
        switch self {
        case .direct(let model, _): model
        case .flow(let speaker, _): speaker.model
        }
    }

    /// The model version, which decides symbols, languages and what can be streamed.
    var version: ModelVersion { model.version }

    /// The rate in Hz that reference spectrograms need.
    var referenceRate: Int { model.samplingRate }

    /// What widens the band of finished audio; nil where there is nothing that could.
    var bandExtension: BandExtension? {
        switch self {
        case .direct: nil
        case .flow(_, let bandExtension): bandExtension
        }
    }

    /// Encodes a recording.
    func encode(_ audio: ReferenceAudio, hubert: HuBERT, device: Device) throws -> EncodedReference {
        let tokens =
            audio.semanticInput.isEmpty
            ? [] : try model.semanticTokens(ssl: hubert.encode(audio.semanticInput).transpose(1, 2))
        let spectrogram = try Spectrogram(model.configuration, device: device).compute(audio.spectrogramInput)
        switch self {
        case .direct(let model, let speaker):
            let speaker = try speaker.map { try $0.embed(audio.speakerInput()) }
            return EncodedReference(tokens: tokens, style: try model.styleEmbedding(of: spectrogram, speaker: speaker))
        case .flow(let speaker, _):
            let format = speaker.model.format
            return EncodedReference(
                tokens: tokens, style: try speaker.model.styleEmbedding(of: spectrogram),
                mel: try MelSpectrogram(format, device: device).compute(audio.unscaledInput(rate: format.melRate)))
        }
    }

    /// The voice of a request's references, the main one first.
    /// - Parameter prompt: the main reference's transcript.
    func voice(_ references: [EncodedReference], prompt: PreparedPiece?) throws -> any Voice {
        switch self {
        case .direct(let model, _): return DirectVoice(model: model, styles: references.map(\.style))
        case .flow(let speaker, _):
            // Auxiliary references have no part in these versions.
            guard let main = references.first, let mel = main.mel, let prompt else {
                throw SynthesisError(
                    .badRequest, "SoVITS \(version.rawValue) needs a reference audio and its transcript (prompt_text)")
            }
            return FlowVoice(
                speaker: speaker,
                prompt: try speaker.prompt(codes: main.tokens, phones: prompt.phones, style: main.style, mel: mel))
        }
    }
}
