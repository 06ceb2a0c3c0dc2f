import Models
import Torch

/// The voice of models that draw a mel spectrogram: v3 and v4.
struct FlowVoice: Voice {
    let speaker: FlowSpeaker
    let prompt: FlowSpeaker.Prompt

    var samplingRate: Int { speaker.vocoder.samplingRate }
    var pauseRate: Int { speaker.model.samplingRate }

    /// Pieces that are decoded in parallel are drawn together too.
    func speak(
        _ pieces: [(tokens: [Int], phones: [Int])], options: SpeechOptions, generator: Generator,
        onStep: () throws -> Void
    ) throws -> [[Float]] {
        let items = pieces.map { FlowSpeaker.Item(codes: $0.tokens, phones: $0.phones) }
        let flow = FlowSpeaker.Options(speed: options.speed, sampleSteps: options.sampleSteps)
        guard options.parallel else {
            return try items.map {
                try speaker.speak($0, prompt: prompt, options: flow, generator: generator, onStep: onStep)
            }
        }
        return try speaker.speakTogether(items, prompt: prompt, options: flow, generator: generator, onStep: onStep)
    }

    func streamed(phones: [Int], options: SpeechOptions) -> StreamedPiece? { nil }
}
