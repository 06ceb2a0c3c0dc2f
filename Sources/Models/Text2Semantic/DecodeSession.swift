import Torch

/// The decoder's state for one request: its texts, its random draws, its stop rules. It computes no network: a
/// ``DecodeBatch`` feeds it the logits of its rows and asks it for the next tokens.
///
/// Follows `infer_panel_batch_infer` and `infer_panel_naive` of upstream's `AR/models/t2s_model.py`. Not `Sendable`: stays
/// on its device thread.
public final class DecodeSession {
    /// A text that is being decoded.
    private struct Running {
        let input: Int
        let row: KVCache.Row
        var seen: SeenTokens
        var tokens: [Int] = []
    }

    private let inputs: [Text2SemanticInput]
    private let prompt: [Int]
    private let isSideBySide: Bool
    private let isStreamed: Bool
    private let earlyStop: Int
    private let vocabularySize: Int
    private let generator: Generator
    private var sampler: Sampler
    private var running: [Running] = []
    private var next = 0
    private var step = 0
    private var results: [Text2SemanticOutput?]

    /// Prepares a request; nothing is computed yet.
    /// - Parameters:
    ///   - prompt: semantic tokens of the reference; nil or empty for none.
    ///   - generator: draws one exponential number per row and column of the logits at each step.
    ///   - earlyStop: stop after this many tokens; the checkpoint's ``Text2SemanticConfiguration/earlyStop`` where nil, none
    ///     where it is `.max`.
    /// - Throws: `ModelError` with code `input` for options that make no distribution, or too many texts.
    public init(
        _ configuration: Text2SemanticConfiguration, inputs: [Text2SemanticInput], prompt: [Int]?,
        options: SamplingOptions, order: DecodingOrder, generator: Generator, earlyStop: Int? = nil
    ) throws(ModelError) {
        guard inputs.count <= Text2SemanticLimits.rows else {
            throw ModelError(
                .input,
                "\(inputs.count) texts in one request; at most \(Text2SemanticLimits.rows) are decoded side by side")
        }
        self.inputs = inputs
        self.prompt = prompt ?? []
        isSideBySide = order == .sideBySide && !self.prompt.isEmpty
        isStreamed = order == .streamed
        var options = options
        if order == .sideBySide && self.prompt.isEmpty {
            options.repetitionPenalty = SamplingOptions.defaultRepetitionPenalty
        }
        sampler = try Sampler(options)
        self.earlyStop = earlyStop ?? configuration.earlyStop
        vocabularySize = configuration.vocabularySize
        self.generator = generator
        results = Array(repeating: nil, count: inputs.count)
    }

    /// Whether every text has ended.
    public var isFinished: Bool { running.isEmpty && next == inputs.count }

    /// What was made of each text, in their order; texts that have not ended are nil.
    public var outputs: [Text2SemanticOutput?] { results }

    /// Tokens so far of the texts that are running now: index of the text, and everything sampled for it. For streaming.
    public var progress: [(input: Int, tokens: [Int])] { running.map { ($0.input, $0.tokens) } }

    // MARK: For the batch

    /// The texts that have to be read before the next step; empty while others are still running one by one.
    var waiting: Range<Int> {
        guard running.isEmpty else { return next..<next }
        return isSideBySide ? next..<inputs.count : next..<min(next + 1, inputs.count)
    }

    /// Texts of ``waiting`` and the prompt that comes before each.
    func waitingInputs() -> (inputs: [Text2SemanticInput], prompts: [[Int]]) {
        (Array(inputs[waiting]), waiting.map { _ in prompt })
    }

    /// The rows that ``waiting`` texts were read into, in their order.
    func begin(_ rows: [KVCache.Row]) {
        var seen = SeenTokens(vocabularySize: vocabularySize)
        for token in prompt { seen.insert(token) }
        running = zip(waiting, rows).map { Running(input: $0, row: $1, seen: seen) }
        next += running.count
        step = 0
    }

    /// The rows that take part in the next step, in the order of the texts.
    var rows: [KVCache.Row] { running.map(\.row) }

