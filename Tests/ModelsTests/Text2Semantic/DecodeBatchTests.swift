import TestSupport
import Testing
import Torch

@testable import Models

@Suite struct DecodeBatchTests {
    static let fixtures = Text2SemanticFixture.all.filter { $0.stage == "s1_v2" }
    /// Those whose odds are known, for what is true of these only.
    static let bundled = fixtures.filter { $0.set.name == "bundled" }

    /// Logits of a row at every step, fed with the same tokens, alone or in company.
    private func logits(
        _ model: Text2Semantic, _ input: Text2SemanticInput, prompt: [Int], tokens: [Int],
        company: (_ step: Int, _ cache: KVCache) throws -> Void = { _, _ in }
    ) throws -> [[Float]] {
        let cache = try model.makeCache()
        try company(-1, cache)
        let (rows, first) = try model.prefill([input], prompts: [prompt], cache: cache)
        var result = [try first.floats()]
        for (step, token) in tokens.enumerated() {
            try company(step, cache)
            var all = Array(repeating: 3, count: cache.rows.count)
            all[rows[0].slot] = token
            result.append(try model.decode(all, cache: cache).select(0, rows[0].slot).floats())
        }
        return result
    }

    @Test(arguments: fixtures) func aRowsLogitsDoNotDependOnWhoJoinsAndLeaves(_ fixture: Text2SemanticFixture) throws {
        let (model, golden) = (try fixture.model(), try fixture.golden())
        let (inputs, prompt) = (try golden.inputs(0..<4), try golden.prompt())
        let tokens = (0..<24).map { ($0 * 89 + 7) % 1024 }
        let alone = try logits(model, inputs[0], prompt: prompt, tokens: tokens)
        var others: [KVCache.Row] = []
        let together = try logits(model, inputs[0], prompt: prompt, tokens: tokens) { step, cache in
            switch step {
            case -1:  // A longer and a shorter text are there already.
                others = try model.prefill(Array(inputs[1...2]), prompts: [prompt + prompt, []], cache: cache).rows
            case 5:  // The first slot is given up, and the watched row moves.
                try cache.remove(others[0])
            case 9:
                others += try model.prefill([inputs[3], inputs[1]], prompts: [prompt, prompt], cache: cache).rows
            case 15:
                for row in others { try cache.remove(row) }
                others = try model.prefill([inputs[2]], prompts: [prompt], cache: cache).rows
            default: break
            }
        }
        for (step, pair) in zip(alone, together).enumerated() {
            #expect(largestDifference(pair.0, pair.1) <= 1e-4, "step \(step)")
        }
    }

    @Test(arguments: fixtures) func decodingStepByStepEqualsReadingAtOnce(_ fixture: Text2SemanticFixture) throws {
        let (model, golden) = (try fixture.model(), try fixture.golden())
        let input = try golden.inputs(0..<1)[0]
        // Long enough for the cache to grow twice.
        let speech = (0..<520).map { ($0 * 131 + 11) % 1024 }
        let stepwise = try logits(
            model, input, prompt: Array(speech.prefix(20)), tokens: Array(speech.dropFirst(20)))
        let (_, atOnce) = try model.prefill([input], prompts: [speech], cache: model.makeCache())
        #expect(largestDifference(try #require(stepwise.last), try atOnce.floats()) <= 1e-4)
    }

    @Test(arguments: fixtures) func aCacheGivesItsMemoryBackAndGrowsAgain(_ fixture: Text2SemanticFixture) throws {
        let (model, golden) = (try fixture.model(), try fixture.golden())
        let (input, prompt) = (try golden.inputs(0..<1)[0], try golden.prompt())
        let cache = try model.makeCache()
        let (rows, first) = try model.prefill([input, input], prompts: [prompt, prompt], cache: cache)
        let step = try model.decode([7, 7], cache: cache).floats()
        try cache.release()
        #expect(cache.slotCount == 2, "rows were in it")
        for row in rows { try cache.remove(row) }
        try cache.release()
        #expect(cache.slotCount == 0 && cache.capacity == 0)
        #expect(cache.keys.allSatisfy { $0.count == 0 } && cache.values.allSatisfy { $0.count == 0 })
        let (_, again) = try model.prefill([input, input], prompts: [prompt, prompt], cache: cache)
        #expect(try again.floats() == first.floats())
        #expect(try model.decode([7, 7], cache: cache).floats() == step)
    }

    @Test(arguments: fixtures) func requestsInOneBatchGetWhatTheyGetAlone(_ fixture: Text2SemanticFixture) throws {
        let (model, golden) = (try fixture.model(), try fixture.golden())
        let (inputs, prompt) = (try golden.inputs(0..<4), try golden.prompt())
        func sessions() throws -> [DecodeSession] {
            try [
                DecodeSession(
                    model.configuration, inputs: Array(inputs[0...2]), prompt: prompt,
                    options: SamplingOptions(topK: 5),
                    order: .sideBySide, generator: Generator(seed: 11), earlyStop: 40),
                DecodeSession(
                    model.configuration, inputs: Array(inputs[1...2]), prompt: prompt,
                    options: SamplingOptions(topK: 15, topP: 0.9), order: .oneByOne, generator: Generator(seed: 12),
                    earlyStop: 30),
                DecodeSession(
                    model.configuration, inputs: [inputs[3]], prompt: nil, options: SamplingOptions(topK: 3),
                    order: .sideBySide, generator: Generator(seed: 13), earlyStop: 25),
            ]
        }
        let alone = try sessions().map { try model.run($0) }
        let together = try sessions()
        let batch = try DecodeBatch(model)
        var step = 0
        while !batch.isEmpty || step < 12 {
            if step % 6 == 0 && step / 6 < together.count { batch.join(together[step / 6]) }
            #expect(try batch.step().isEmpty)
            step += 1
        }
        #expect(together.map { $0.outputs.compactMap { $0 } } == alone)
        #expect(batch.rowCount == 0)
    }

