import Audio
import Checkpoints
import TestSupport
import Testing
import Torch

@testable import Models

/// Parity of v3 and v4 with the Python reference, stage by stage.
@Suite struct FlowSoVITSTests {
    private func style(_ golden: Golden, _ name: String) throws -> Tensor { try golden.tensor(name).transpose(1, 2) }

    @Test(arguments: FlowFixture.all) func encodesTheReference(_ fixture: FlowFixture) throws {
        let (model, golden) = (try fixture.model, try fixture.golden)
        let spectrogram = try Spectrogram(model.configuration)
        let root = fixture.set.name == "bundled" ? Fixtures.folder.appendingPathComponent("audio") : fixture.set.root
        let recording = try fixture.arguments.ref
        let path = root.appendingPathComponent("fixtures/ref_audio/\(recording)").path
        let samples = try ReferenceAudio(path: path, role: .auxiliary).spectrogramInput
        let style = try model.styleEmbedding(of: spectrogram.compute(samples))
        try expect(style, matches: "ge", of: "encp_ref", in: golden, fixture)
        let condition = try model.condition(
            codes: golden.ids("in.prompt_codes"), phones: golden.ids("in.prompt_phones"), style: style)
        try expect(condition, matches: "fea", of: "encp_ref", in: golden, fixture)
    }

    @Test(arguments: FlowFixture.whole) func everyEncoderStageMatches(_ fixture: FlowFixture) throws {
        let (model, golden) = (try fixture.model, try fixture.golden)
        func check(_ tensor: Tensor, _ field: String) throws {
            try expect(tensor, matches: field, of: "encp_ref", in: golden, fixture)
        }
        let style = try style(golden, "encp_ref.ge")
        let encoder = model.textEncoder
        let speech = try encoder.encode(semantic: model.quantizer.features(golden.ids("in.prompt_codes")))
        try check(speech, "enc_p.encoder_ssl")
        let text = try encoder.encode(phonemes: golden.ids("in.prompt_phones"))
        try check(text, "enc_p.encoder_text")
        let mixed = try encoder.mrte(speech, text: text, style: style)
        try check(mixed, "enc_p.mrte")
        let joint = try encoder.jointEncoder(mixed)
        try check(joint, "enc_p.encoder2")
        try check(model.conditionEncoder.bridged(joint), "bridge")
    }

    @Test(arguments: FlowFixture.all) func encodesAtEverySpeed(_ fixture: FlowFixture) throws {
        let (model, golden) = (try fixture.model, try fixture.golden)
        let (codes, phones) = (try golden.ids("in.codes"), try golden.ids("in.phones"))
        let style = try style(golden, "encp.ge")
        try expect(
            model.condition(codes: codes, phones: phones, style: style), matches: "fea", of: "encp", in: golden, fixture
        )
        var compared = 0
        for speed in try fixture.arguments.speeds where golden.contains("encp_speed\(speed).fea") {
            try expect(
                model.condition(codes: codes, phones: phones, style: style, speed: speed), matches: "fea",
                of: "encp_speed\(speed)", in: golden, fixture)
            compared += 1
        }
        let kept = golden.names.filter { $0.hasPrefix("encp_speed") && $0.hasSuffix(".fea") }
        #expect(compared == kept.count && (fixture.isLoRA || compared > 0))
    }

    @Test(arguments: FlowFixture.all) func flowsStepByStep(_ fixture: FlowFixture) throws {
        let (model, golden) = (try fixture.model, try fixture.golden)
        let flow = model.flow
        let condition = try golden.tensor("cfm.mu")
        let prompt = try golden.tensor("cfm.prompt")
        var compared = 0
        for steps in try fixture.arguments.steps where golden.contains("cfm\(steps).out") {
            let name = "cfm\(steps)"
            let step = try flow.estimator.stepEmbedding([1 / Double(steps)])
            try expect(step, matches: "dt_embed", of: name, in: golden, fixture)
            let embedded = try flow.estimator.embed(condition: condition).transpose(1, 2)
            try expect(embedded, matches: "text_embed", of: name, in: golden, fixture)
            let noise = try golden.tensor("\(name).normal0")
            var marks = 0
            let start = prompt.size(2)
            let mel = try flow.sample(
                condition: condition, prompt: prompt.transpose(1, 2), noise: noise, steps: steps,
                observe: { step, mel, velocity in
                    let prefix = "\(name).step\(step)"
                    guard golden.contains("\(prefix).x") else { return }
                    try expect(padded(mel, start), matches: "x", of: prefix, in: golden, fixture)
                    let whole = try golden.tensor("\(prefix).v").slice(1, start)
                    let difference = largestDifference(try velocity.floats(), try whole.floats())
                    let tolerance = golden.tolerance("\(prefix).v", otherwise: fixture.tolerance("v"))
                    #expect(difference <= tolerance, "\(prefix).v: \(difference)")
                }, checkpoint: { marks += 1 })
            try expect(padded(mel, start), matches: "out", of: name, in: golden, fixture)
            #expect(marks == steps * flow.estimator.layerCount)
            compared += 1
        }
        #expect(compared > 0)
    }

