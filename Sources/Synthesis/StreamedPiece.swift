import Audio
import Models
import Torch

/// A piece of text that is spoken while its semantic tokens are still coming.
///
/// Follows the streaming part of `TTS.run`: every chunk is decoded with all tokens before it, its latent begins with the end of
/// the last one's, and its samples are joined to the last chunk's by SOLA. The last chunk is not cross-faded.
struct StreamedPiece {
    /// Chunks of fewer tokens are decoded with more of the tokens before them.
    private static let shortChunk = 10

    private let model: SoVITS
    private let styles: [Tensor]
    private let phones: [Int]
    private let speed: Double
    /// Semantic tokens that neighbouring chunks share.
    private let overlap: Int
    private var tokens: [Int] = []
    private var latent: Tensor?
    private var previous: [Float]?

    init(model: SoVITS, styles: [Tensor], phones: [Int], speed: Double, overlap: Int) {
        self.model = model
        self.styles = styles
        self.phones = phones
        self.speed = speed
        self.overlap = overlap
    }

    /// Samples of one token, as a number that is not whole at most speeds.
    private var samplesPerToken: Double { Double(model.upsampleFactor) * (2 / speed) }
    /// Samples that neighbouring chunks share, and that are held back until the next chunk comes.
    private var overlapSamples: Int { Int((Double(overlap) * samplesPerToken).rounded(.up)) }

    /// Speaks the next chunk.
    /// - Returns: samples that follow those of the chunk before; without the end that the next chunk is faded into.
    mutating func speak(
        _ chunk: SemanticChunker.Chunk, generator: Generator, onStep: () throws -> Void
    ) throws -> [Float] {
        tokens += chunk.tokens
        var shared = overlap
        if latent != nil, chunk.tokens.count < Self.shortChunk { shared += Self.shortChunk - chunk.tokens.count }
        let decoded = try model.decodeChunk(
            codes: tokens, phones: phones, styles: styles, continuing: try continuation(chunk, shared), speed: speed,
            generator: generator, checkpoint: onStep)
        var samples = try decoded.audio.floats()
        if shared > overlap {
            samples = samples.suffix(Int(Double(overlap + chunk.tokens.count) * samplesPerToken))
        }
        let spoken = try join(&samples, isFinal: chunk.isFinal)
        latent = decoded.latent
        previous = samples
        return spoken
    }

    /// Ends a piece whose last tokens are spoken already: the samples that were held back.
    func end() -> [Float] {
        previous.map { $0.suffix(overlapSamples) } ?? []
    }

    private func continuation(_ chunk: SemanticChunker.Chunk, _ shared: Int) throws -> SoVITS.Continuation? {
        guard let latent else { return nil }
        let spoken = min(chunk.tokens.count + shared, tokens.count)
        // Two frames a token.
        let frames = min(shared * 2, latent.size(1), spoken * 2)
        return SoVITS.Continuation(
            tokens: spoken, overlap: try latent.narrow(1, start: latent.size(1) - frames, length: frames))
    }

    private func join(_ samples: inout [Float], isFinal: Bool) throws -> [Float] {
        guard !isFinal else { return samples }
        let held = min(overlapSamples, samples.count)
        guard let previous else { return samples.dropLast(held) }
        // Chunks shorter than what they share fade over what there is.
        let faded = min(held, previous.count)
        guard faded > 0 else { return samples }
        let offset = try OverlapAdd.fade(previous, into: &samples, overlap: faded)
        return Array(samples.dropFirst(offset).dropLast(held))
    }
}