    /// Writes the last token of each row where its slot says.
    func fill(_ tokens: inout [Int]) {
        for text in running {
            if tokens.indices.contains(text.row.slot), let last = text.tokens.last { tokens[text.row.slot] = last }
        }
    }

    /// Samples one token for each row and applies the stop rules.
    /// - Parameter logits: float32 `[slots, vocabulary]` on the CPU; the repetition penalty is written into it.
    /// - Parameter places: the index in `logits` of each row.
    /// - Returns: the rows that have ended.
    /// - Throws: `ModelError` with code `notFinite`, `TorchError`.
    func advance(logits: Tensor, places: [Int]) throws -> [KVCache.Row] {
        guard !running.isEmpty else { return [] }
        let endOfSpeech = vocabularySize - 1
        let columns = step < Text2SemanticLimits.stepsWithoutEnd ? endOfSpeech : vocabularySize
        // One draw for all rows at once, even where only the likeliest token can be chosen: upstream's order of draws.
        let noise = try Library.withTeamAtRest {
            try generator.exponential([running.count, columns]).to(.float32, device: .cpu)
        }
        let ends = try logits.withUnsafeHostElements(of: Float.self) { logits in
            try noise.withUnsafeHostElements(of: Float.self) { noise in
                try sample(logits, noise: UnsafeBufferPointer(noise), columns: columns, places: places)
            }
        }
        guard let ends = ends ?? nil else {
            throw ModelError(
                .input, "logits of type \(logits.dtype.rawValue) on \(logits.device) cannot be sampled on the host")
        }
        return finish(ends)
    }

    /// Samples every row; true where the end-of-speech token came, as a sample or as the likeliest.
    private func sample(
        _ logits: UnsafeMutableBufferPointer<Float>, noise: UnsafeBufferPointer<Float>, columns: Int, places: [Int]
    ) throws(ModelError) -> [Bool] {
        let endOfSpeech = vocabularySize - 1
        var ends: [Bool] = []
        for (index, place) in zip(running.indices, places) {
            let start = place * vocabularySize
            guard start >= 0, start + columns <= logits.count, (index + 1) * columns <= noise.count else {
                throw ModelError(.input, "row \(place) is outside \(logits.count / vocabularySize) rows of logits")
            }
            let choice = try sampler.choose(
                logits: UnsafeMutableBufferPointer(rebasing: logits[start..<start + columns]),
                noise: UnsafeBufferPointer(rebasing: noise[index * columns..<(index + 1) * columns]),
                seen: running[index].seen)
            running[index].tokens.append(choice.token)
            running[index].seen.insert(choice.token)
            ends.append(choice.token == endOfSpeech || choice.likeliest == endOfSpeech)
        }
        return ends
    }

    private func finish(_ ends: [Bool]) -> [KVCache.Row] {
        var ended: [KVCache.Row] = []
        var remaining: [Running] = []
        let isLimit = step + 1 >= Text2SemanticLimits.steps
        for (text, isEnd) in zip(running, ends) {
            let isEarly = text.tokens.count > earlyStop
            guard isEnd || isEarly || isLimit else {
                remaining.append(text)
                continue
            }
            ended.append(text.row)
            results[text.input] = Text2SemanticOutput(
                tokens: isEnd ? text.tokens.dropLast() : cut(text.tokens),
                ending: isEnd ? .endOfSpeech : (isEarly ? .earlyStop : .limit), steps: step + 1)
        }
        running = remaining
        step += 1
        return ended
    }

    /// What upstream's slices leave of a text that found no end: the batched way drops the last token; the other one keeps
    /// it, and its caller drops the first, except without a prompt.
    private func cut(_ tokens: [Int]) -> [Int] {
        if isStreamed { return tokens }
        if isSideBySide { return tokens.dropLast() }
        return prompt.isEmpty ? tokens : Array(tokens.dropFirst())
    }

    /// Gives up: no row runs any more and no text waits.
    /// - Returns: the rows that were running.
    func abandon() -> [KVCache.Row] {
        let rows = running.map(\.row)
        running = []
        next = inputs.count
        return rows
    }
}