    /// Zero frames in front, which the reference keeps in place of the prompt.
    private func padded(_ mel: Tensor, _ frames: Int) throws -> Tensor { try mel.pad([0, 0, frames, 0]) }

    @Test func drawsOneNormalOfTheMelsShape() throws {
        let fixture = try #require(FlowFixture.whole.first)
        let (model, golden) = (try fixture.model, try fixture.golden)
        let (condition, prompt) = (try golden.tensor("cfm.mu"), try golden.tensor("cfm.prompt"))
        let (generator, twin) = (try Generator(seed: 9), try Generator(seed: 9))
        let mel = try model.mel(condition: condition, prompt: prompt, steps: 2, generator: generator)
        let noise = try twin.normal([1, 100, condition.size(1)])
        let same = try model.mel(condition: condition, prompt: prompt, steps: 2, noise: { _ in noise }, checkpoint: {})
        #expect(try mel.floats() == same.floats())
        #expect(try generator.normal([4]).floats() == twin.normal([4]).floats())
    }

    @Test func itemsOfABatchDoNotSeeEachOther() throws {
        let fixture = try #require(FlowFixture.whole.first)
        let (model, golden) = (try fixture.model, try fixture.golden)
        let (condition, prompt) = (try golden.tensor("cfm.mu"), try golden.tensor("cfm.prompt"))
        let both = try Tensor.concatenate([condition, condition.flip(1)])
        let noise = try Generator(seed: 3).normal([2, 100, condition.size(1)])
        let together = try model.mel(condition: both, prompt: prompt, steps: 2, noise: { _ in noise }, checkpoint: {})
        for index in 0..<2 {
            let alone = try model.mel(
                condition: both.narrow(0, start: index, length: 1), prompt: prompt, steps: 2,
                noise: { _ in try noise.narrow(0, start: index, length: 1) }, checkpoint: {})
            let part = try together.narrow(0, start: index, length: 1)
            #expect(largestDifference(try part.floats(), try alone.floats()) <= 1e-5)
        }
    }

