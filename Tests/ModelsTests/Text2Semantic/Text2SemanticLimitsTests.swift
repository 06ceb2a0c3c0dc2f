import TestSupport
import Testing
import Torch

@testable import Models

/// A model of a few hundred numbers whose likeliest token is always the same.
private func monotonous(token: Int, logit: Double = 1) throws -> Text2Semantic {
    let configuration = Text2SemanticConfiguration(
        hiddenSize: 8, headCount: 2, layerCount: 1, vocabularySize: 6, phonemeVocabularySize: 10, bertSize: 4,
        maxSeconds: 54)
    let hidden = configuration.hiddenSize
    var weights = try RandomWeights(seed: 3)
    try weights.add("ar_text_embedding.word_embeddings.weight", [10, hidden], deviation: 1)
    try weights.add("ar_audio_embedding.word_embeddings.weight", [6, hidden], deviation: 1)
    try weights.add("ar_text_position.alpha", [1], value: 1)
    try weights.add("ar_audio_position.alpha", [1], value: 1)
    try weights.addLayer("bert_proj", [hidden, 4])
    try weights.add("h.layers.0.self_attn.in_proj_weight", [3 * hidden, hidden], deviation: 0.3)
    try weights.add("h.layers.0.self_attn.in_proj_bias", [3 * hidden], value: 0)
    try weights.addLayer("h.layers.0.self_attn.out_proj", [hidden, hidden])
    try weights.addLayer("h.layers.0.linear1", [4 * hidden, hidden])
    try weights.addLayer("h.layers.0.linear2", [hidden, 4 * hidden])
    try weights.addNorm("h.layers.0.norm1", width: hidden)
    // The last normalisation forgets its input and gives ones, so that a logit is the sum of its row.
    try weights.add("h.layers.0.norm2.weight", [hidden], value: 0)
    try weights.add("h.layers.0.norm2.bias", [hidden], value: 1)
    try weights.add("ar_predict_layer.weight", [6, hidden], value: 0)
    let scope = weights.scope()
    let output = try scope["ar_predict_layer"].get("weight", [6, hidden])
    try output.narrow(0, start: token, length: 1).fill(inPlace: logit)
    return try Text2Semantic(configuration, weights: scope)
}

@Suite struct Text2SemanticLimitsTests {
    private func run(
        _ model: Text2Semantic, prompt: [Int]?, order: DecodingOrder, texts: Int = 1, earlyStop: Int? = nil
    ) throws -> [Text2SemanticOutput] {
        let session = try DecodeSession(
            model.configuration, inputs: (0..<texts).map { .init(phonemes: Array(1...$0 + 2)) }, prompt: prompt,
            options: SamplingOptions(topK: 1, repetitionPenalty: 1), order: order, generator: Generator(seed: 1),
            earlyStop: earlyStop)
        return try model.run(session)
    }

    @Test func anEndlessTextStopsAtTheLimitWithTheReferencesSlices() throws {
        let model = try monotonous(token: 2)
        let side = try run(model, prompt: [1, 2], order: .sideBySide, texts: 2, earlyStop: .max)
        #expect(side.map(\.tokens.count) == [1499, 1499])
        #expect(side.map(\.ending) == [.limit, .limit])
        #expect(side.map(\.steps) == [1500, 1500])
        #expect(try run(model, prompt: [1, 2], order: .oneByOne, earlyStop: .max).map(\.tokens.count) == [1499])
        #expect(try run(model, prompt: nil, order: .oneByOne, earlyStop: .max).map(\.tokens.count) == [1500])
    }

    @Test func anEarlyStopLosesTheReferencesToken() throws {
        let model = try monotonous(token: 2)
        for (order, prompt, count) in [
            (DecodingOrder.sideBySide, [1], 17), (.oneByOne, [1], 17), (.oneByOne, nil, 18), (.sideBySide, nil, 18),
        ] as [(DecodingOrder, [Int]?, Int)] {
            let output = try #require(try run(model, prompt: prompt, order: order, earlyStop: 17).first)
            #expect(output.tokens.count == count)
            #expect(output.ending == .earlyStop)
            #expect(output.steps == 18)
        }
    }

    @Test func theEndCannotComeBeforeElevenTokens() throws {
        let model = try monotonous(token: 5)
        for order in [DecodingOrder.sideBySide, .oneByOne] {
            let output = try #require(try run(model, prompt: [1], order: order).first)
            #expect(output.tokens.count == 11)
            #expect(output.tokens.allSatisfy { $0 < 5 })
            #expect(output.ending == .endOfSpeech)
        }
    }

    @Test func noTextsMakeNoOutput() throws {
        #expect(try run(monotonous(token: 1), prompt: [1], order: .sideBySide, texts: 0).isEmpty)
    }

    @Test func networksThatOverflowAreAnError() throws {
        for logit in [Double.nan, .infinity, 1e38] {
            let error = #expect(throws: ModelError.self) {
                try run(monotonous(token: 1, logit: logit), prompt: [1], order: .sideBySide)
            }
            #expect(error?.code == .notFinite)
        }
    }

    @Test func inputsOutsideTheModelAreRefused() throws {
        let model = try monotonous(token: 1)
        let cache = try model.makeCache()
        let wrong: [(Text2SemanticInput, [Int])] = [
            (.init(phonemes: []), [1]),
            (.init(phonemes: [10]), [1]),
            (.init(phonemes: [-1]), [1]),
            (.init(phonemes: [.max]), [1]),
            (.init(phonemes: Array(repeating: 1, count: Text2SemanticLimits.positions + 1)), [1]),
            (.init(phonemes: [1], features: try .zeros([4, 2])), [1]),
            (.init(phonemes: [1], features: try .zeros([5, 1])), [1]),
            (.init(phonemes: [1]), [5]),
            (.init(phonemes: [1]), [-1]),
            (.init(phonemes: [1]), Array(repeating: 1, count: Text2SemanticLimits.promptTokens + 1)),
        ]
        for (input, prompt) in wrong {
            let error = #expect(throws: ModelError.self) {
                try model.prefill([.init(phonemes: [1]), input], prompts: [[1], prompt], cache: cache)
            }
            #expect(error?.code == .input)
            #expect(cache.rows.isEmpty)
        }
        #expect(throws: ModelError.self) { try model.prefill([], prompts: [], cache: cache) }
        #expect(throws: ModelError.self) { try model.prefill([.init(phonemes: [1])], prompts: [], cache: cache) }
        #expect(throws: ModelError.self) { try model.decode([], cache: cache) }
        _ = try model.prefill([.init(phonemes: [1])], prompts: [[]], cache: cache)
        for tokens in [[], [6], [-1], [1, 1]] {
            #expect(throws: ModelError.self) { try model.decode(tokens, cache: cache) }
        }
        #expect(cache.rows.map(\.length) == [1])
        #expect(try model.decode([1], cache: cache).shape == [1, 6])
    }

    @Test func tooManyTextsAreRefused() throws {
        let model = try monotonous(token: 1)
        let error = #expect(throws: ModelError.self) {
            try run(model, prompt: [1], order: .sideBySide, texts: Text2SemanticLimits.rows + 1)
        }
        #expect(error?.code == .input)
    }

    @Test func sizesThatMakeNoModelAreRefused() throws {
        var sizes = Text2SemanticConfiguration.publishedV2
        sizes.headCount = 7
        let scope = try RandomWeights(seed: 1).scope()
        #expect(throws: ModelError.self) { try Text2Semantic(sizes, weights: scope) }
        let error = #expect(throws: TorchError.self) { try Text2Semantic(.publishedV2, weights: scope) }
        #expect(error?.code == .weights)
    }
}