    @Test(arguments: fixtures) func aFailingRequestLeavesTheOthersAlone(_ fixture: Text2SemanticFixture) throws {
        let (model, golden) = (try fixture.model(), try fixture.golden())
        let (inputs, prompt) = (try golden.inputs(0..<2), try golden.prompt())
        func sound() throws -> DecodeSession {
            try DecodeSession(
                model.configuration, inputs: inputs, prompt: prompt, options: SamplingOptions(), order: .sideBySide,
                generator: Generator(seed: 5), earlyStop: 20)
        }
        let alone = try model.run(sound())
        let session = try sound()
        let batch = try DecodeBatch(model)
        batch.join(session)
        _ = try batch.step()
        let broken = try [
            Text2SemanticInput(phonemes: [1, 2, 99_999]),
            Text2SemanticInput(phonemes: [1], features: Tensor.full([model.configuration.bertSize, 1], .nan)),
        ].map {
            try DecodeSession(
                model.configuration, inputs: [$0], prompt: prompt, options: SamplingOptions(), order: .sideBySide,
                generator: Generator(seed: 6))
        }
        for session in broken { batch.join(session) }
        let failures = try batch.step()
        #expect(failures.map { ($0.error as? ModelError)?.code } == [.input, .notFinite])
        #expect(failures.map { ObjectIdentifier($0.session) } == broken.map { ObjectIdentifier($0) })
        #expect(batch.rowCount == 2)
        while !batch.isEmpty { #expect(try batch.step().isEmpty) }
        #expect(session.outputs.compactMap { $0 } == alone)
    }

    @Test(arguments: fixtures) func aRequestThatLeavesFreesItsRows(_ fixture: Text2SemanticFixture) throws {
        let (model, golden) = (try fixture.model(), try fixture.golden())
        let session = try DecodeSession(
            model.configuration, inputs: golden.inputs(0..<3), prompt: golden.prompt(), options: SamplingOptions(),
            order: .sideBySide, generator: Generator(seed: 5))
        let batch = try DecodeBatch(model)
        batch.join(session)
        _ = try batch.step()
        #expect(batch.rowCount == 3)
        #expect(session.progress.map(\.tokens.count) == [1, 1, 1])
        try batch.leave(session)
        #expect(batch.isEmpty && batch.rowCount == 0 && session.isFinished)
        #expect(session.outputs == [nil, nil, nil])
    }

    @Test(arguments: bundled) func withoutAPromptTheDefaultPenaltyHolds(_ fixture: Text2SemanticFixture) throws {
        let (model, golden) = (try fixture.model(), try fixture.golden())
        func tokens(_ order: DecodingOrder, _ penalty: Double) throws -> [[Int]] {
            let session = try DecodeSession(
                model.configuration, inputs: golden.inputs(0..<2), prompt: nil,
                options: SamplingOptions(topK: 1, repetitionPenalty: penalty), order: order,
                generator: Generator(seed: 1), earlyStop: 25)
            return try model.run(session).map(\.tokens)
        }
        #expect(try tokens(.sideBySide, 2.5) == tokens(.oneByOne, 1.35))
        #expect(try tokens(.oneByOne, 2.5) != tokens(.oneByOne, 1.35))
    }

    @Test(arguments: fixtures) func theCallerCanStopAfterAnyStep(_ fixture: Text2SemanticFixture) throws {
        let (model, golden) = (try fixture.model(), try fixture.golden())
        var steps: [Int] = []
        let error = #expect(throws: ModelError.self) {
            try model.generate(
                golden.inputs(0..<2), prompt: golden.prompt(), options: SamplingOptions(), order: .sideBySide,
                generator: Generator(seed: 1)
            ) { rows in
                steps.append(rows)
                return steps.count < 4
            }
        }
        #expect(error?.code == .cancelled)
        #expect(steps == [2, 2, 2, 2])
    }

    /// The way that CUDA and half precision take: libtorch's own attention under a mask.
    @Test(arguments: bundled) func lowerPrecisionStaysClose(_ fixture: Text2SemanticFixture) throws {
        let golden = try fixture.golden()
        let (input, prompt) = (try golden.inputs(0..<1)[0], try golden.prompt())
        let tokens = (0..<8).map { $0 * 100 }
        let exact = try logits(fixture.model(), input, prompt: prompt, tokens: tokens)
        let coarse = try logits(fixture.model(.bfloat16), input, prompt: prompt, tokens: tokens)
        for (step, pair) in zip(exact, coarse).enumerated() {
            #expect(largestDifference(pair.0, pair.1) <= 0.25, "step \(step)")
        }
    }
}
