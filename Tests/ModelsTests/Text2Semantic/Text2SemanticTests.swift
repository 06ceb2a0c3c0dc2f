import TestSupport
import Testing
import Torch

@testable import Models

@Suite struct Text2SemanticTests {
    @Test(arguments: Text2SemanticFixture.all) func prefillEqualsTheReferenceLayerByLayer(
        _ fixture: Text2SemanticFixture
    ) throws {
        let (model, golden) = (try fixture.model(), try fixture.golden())
        let input = try golden.inputs(0..<1)[0]
        let cache = try model.makeCache()
        var x = try model.embed(input, prompt: golden.prompt())
        try expect(x.unsqueeze(0), "prefill.xy_pos", golden, within: 5e-6)
        let row = try cache.append([(phonemes: input.phonemes.count, total: x.size(0))])[0]
        let segment = Text2SemanticLayer.Segment(
            start: 0, length: row.length, row: row, mask: try model.prefillMask(row))
        for (index, layer) in model.layers.enumerated() {
            x = try layer.prefill(x, segments: [segment], keys: cache.keys[index], values: cache.values[index])
            try expect(x.unsqueeze(0), "prefill.layer\(index)", golden, within: 2e-5)
        }
        for (name, memory) in [("k0", cache.keys[0]), ("v0", cache.values[0])] {
            let filled = try memory.narrow(0, start: 0, length: 1).narrow(2, start: 0, length: row.length)
            let flat = try filled.transpose(1, 2).reshape([1, row.length, model.configuration.hiddenSize])
            try expect(flat, "prefill.\(name)", golden, within: 5e-5)
        }
    }

    @Test(arguments: Text2SemanticFixture.all) func firstLogitsEqualTheReference(
        _ fixture: Text2SemanticFixture
    ) throws {
        let (model, golden) = (try fixture.model(), try fixture.golden())
        let input = try golden.inputs(0..<1)[0]
        let (_, logits) = try model.prefill([input], prompts: [golden.prompt()], cache: model.makeCache())
        try expect(logits, "prefill.logits", golden, within: 1e-4)
        if golden.contains("prefill_noprompt.logits") {
            let (_, logits) = try model.prefill([input], prompts: [[]], cache: model.makeCache())
            try expect(logits, "prefill_noprompt.logits", golden, within: 1e-4)
        }
    }

    /// Feeds the reference's tokens, so that a wrong logit shows where it arises.
    @Test(arguments: Text2SemanticFixture.all) func logitsOfEveryKeptStepEqualTheReference(
        _ fixture: Text2SemanticFixture
    ) throws {
        let (model, golden) = (try fixture.model(), try fixture.golden())
        for (name, values) in try fixture.cases() {
            let sequences = try golden.sequences(name)
            let steps = golden.steps(name)
            // One by one, the steps of several texts are counted on.
            guard let last = steps.last, values.kind == "batch" || sequences.count == 1 else { continue }
            let prompt = values.prompt ? try golden.prompt() : []
            let generated = sequences.map { Array($0.dropFirst(prompt.count)) }
            let cache = try model.makeCache()
            var (rows, logits) = try model.prefill(
                golden.inputs(values.texts(sequences.count)), prompts: sequences.map { _ in prompt }, cache: cache)
            var running = Array(sequences.indices)
            for step in 0...last {
                if step > 0 {
                    for index in running where generated[index].count < step { try cache.remove(rows[index]) }
                    running.removeAll { generated[$0].count < step }
                    var tokens = Array(repeating: 0, count: running.count)
                    for index in running { tokens[rows[index].slot] = generated[index][step - 1] }
                    logits = try model.decode(tokens, cache: cache)
                }
                guard steps.contains(step) else { continue }
                let order = try Tensor(ids: running.map { rows[$0].slot })
                let columns = try golden.shape("\(name).step\(step).logits")[1]
                try expect(
                    logits.indexSelect(0, order).slice(1, 0, columns), "\(name).step\(step).logits", golden,
                    within: fixture.tolerance(name))
            }
            rows = []
        }
    }

    @Test(arguments: Text2SemanticFixture.all) func tokensOfEveryCaseEqualTheReference(
        _ fixture: Text2SemanticFixture
    ) throws {
        let (model, golden) = (try fixture.model(), try fixture.golden())
        let cases = try fixture.cases()
        #expect(!cases.isEmpty)
        for (name, values) in cases where values.isSafe {
            let sequences = try golden.sequences(name)
            #expect(!sequences.isEmpty, "\(name)")
            let prompt = values.prompt ? try golden.prompt() : []
            let session = try DecodeSession(
                model.configuration, inputs: golden.inputs(values.texts(sequences.count), featuresOfZerosAsNone: true),
                prompt: prompt,
                options: values.options, order: values.kind == "batch" ? .sideBySide : .oneByOne,
                generator: Generator(seed: fixture.seed()), earlyStop: values.args.earlyStop ?? .max)
            let outputs = try model.run(session)
            let expected = zip(sequences, values.idx ?? []).map { sequence, index in
                // Python's item[-idx:], where 0 takes everything.
                index == 0 ? Array(sequence.dropFirst(prompt.count)) : Array(sequence.suffix(index))
            }
            #expect(outputs.map(\.tokens) == expected, "\(name)")
            // One by one, the reference counts the steps of all texts.
            let steps = values.kind == "batch" ? outputs.map(\.steps).max() : outputs.map(\.steps).reduce(0, +)
            #expect(steps == values.steps, "\(name)")
        }
    }

    @Test(arguments: Text2SemanticFixture.all) func randomDrawsHaveTheReferencesShapesAndValues(
        _ fixture: Text2SemanticFixture
    ) throws {
        let golden = try fixture.golden()
        for (name, _) in try fixture.cases() where golden.contains("\(name).exponential") {
            let shapes = try golden.integers("\(name).exponential_rows").map(Int.init)
            let generator = try Generator(seed: fixture.seed())
            var drawn: [Float] = []
            for step in 0..<shapes.count / 2 {
                drawn += try generator.exponential([shapes[2 * step], shapes[2 * step + 1]]).floats()
            }
            #expect(drawn == (try golden.floats("\(name).exponential")), "\(name)")
        }
    }

    @Test func publishedSizesStopAtTheReferencesTokens() {
        #expect(Text2SemanticConfiguration.publishedV2.earlyStop == 1500)
        var sizes = Text2SemanticConfiguration.publishedV2
        sizes.maxSeconds = 1
        #expect(sizes.earlyStop == 50)
        sizes.maxSeconds = 0.001
        #expect(sizes.earlyStop == 1)
        sizes.maxSeconds = 1e300
        #expect(sizes.earlyStop == Text2SemanticLimits.steps)
    }

    private func expect(
        _ tensor: Tensor, _ name: String, _ golden: Golden, within tolerance: Float,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(tensor.shape == (try golden.shape(name)), "\(name)", sourceLocation: sourceLocation)
        let difference = largestDifference(try tensor.floats(), try golden.floats(name))
        let allowed = golden.tolerance(name, otherwise: tolerance)
        #expect(difference <= allowed, "\(name): \(difference)", sourceLocation: sourceLocation)
    }
}
