import Models
import Torch

/// A second stage with the references of a request: whatever turns semantic tokens into one speaker's samples.
///
/// One conforming type for each family of model versions. Lives on the device thread.
protocol Voice {
    /// Rate of the samples, in Hz.
    var samplingRate: Int { get }
    /// Rate in Hz at which pauses are counted, whatever rate the samples have (`sampling_rate` of the model's configuration).
    var pauseRate: Int { get }

    /// Speaks the pieces of one batch, none of them without tokens.
    /// - Returns: samples of each piece, in their order.
    func speak(
        _ pieces: [(tokens: [Int], phones: [Int])], options: SpeechOptions, generator: Generator,
        onStep: () throws -> Void
    ) throws -> [[Float]]

    /// What speaks a piece chunk by chunk; nil where the model needs all tokens at once.
    func streamed(phones: [Int], options: SpeechOptions) -> StreamedPiece?
}

/// The voice of models that decode tokens directly: v1, v2, v2Pro and v2ProPlus.
struct DirectVoice: Voice {
    let model: SoVITS
    /// Style embeddings `[1, 1, styleWidth]` of the main reference and then the auxiliary ones.
    let styles: [Tensor]

    var samplingRate: Int { model.samplingRate }
    var pauseRate: Int { model.samplingRate }

    /// At speed 1 a batch's tokens and phones are decoded as one; otherwise each piece alone.
    func speak(
        _ pieces: [(tokens: [Int], phones: [Int])], options: SpeechOptions, generator: Generator,
        onStep: () throws -> Void
    ) throws -> [[Float]] {
        func decode(_ codes: [Int], _ phones: [Int]) throws -> [Float] {
            try model.decode(
                codes: codes, phones: phones, styles: styles, speed: options.speed, generator: generator,
                checkpoint: onStep
            ).floats()
        }
        guard options.speed == 1 else { return try pieces.map { try decode($0.tokens, $0.phones) } }
        let samples = try decode(pieces.flatMap(\.tokens), pieces.flatMap(\.phones))
        var start = 0
        return pieces.map { piece in
            let end = min(start + piece.tokens.count * 2 * model.upsampleFactor, samples.count)
            defer { start = end }
            return Array(samples[start..<end])
        }
    }

    func streamed(phones: [Int], options: SpeechOptions) -> StreamedPiece? {
        StreamedPiece(
            model: model, styles: styles, phones: phones, speed: options.speed, overlap: options.overlapLength)
    }
}
