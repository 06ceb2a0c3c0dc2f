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
        let spectrogram = try Spectrogram(
            filterLength: model.filterLength, hopLength: model.hopLength, windowLength: model.windowLength)
        let root = fixture.set.name == "bundled" ? Fixtures.folder.appendingPathComponent("audio") : fixture.set.root
        let path = root.appendingPathComponent("fixtures/ref_audio/main_44k_stereo.wav").path
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
        #expect(compared == (fixture.isLoRA ? 0 : fixture.set.name == "bundled" ? 1 : 2))
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
            let noise = try golden.floats("\(name).normal0")
            let generator = try #require(try self.generator(fixture, drawing: noise, condition: condition))
            var marks = 0
            let start = prompt.size(2)
            let mel = try flow.sample(
                condition: condition, prompt: prompt.transpose(1, 2), steps: steps, generator: generator,
                observe: { step, mel, velocity in
                    let prefix = "\(name).step\(step)"
                    guard golden.contains("\(prefix).x") else { return }
                    try expect(padded(mel, start), matches: "x", of: prefix, in: golden, fixture)
                    let whole = try golden.tensor("\(prefix).v").slice(1, start)
                    let difference = largestDifference(try velocity.floats(), try whole.floats())
                    #expect(difference <= fixture.tolerance("v"), "\(prefix).v: \(difference)")
                }, checkpoint: { marks += 1 })
            try expect(padded(mel, start), matches: "out", of: name, in: golden, fixture)
            #expect(marks == steps * flow.estimator.layerCount)
            compared += 1
        }
        #expect(compared > 0)
    }

    /// Zero frames in front, which the reference keeps in place of the prompt.
    private func padded(_ mel: Tensor, _ frames: Int) throws -> Tensor { try mel.pad([0, 0, frames, 0]) }

    /// A generator in the state that the golden's draw began with; each case begins with a seed counted from the manifest's.
    private func generator(_ fixture: FlowFixture, drawing noise: [Float], condition: Tensor) throws -> Generator? {
        let seed = try fixture.arguments.seed
        let shape = [1, 100, condition.size(1)]
        for number in 0..<64 {
            let generator = try Generator(seed: seed + UInt64(number))
            if try generator.normal(shape).floats() == noise {
                try generator.seed(seed + UInt64(number))
                return generator
            }
        }
        return nil
    }
}