    @Test func cancellingEndsTheWork() throws {
        struct Stop: Error {}
        let fixture = try #require(FlowFixture.whole.first)
        let (model, golden) = (try fixture.model, try fixture.golden)
        var calls = 0
        #expect(throws: Stop.self) {
            _ = try model.mel(
                condition: golden.tensor("cfm.mu"), prompt: golden.tensor("cfm.prompt"), steps: 4,
                generator: Generator(seed: 1)
            ) {
                calls += 1
                if calls == 3 { throw Stop() }
            }
        }
        #expect(calls == 3)
    }

    @Test func wrongInputIsNamed() throws {
        let model = try #require(FlowFixture.whole.first).model
        let style = try Tensor.zeros([1, 1, model.configuration.styleWidth])
        let generator = try Generator(seed: 1)
        func code(_ body: () throws -> Void) -> ModelError.Code? {
            do { try body() } catch { return (error as? ModelError)?.code }
            return nil
        }
        func condition(_ codes: [Int], _ phones: [Int], speed: Double = 1) -> ModelError.Code? {
            code { _ = try model.condition(codes: codes, phones: phones, style: style, speed: speed) }
        }
        #expect(condition([1], [1]) == nil)
        #expect(condition([], [1]) == .input)
        #expect(condition([1024], [1]) == .input)
        #expect(condition([-1], [1]) == .input)
        #expect(condition([1], [732]) == .input)
        #expect(condition([1], [1], speed: 0) == .input)
        #expect(condition([1], [1], speed: .nan) == .input)
        #expect(condition([1], [1], speed: 1e-9) == .input)
        func mel(_ condition: [Int], _ prompt: [Int], steps: Int = 2) -> ModelError.Code? {
            code {
                _ = try model.mel(
                    condition: Tensor.zeros(condition), prompt: Tensor.zeros(prompt), steps: steps, generator: generator
                )
            }
        }
        let width = model.conditionWidth
        #expect(mel([1, 20, width + 1], [1, 100, 5]) == .input)
        #expect(mel([1, 20, width], [1, 99, 5]) == .input)
        #expect(mel([1, 20, width], [1, 100, 20]) == .input)
        #expect(mel([3, 20, width], [2, 100, 5]) == .input)
        #expect(mel([1, 20, width], [1, 100, 5], steps: 0) == .input)
        #expect(mel([1, 20, width], [1, 100, 5], steps: 1001) == .input)
        #expect(mel([1, FlowSoVITS.maximumFlowFrames + 1, width], [1, 100, 5]) == .input)
        #expect(mel([1, 20, width], [1, 100, 0]) == nil)
    }

    @Test func aTensorThatIsMissingOrOfAnotherShapeIsNamed() throws {
        let checkpoint = try #require(FlowFixture.whole.first).base
        let configuration = try SoVITSConfiguration(encodersOf: checkpoint.config)
        // What inference does not read.
        let unread = ["linear_mel.", "_codebook.inited", "_codebook.cluster_size", "_codebook.embed_avg"]
        let names = checkpoint.weights.keys.sorted().filter { name in !unread.contains { name.contains($0) } }
        for index in stride(from: 3, to: names.count, by: 11) {
            for replacement in [nil, checkpoint.weights["ssl_proj.weight"]] where names[index] != "ssl_proj.weight" {
                var weights = checkpoint.weights
                weights[names[index]] = replacement
                let error = #expect(throws: ModelError.self) {
                    try FlowSoVITS(
                        configuration, version: .v3, weights: WeightScope(weights, dtype: .float32, device: .cpu))
                }
                #expect(error?.code == .weights)
                // Where sizes are read off a tensor, others may contradict it first; a list's element may be missed as a whole.
                let parts = names[index].split(separator: ".").prefix(2).joined(separator: ".")
                #expect(error?.description.contains(parts) == true, "\(names[index]): \(error?.description ?? "")")
            }
        }
    }

    @Test(arguments: FlowFixture.all.filter(\.isLoRA)) func factorsNeedTheirBase(_ fixture: FlowFixture) throws {
        let adapter = try fixture.adapter
        let other = FlowFixture.basePath(fixture.version == .v3 ? .v4 : .v3)
        let known = try FlowFixture.checkpoint(other, of: fixture.set)
        for base in [nil, adapter, known] {
            let error = #expect(throws: ModelError.self) { try FlowSoVITS(checkpoint: adapter, base: base) }
            #expect(error?.code == .weights)
            #expect(error?.message.contains(adapter.file.path) == true)
        }
        // The base as its tensors tell it, whatever version it is taken for.
        let file = try fixture.base.file
        let mistaken = SoVITSVersion(
            symbols: .v2, model: fixture.version == .v3 ? .v4 : .v3, isLoRA: false, evidence: .fileSize)
        let base = try SoVITSCheckpoint(file, knownHashes: [file.headDigest: mistaken])
        #expect(try FlowSoVITS(checkpoint: adapter, base: base).version == fixture.version)
    }

    @Test(arguments: [DType.float16, .bfloat16]) func otherPrecisionsDrawNearlyTheSame(_ dtype: DType) throws {
        let fixture = try #require(FlowFixture.whole.first)
        let golden = try fixture.golden
        let model = try FlowSoVITS(checkpoint: fixture.base, dtype: dtype)
        let mel = try model.mel(
            condition: golden.tensor("cfm.mu"), prompt: golden.tensor("cfm.prompt"), steps: 4,
            noise: { _ in try golden.tensor("cfm4.normal0") }, checkpoint: {})
        #expect(mel.dtype == dtype)
        let expected = try golden.tensor("cfm4.out").slice(2, 50).floats()
        let difference = largestDifference(try mel.floats(), expected)
        #expect(difference > 0 && difference < (dtype == .float16 ? 0.02 : 0.2), "\(difference)")
    }
}
