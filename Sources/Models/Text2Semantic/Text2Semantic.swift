import Checkpoints
import Glibc
import Torch

/// GPT-SoVITS' first stage: an autoregressive transformer that continues phonemes and a prompt's semantic tokens with the
/// semantic tokens of new speech, 25 a second.
///
/// Phonemes see each other in both directions; tokens see all phonemes and the tokens before them. Both kinds of position
/// have a sine table of their own, scaled by a trained number. Follows `AR/models/t2s_model.py` upstream, which goes back to
/// VALL-E (arXiv:2301.02111) and SoundStorm's first stage.
///
/// Not `Sendable`: stays on its device thread.
public final class Text2Semantic {
    /// The sizes.
    public let configuration: Text2SemanticConfiguration
    /// Element type of weights and cache.
    public let dtype: DType
    /// Where it runs.
    public let device: Device

    let layers: [Text2SemanticLayer]
    private let phonemeTable: Tensor  // [phonemes, hidden]
    let speechTable: Tensor  // [vocabulary, hidden]
    private let bertWeight: Tensor  // [hidden, bert]
    private let bertBias: Tensor
    private let phonemePositions: Tensor  // [positions, hidden], scaled
    private let speechPositions: Tensor
    private let outputWeight: Tensor  // [vocabulary, hidden]

    /// Reads the weights of a checkpoint.
    /// - Parameter dtype: float32, or on CUDA float16 or bfloat16.
    /// - Throws: `ModelError` for sizes that make no model, `TorchError` with code `weights` for tensors that are missing or
    ///   have another shape.
    public convenience init(_ checkpoint: GPTCheckpoint, dtype: DType = .float32, device: Device = .cpu) throws {
        try self.init(
            Text2SemanticConfiguration(checkpoint.sizes),
            weights: WeightScope(checkpoint.weights, prefix: "model.", dtype: dtype, device: device))
    }

    /// Reads the weights of a model of known sizes.
    /// - Parameter weights: names as in checkpoints, behind `model.`; element type and device are the scope's.
    /// - Throws: as ``init(_:dtype:device:)``.
    public init(_ configuration: Text2SemanticConfiguration, weights: WeightScope) throws {
        let hidden = configuration.hiddenSize
        guard hidden > 0, configuration.headCount > 0, hidden % configuration.headCount == 0, hidden % 2 == 0,
            configuration.layerCount > 0, configuration.vocabularySize > 1, configuration.phonemeVocabularySize > 0
        else {
            throw ModelError(.weights, "no first-stage model has these sizes: \(configuration)")
        }
        self.configuration = configuration
        dtype = weights.dtype
        device = weights.device
        phonemeTable = try weights["ar_text_embedding.word_embeddings"]
            .get("weight", [configuration.phonemeVocabularySize, hidden])
        speechTable = try weights["ar_audio_embedding.word_embeddings"]
            .get("weight", [configuration.vocabularySize, hidden])
        bertWeight = try weights["bert_proj"].get("weight", [hidden, configuration.bertSize])
        bertBias = try weights["bert_proj"].get("bias", [hidden])
        outputWeight = try weights["ar_predict_layer"].get("weight", [configuration.vocabularySize, hidden])
        let sines = try Self.sinePositions(width: hidden).to(dtype, device: device)
        phonemePositions = try sines * weights["ar_text_position"].get("alpha", [1])
        speechPositions = try sines * weights["ar_audio_position"].get("alpha", [1])
        layers = try (0..<configuration.layerCount).map {
            try Text2SemanticLayer(configuration, weights["h.layers"][$0])
        }
    }

    /// An empty cache for this model.
    ///
    /// - Throws: `TorchError` where the device has no room.
    public func makeCache() throws -> KVCache { try KVCache(configuration, dtype: dtype, device: device) }

    // MARK: Running

