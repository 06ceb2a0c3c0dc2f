import Models
import Torch

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
