import Audio
import Models
import Torch

/// One request being spoken, a little at a time: the order of operations of `TTS.run`, and with it the order of the random draws.
///
/// Upstream: `GPT_SoVITS/TTS_infer_pack/TTS.py`. Between two turns the device may work for other requests; those that are
/// decoding at the same time share the decoder's steps, without disturbing each other's numbers. Not `Sendable`: stays on the
/// device thread.
final class SpeechRun {
    /// Decoder steps of one turn: some tens of milliseconds, so that requests take turns often.
    private static let stepsPerTurn = 8

    private let script: SpeechScript
    private let voice: any Voice
    private let decoder: SharedDecoder
    private let muteSimilarity: () throws -> [Float]?
    private let options: SpeechOptions
    private let generator: Generator
    private let onStep: () throws -> Void
    private let bandExtension: BandExtension?
    private let plan: [[Int]]

    private var nextBatch = 0
    private var work: Work = .none
    /// The pieces of the batches so far, where they are handed out together.
    private var fragments: [[[Float]]] = []
    private var isDelivered = false
    /// Semantic tokens of the pieces that were spoken as a whole, by piece.
    private(set) var tokens: [Int: [Int]] = [:]

    /// Rate of the samples that are handed out, in Hz.
    var sampleRate: Int { bandExtension?.samplingRate ?? voice.samplingRate }

    /// What the current batch is at.
    private enum Work {
        case none
        case decoding(DecodeSession, [PreparedPiece])
        case speaking([[Int]], [PreparedPiece])
        case streaming(Streaming)
        case pausing
    }

    /// A piece that is spoken while it is decoded.
    fileprivate final class Streaming {
        let session: DecodeSession
        var chunker: SemanticChunker
        var voice: StreamedPiece
        /// Tokens that the chunker knows.
        var taken = 0
        /// Chunks that are not spoken yet.
        var chunks: [SemanticChunker.Chunk] = []
        var isEnded = false
        var hasFinalChunk = false

        init(session: DecodeSession, chunker: SemanticChunker, voice: StreamedPiece) {
            self.session = session
            self.chunker = chunker
            self.voice = voice
        }
    }

    /// Prepares a request; nothing is computed yet.
    /// - Parameters:
    ///   - generator: the request's own, seeded with the request's seed; all draws come from it in upstream's order.
    ///   - bandExtension: applied to what is handed out (`super_sampling`).
    ///   - onStep: called between decoder steps and vocoder blocks; throws to cancel.
    init(
        _ script: SpeechScript, voice: any Voice, decoder: SharedDecoder, options: SpeechOptions, generator: Generator,
        bandExtension: BandExtension? = nil, onStep: @escaping () throws -> Void
    ) throws {
        self.script = script
        self.voice = voice
        // The draws of a streamed request alternate between tokens and chunks, so that nobody else may bring its tokens on.
        self.decoder = options.delivery.isStreamed ? try SharedDecoder(decoder.model) : decoder
        muteSimilarity = decoder.muteSimilarity
        self.options = options
        self.generator = generator
        self.bandExtension = bandExtension
        self.onStep = onStep
        // A streamed piece is always alone; upstream would speak the first of each batch only.
        plan = BatchPlan.batches(
            lengths: script.lengths, size: options.delivery.isStreamed ? 1 : options.batchSize,
            threshold: options.batchThreshold, bucketed: options.splitBucket)
    }

    /// Works for a moment.
    /// - Throws: what `onStep` or the models throw; the run is over then, and `abandon()` is still to be called.
    func advance() throws -> SpeechTurn {
        try onStep()
        switch work {
        case .none: return try beginBatch()
        case .decoding(let session, let pieces): return try decode(session, pieces)
        case .speaking(let tokens, let pieces): return try speak(tokens, pieces)
        case .streaming(let streaming): return try stream(streaming)
        case .pausing:
            work = .none
            let count = try Fragments.silenceCount(interval: options.fragmentInterval, rate: voice.samplingRate)
            return count > 0 ? .audio([Int16](repeating: 0, count: count)) : .working
        }
    }

    /// Gives the decoder's rows back, wherever the run is.
    func abandon() {
        switch work {
        case .decoding(let session, _): decoder.leave(session)
        case .streaming(let streaming): decoder.leave(streaming.session)
        case .none, .speaking, .pausing: break
        }
        work = .none
        nextBatch = plan.count
        isDelivered = true
    }

    // MARK: Turns