    /// Reads new rows: phonemes, their features and the prompt. The rows join the cache.
    /// - Parameter prompts: semantic tokens that come before each row's own; may be empty.
    /// - Returns: the rows, and the logits of their first tokens, float32 `[inputs, vocabulary]` on the model's device.
    /// - Throws: `ModelError` with code `input` for ids outside the tables, wrong shapes or too long a text; `TorchError`.
    ///   The cache has no new rows then.
    public func prefill(
        _ inputs: [Text2SemanticInput], prompts: [[Int]], cache: KVCache
    ) throws -> (rows: [KVCache.Row], logits: Tensor) {
        guard !inputs.isEmpty, inputs.count == prompts.count else {
            throw ModelError(.input, "\(inputs.count) texts came with \(prompts.count) prompts")
        }
        let embedded = try zip(inputs, prompts).map { try embed($0, prompt: $1) }
        let rows = try cache.append(
            zip(inputs, embedded).map { (phonemes: $0.phonemes.count, total: $1.size(0)) })
        do {
            var segments: [Text2SemanticLayer.Segment] = []
            var start = 0
            for row in rows {
                segments.append(.init(start: start, length: row.length, row: row, mask: try prefillMask(row)))
                start += row.length
            }
            let lasts = try Tensor(ids: segments.map { $0.start + $0.length - 1 }, device: device)
            let logits = try Library.withTeamAtRest {
                var x = try Tensor.concatenate(embedded)  // [positions, hidden]
                for (index, layer) in layers.enumerated() {
                    x = try layer.prefill(x, segments: segments, keys: cache.keys[index], values: cache.values[index])
                }
                return try vocabularyLogits(x.indexSelect(0, lasts))
            }
            return (rows, logits)
        } catch {
            for row in rows.reversed() { try? cache.remove(row) }
            throw error
        }
    }

    /// One decoder step for every row of the cache.
    /// - Parameter tokens: the last token of each row, in the order of the slots.
    /// - Returns: logits of the next tokens, float32 `[rows, vocabulary]` on the model's device.
    /// - Throws: `ModelError` with code `input` for a token outside the vocabulary or a full position table; `TorchError`.
    public func decode(_ tokens: [Int], cache: KVCache) throws -> Tensor {
        let rows = cache.rows
        guard !rows.isEmpty, tokens.count == rows.count else {
            throw ModelError(.input, "\(tokens.count) tokens came for \(rows.count) rows")
        }
        for (token, row) in zip(tokens, rows) {
            guard (0..<configuration.vocabularySize).contains(token) else { throw tokenOutside(token) }
            guard row.speechLength < Text2SemanticLimits.positions else {
                throw ModelError(.input, "speech of more than \(Text2SemanticLimits.positions) tokens; split the text")
            }
        }
        try cache.reserveStep()
        let places = try Tensor(ids: rows.map(\.speechLength), device: device)
        var x = try speechTable.embedding(Tensor(ids: tokens, device: device))  // [rows, hidden]
        try x.add(inPlace: speechPositions.indexSelect(0, places))
        let positions = try Tensor(ids: rows.map(\.length), device: device)
        let mask = try stepMask(rows, positions: positions)
        let logits = try Library.withTeamAtRest {
            for (index, layer) in layers.enumerated() {
                x = try layer.decode(
                    x, keys: cache.keys[index], values: cache.values[index], positions: positions, mask: mask)
            }
            return try vocabularyLogits(x)
        }
        cache.commitStep()
        return logits
    }

    // MARK: Parts

