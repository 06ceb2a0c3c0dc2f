import Glibc

/// The tokens that a row has seen, each once.
struct SeenTokens {
    private var isSeen: [Bool]
    private(set) var tokens: [Int] = []

    /// - Parameter vocabularySize: tokens from this on are ignored.
    init(vocabularySize: Int) { isSeen = Array(repeating: false, count: max(0, vocabularySize)) }

    mutating func insert(_ token: Int) {
        guard isSeen.indices.contains(token), !isSeen[token] else { return }
        isSeen[token] = true
        tokens.append(token)
    }
}

/// Chooses one token from a row of logits, in the order of GPT-SoVITS' `AR/models/utils.py`: repetition penalty, top-p,
/// temperature, top-k, softmax, then the greatest ratio of probability to an exponential draw.
///
/// It runs over host memory: one pass over a thousand numbers costs less than the dozen tensor operations that it replaces,
/// and only the survivors of top-k are ever sorted. The noise comes from the caller, so that the order of random draws is
/// the caller's business.
struct Sampler {
    /// A token that survived, with its probability.
    struct Candidate {
        let token: Int
        let logit: Float
        var probability: Float
    }

    /// What was chosen.
    struct Choice {
        /// The sampled token.
        let token: Int
        /// The token with the greatest penalised logit.
        let likeliest: Int
    }

    private let topK: Int?
    private let topP: Float?
    private let temperature: Float
    private let penalty: Float?
    private var scaled: [Float] = []
    private var candidates: [Candidate] = []

    /// - Throws: `ModelError` with code `input` for numbers that no distribution can be made with.
    init(_ options: SamplingOptions) throws(ModelError) {
        try options.validate()
        topK = options.topK
        topP = options.topP.flatMap { $0 < 1 ? Float($0) : nil }
        temperature = Float(max(options.temperature, 1e-5))
        penalty = options.repetitionPenalty == 1 ? nil : Float(options.repetitionPenalty)
    }

    /// Chooses a token.
    /// - Parameters:
    ///   - logits: `[columns]`; the repetition penalty is written into it.
    ///   - noise: `[columns]`, draws of the exponential distribution.
    ///   - seen: the tokens so far, those of the prompt included.
    /// - Throws: `ModelError` with code `notFinite` where a logit is not a number.
    mutating func choose(
        logits: UnsafeMutableBufferPointer<Float>, noise: UnsafeBufferPointer<Float>, seen: SeenTokens
    ) throws(ModelError) -> Choice {
        guard !logits.isEmpty, noise.count == logits.count else {
            throw ModelError(.input, "\(logits.count) logits came with \(noise.count) random draws")
        }
        let likeliest = try penalize(logits, seen: seen)
        let survivors = distribution(logits, likeliest: likeliest)
        var best = likeliest
        var bestRatio: Float = -1
        for candidate in survivors {
            let ratio = candidate.probability / noise[candidate.token]
            if ratio > bestRatio || (ratio == bestRatio && candidate.token < best) {
                best = candidate.token
                bestRatio = ratio
            }
        }
        return Choice(token: best, likeliest: likeliest)
    }

    /// Applies the repetition penalty in place and finds the greatest logit after it.
    /// - Throws: `ModelError` with code `notFinite` where a logit is not a number.
    func penalize(_ logits: UnsafeMutableBufferPointer<Float>, seen: SeenTokens) throws(ModelError) -> Int {
        if let penalty {
            for token in seen.tokens where token < logits.count {
                let logit = logits[token]
                logits[token] = logit < 0 ? logit * penalty : logit / penalty
            }
        }
        var likeliest = 0
        var highest = -Float.infinity
        var areNumbers = true
        for (token, logit) in logits.enumerated() {
            areNumbers = areNumbers && logit.isFinite
            if logit > highest { (likeliest, highest) = (token, logit) }
        }
        guard areNumbers else {
            throw ModelError(
                .notFinite,
                "the decoder's output is not a number: the checkpoint is damaged, or its weights overflow the "
                    + "precision in use; run chorus inspect on it, or use float32")
        }
        return likeliest
    }

    /// What is left after top-p and top-k, with probabilities. `logits` are penalised already.
    ///
    /// Top-p removes a tail of the sorted tokens, top-k everything below the k-th. So the tokens at least as great as the k-th
    /// are all that can be left, and top-p needs no more of the order than theirs.
    mutating func distribution(_ logits: UnsafeMutableBufferPointer<Float>, likeliest: Int) -> [Candidate] {
        candidates.removeAll(keepingCapacity: true)
        let highest = logits[likeliest]
        scaled.removeAll(keepingCapacity: true)
        for logit in logits { scaled.append(logit / temperature) }
        let pivot = topK.map { leastOfGreatest(min($0, logits.count)) } ?? -Float.infinity
        for token in scaled.indices where scaled[token] >= pivot {
            candidates.append(Candidate(token: token, logit: logits[token], probability: 0))
        }
        if let topP { cutTail(above: topP, of: logits, highest: highest) }
        var total: Float = 0
        for index in candidates.indices {
            let probability = expf(scaled[candidates[index].token] - scaled[likeliest])
            candidates[index].probability = probability
            total += probability
        }
        for index in candidates.indices { candidates[index].probability /= total }
        return candidates
    }

    /// Keeps the head of the sorted candidates whose cumulated probability among all logits is at most `limit`, at least one.
    private mutating func cutTail(above limit: Float, of logits: UnsafeMutableBufferPointer<Float>, highest: Float) {
        var total: Float = 0
        for logit in logits { total += expf(logit - highest) }
        candidates.sort { $0.logit == $1.logit ? $0.token < $1.token : $0.logit > $1.logit }
        // Cumulated in double precision and rounded at every step, as libtorch does on the CPU.
        var cumulated = 0.0
        var kept = 0
        for candidate in candidates {
            cumulated += Double(expf(candidate.logit - highest) / total)
            if kept > 0 && Float(cumulated) > limit { break }
            kept += 1
        }
        candidates.removeLast(candidates.count - kept)
    }

    /// The `count`-th greatest of `scaled`: a heap of the greatest so far, its least on top.
    private func leastOfGreatest(_ count: Int) -> Float {
        guard count < scaled.count else { return -.infinity }
        var heap = Array(scaled.prefix(count))
        func sink(_ start: Int) {
            var parent = start
            while true {
                let (left, right) = (2 * parent + 1, 2 * parent + 2)
                var least = parent
                if left < count && heap[left] < heap[least] { least = left }
                if right < count && heap[right] < heap[least] { least = right }
                if least == parent { return }
                heap.swapAt(parent, least)
                parent = least
            }
        }
        for parent in stride(from: count / 2 - 1, through: 0, by: -1) { sink(parent) }
        for value in scaled.dropFirst(count) where value > heap[0] {
            heap[0] = value
            sink(0)
        }
        return heap.first ?? -.infinity
    }
}