    private func beginBatch() throws -> SpeechTurn {
        guard nextBatch < plan.count else { return try handOutTogether() }
        let batch = plan[nextBatch]
        let pieces = try batch.map(script.piece)
        nextBatch += 1
        if let tokens = script.tokens {
            work = .speaking(batch.map { tokens.indices.contains($0) ? tokens[$0] : [] }, pieces)
            return .working
        }
        let inputs = try pieces.map { piece in
            guard let prompt = script.prompt else {
                return Text2SemanticInput(phonemes: piece.phones, features: piece.features)
            }
            return Text2SemanticInput(
                phonemes: prompt.phones + piece.phones, features: try joinedFeatures(prompt, piece))
        }
        let session = try DecodeSession(
            decoder.model.configuration, inputs: inputs, prompt: script.prompt == nil ? nil : script.promptTokens,
            options: options.sampling, order: options.decodingOrder, generator: generator,
            earlyStop: options.tokenLimit)
        if options.delivery.isStreamed, let voice = voice.streamed(phones: pieces[0].phones, options: options) {
            work = .streaming(
                Streaming(
                    session: session, chunker: SemanticChunker(try chunkRule(), length: options.minChunkLength),
                    voice: voice))
        } else {
            work = .decoding(session, pieces)
        }
        decoder.join(session)
        return .working
    }

    private func decode(_ session: DecodeSession, _ pieces: [PreparedPiece]) throws -> SpeechTurn {
        for _ in 0..<Self.stepsPerTurn where !session.isFinished { try step(session) }
        if session.isFinished { work = .speaking(session.outputs.map { $0?.tokens ?? [] }, pieces) }
        return .working
    }

    /// A piece for which nothing was generated stays silent. Upstream's slice `[-0:]` would speak the reference instead.
    private func speak(_ tokens: [[Int]], _ pieces: [PreparedPiece]) throws -> SpeechTurn {
        work = .none
        for (piece, tokens) in zip(plan[nextBatch - 1], tokens) { self.tokens[piece] = tokens }
        let spoken = pieces.indices.filter { tokens.indices.contains($0) && !tokens[$0].isEmpty }
        var batch = [[Float]](repeating: [], count: pieces.count)
        if !spoken.isEmpty {
            let samples = try voice.speak(
                spoken.map { (tokens: tokens[$0], phones: pieces[$0].phones) }, options: options, generator: generator,
                onStep: onStep)
            for (index, samples) in zip(spoken, samples) { batch[index] = samples }
        }
        if options.delivery == .fragments {
            return .audio(try finished([batch], order: nil))
        }
        fragments.append(batch)
        return .working
    }

    private func handOutTogether() throws -> SpeechTurn {
        guard options.delivery == .whole, !isDelivered else { return .finished }
        isDelivered = true
        defer { fragments = [] }
        return .audio(try finished(fragments, order: options.splitBucket ? plan : nil))
    }

    private func stream(_ streaming: Streaming) throws -> SpeechTurn {
        for _ in 0..<Self.stepsPerTurn where streaming.chunks.isEmpty && !streaming.isEnded {
            if !streaming.session.isFinished { try step(streaming.session) }
            streaming.take()
        }
        if !streaming.chunks.isEmpty {
            let chunk = streaming.chunks.removeFirst()
            streaming.hasFinalChunk = chunk.isFinal
            let samples = try streaming.voice.speak(chunk, generator: generator, onStep: onStep)
            return samples.isEmpty ? .working : .audio(try quantized(samples))
        }
        guard streaming.isEnded else { return .working }
        work = .pausing
        let rest = streaming.hasFinalChunk ? [] : streaming.voice.end()
        return rest.isEmpty ? .working : .audio(try quantized(rest))
    }

    // MARK: Parts

    private func step(_ session: DecodeSession) throws {
        try decoder.step(for: session)
        try onStep()
    }

    private func chunkRule() throws -> SemanticChunker.Rule {
        guard options.delivery == .chunksAtPauses, let similarity = try muteSimilarity() else {
            return .fixedLength
        }
        return .atPauses(similarity: similarity, threshold: 0)
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

    private func finished(_ batches: [[[Float]]], order: [[Int]]?) throws -> [Int16] {
        let joined = try Fragments.join(
            batches, order: order, interval: options.fragmentInterval, rate: voice.pauseRate)
        guard let bandExtension, !joined.isEmpty else { return try PCM16.quantize(joined) }
        return try quantized(bandExtension.extend(joined, rate: voice.samplingRate, checkpoint: onStep))
    }

    private func quantized(_ samples: [Float]) throws -> [Int16] {
        try PCM16.quantize(Fragments.limitPeak(samples))
    }
}

extension SpeechRun.Streaming {
    /// Shows the chunker the tokens that have come since it last looked: another request's turn may have brought some too.
    fileprivate func take() {
        guard let output = session.outputs.first ?? nil else {
            guard let tokens = session.progress.first?.tokens else { return }
            feed(tokens)
            return
        }
        guard !isEnded else { return }
        isEnded = true
        // The token at which a text was stopped is never the end of a chunk before the last.
        let isStopped = output.ending != .endOfSpeech
        feed(isStopped ? output.tokens.dropLast() : output.tokens)
        if let last = chunker.finish(isStopped ? output.tokens.last : nil) { chunks.append(last) }
    }

    private func feed(_ tokens: some Collection<Int>) {
        for token in tokens.dropFirst(taken) {
            if let chunk = chunker.append(token) { chunks.append(chunk) }
        }
        taken = max(taken, tokens.count)
    }
}