    /// Phonemes with their features, then the prompt, both with positions: `[phonemes + prompt, hidden]`.
    func embed(_ input: Text2SemanticInput, prompt: [Int]) throws -> Tensor {
        let count = input.phonemes.count
        guard (1...Text2SemanticLimits.positions).contains(count) else {
            throw ModelError(
                .input,
                "a text of \(count) phonemes, prompt text included; between 1 and \(Text2SemanticLimits.positions) "
                    + "can be spoken at once: split it")
        }
        guard prompt.count <= Text2SemanticLimits.promptTokens else {
            throw ModelError(
                .input,
                "a prompt of \(prompt.count) semantic tokens; at most \(Text2SemanticLimits.promptTokens) fit: "
                    + "use a shorter reference")
        }
        if let stray = input.phonemes.first(where: { !(0..<configuration.phonemeVocabularySize).contains($0) }) {
            throw ModelError(
                .input,
                "phoneme id \(stray) is outside the model's table of \(configuration.phonemeVocabularySize): the text "
                    + "front-end and the weights are of different versions")
        }
        if let stray = prompt.first(where: { !(0..<configuration.endOfSpeech).contains($0) }) {
            throw tokenOutside(stray)
        }
        let phonemes = try phonemeTable.embedding(Tensor(ids: input.phonemes, device: device))
        if let features = input.features {
            guard features.shape == [configuration.bertSize, count] else {
                throw ModelError(
                    .input,
                    "BERT features of shape \(features.shape) for \(count) phonemes; the model needs "
                        + "[\(configuration.bertSize), \(count)]")
            }
            try phonemes.add(
                inPlace: features.to(dtype, device: device).transpose(0, 1).contiguous().linear(bertWeight, bertBias))
        } else {
            // Zero features still get the projection's bias.
            try phonemes.add(inPlace: bertBias)
        }
        try phonemes.add(inPlace: phonemePositions.narrow(0, start: 0, length: count))
        guard !prompt.isEmpty else { return phonemes }
        let speech = try speechTable.embedding(Tensor(ids: prompt, device: device))
        try speech.add(inPlace: speechPositions.narrow(0, start: 0, length: prompt.count))
        return try .concatenate([phonemes, speech])
    }

    /// Logits in float32, whatever the model computes in.
    private func vocabularyLogits(_ x: Tensor) throws -> Tensor { try x.linear(outputWeight).to(.float32) }

    /// Bool `[length, length]`: phonemes attend to all phonemes, tokens to all phonemes and to tokens up to their own.
    func prefillMask(_ row: KVCache.Row) throws -> Tensor {
        let ends = (1...max(1, row.length)).map { max($0, row.phonemeCount) }
        return try Tensor.arange(0, Double(row.length), device: device)
            .less(than: Tensor(ids: ends, shape: [row.length, 1], device: device))
    }

    /// Bool `[rows, 1, 1, span]`, true up to each row's new position. The CPU's float32 kernel reads the positions itself.
    private func stepMask(_ rows: [KVCache.Row], positions: Tensor) throws -> Tensor? {
        if device == .cpu && dtype == .float32 && configuration.headSize <= Tensor.widestUnmaskedHead { return nil }
        // Spans in multiples of 64 keep libtorch's kernels aligned.
        let span = ((rows.map(\.length).max() ?? 0) / 64 + 1) * 64
        return try Tensor.arange(0, Double(span), device: device)
            .lessOrEqual(positions.unsqueeze(1)).reshape([rows.count, 1, 1, span])
    }

    private func tokenOutside(_ token: Int) -> ModelError {
        ModelError(
            .input,
            "semantic token \(token) is outside the vocabulary of \(configuration.endOfSpeech): the reference was "
                + "encoded for another model")
    }

    /// The table of "Attention Is All You Need" (arXiv:1706.03762), sines and cosines in turn: float32 `[positions, width]`.
    static func sinePositions(width: Int) throws(TorchError) -> Tensor {
        let rates = try (Tensor.arange(0, Double(width), step: 2, dtype: .float32) * -(log(10000) / Double(width)))
            .exp()
        let angles = try Tensor.arange(0, Double(Text2SemanticLimits.positions), dtype: .float32).unsqueeze(1) * rates
        return try Tensor.stack([angles.sin(), angles.cos()], dimension: 2)
            .reshape([Text2SemanticLimits.positions, width])
    }
}
