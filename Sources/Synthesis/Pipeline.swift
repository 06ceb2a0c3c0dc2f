import Audio
import Models
import Torch

/// From prepared pieces and a voice to PCM: the order of operations of `TTS.run`, and with it the order of the random draws.
///
/// Upstream: `GPT_SoVITS/TTS_infer_pack/TTS.py`. Runs on the device thread, one synchronous pass per request.
public struct Pipeline {
    private let gpt: Text2Semantic
    private let sovits: SoVITS

    /// What a request speaks.
    public struct Script {
        /// The pieces of the text, in order; not empty.
        public let pieces: [PreparedPiece]
        /// The reference's transcript; nil for none.
        public let prompt: PreparedPiece?
        /// The reference's semantic tokens.
        public let promptTokens: [Int]
        /// Style embeddings `[1, 1, styleWidth]` of the main reference and then the auxiliary ones.
        public let styles: [Tensor]

        /// Makes a script.
        public init(pieces: [PreparedPiece], prompt: PreparedPiece?, promptTokens: [Int], styles: [Tensor]) {
            self.pieces = pieces
            self.prompt = prompt
            self.promptTokens = promptTokens
            self.styles = styles
        }
    }

    /// A pipeline over loaded models.
    public init(gpt: Text2Semantic, sovits: SoVITS) {
        self.gpt = gpt
        self.sovits = sovits
    }

    /// Speaks a script.
    /// - Parameters:
    ///   - generator: the request's own, seeded with the request's seed; all draws come from it in upstream's order.
    ///   - onStep: called between decoder steps and vocoder blocks; throws to cancel.
    /// - Returns: mono samples at the SoVITS model's sampling rate, in the order of the pieces, a pause after each.
    public func speak(
        _ script: Script, options: SpeechOptions, generator: Generator, onStep: () throws -> Void
    ) throws -> [Int16] {
        let plan = BatchPlan.batches(
            lengths: script.pieces.map(\.normTextLength), size: options.batchSize, threshold: options.batchThreshold,
            bucketed: options.splitBucket)
        var fragments: [[[Float]]] = []
        for batch in plan {
            let pieces = batch.map { script.pieces[$0] }
            let tokens = try semanticTokens(of: pieces, script, options, generator, onStep)
            fragments.append(try audio(of: pieces, tokens: tokens, script, options, generator, onStep))
        }
        let joined = try Fragments.join(
            fragments, order: options.splitBucket ? plan : nil, interval: options.fragmentInterval,
            rate: sovits.samplingRate)
        return try PCM16.quantize(joined)
    }

    private func semanticTokens(
        of pieces: [PreparedPiece], _ script: Script, _ options: SpeechOptions, _ generator: Generator,
        _ onStep: () throws -> Void
    ) throws -> [[Int]] {
        let inputs = try pieces.map { piece in
            guard let prompt = script.prompt else {
                return Text2SemanticInput(phonemes: piece.phones, features: piece.features)
            }
            return Text2SemanticInput(
                phonemes: prompt.phones + piece.phones, features: try joinedFeatures(prompt, piece))
        }
        // The decoder asks whether to go on; whoever says no says why, and that is what the caller wants to hear.
        var reason: (any Error)?
        do {
            return try gpt.generate(
                inputs, prompt: script.prompt == nil ? nil : script.promptTokens, options: options.sampling,
                order: options.parallel ? .sideBySide : .oneByOne, generator: generator, earlyStop: options.tokenLimit
            ) { _ in
                do {
                    try onStep()
                    return true
                } catch {
                    reason = error
                    return false
                }
            }.map(\.tokens)
        } catch {
            throw reason ?? error
        }
    }

    /// Features of prompt and piece side by side; where one of them has none, zeros take its place.
    private func joinedFeatures(_ prompt: PreparedPiece, _ piece: PreparedPiece) throws -> Tensor? {
        guard let like = prompt.features ?? piece.features else { return nil }
        func orZeros(_ part: PreparedPiece) throws -> Tensor {
            if let features = part.features { return features }
            return try Tensor.zeros([like.size(0), part.phones.count], dtype: like.dtype, device: like.device)
        }
        return try Tensor.concatenate([try orZeros(prompt), try orZeros(piece)], dimension: 1)
    }

    /// At speed 1 a batch's tokens and phones are decoded as one; otherwise each piece alone.
    private func audio(
        of pieces: [PreparedPiece], tokens: [[Int]], _ script: Script, _ options: SpeechOptions, _ generator: Generator,
        _ onStep: () throws -> Void
    ) throws -> [[Float]] {
        // A piece for which nothing was generated stays silent. Upstream's slice `[-0:]` would speak the reference instead.
        let spoken = pieces.indices.filter { !tokens[$0].isEmpty }
        var result = [[Float]](repeating: [], count: pieces.count)
        func decode(_ codes: [Int], _ phones: [Int]) throws -> [Float] {
            try sovits.decode(
                codes: codes, phones: phones, styles: script.styles, speed: options.speed, generator: generator,
                checkpoint: onStep
            ).floats()
        }
        guard !spoken.isEmpty else { return result }
        if options.speed == 1 {
            let samples = try decode(spoken.flatMap { tokens[$0] }, spoken.flatMap { pieces[$0].phones })
            var start = 0
            for index in spoken {
                let end = min(start + tokens[index].count * 2 * sovits.upsampleFactor, samples.count)
                result[index] = Array(samples[start..<end])
                start = end
            }
        } else {
            for index in spoken { result[index] = try decode(tokens[index], pieces[index].phones) }
        }
        return result
    }
}
