import Audio
import Checkpoints
import TestSupport
import Testing
import Torch

@testable import Models

/// Parity with the Python reference, stage by stage and as a whole.
@Suite struct SoVITSTests {
    private static let references = ["main_44k_stereo.wav", "aux_32k_mono.wav", "aux_48k_mono.wav"]

    /// Each case of the goldens begins with a seed of its own, counted from the manifest's.
    private enum Case: UInt64 {
        case one = 0
        case references = 1
        case slow = 2
        case fast = 3
        case stream = 9
    }

    private struct Arguments: Decodable {
        let seed: UInt64
    }

    private func generator(_ fixture: SoVITSFixture, _ number: Case) throws -> Generator {
        let stage = "s2_\(fixture.version.rawValue)"
        return try Generator(seed: fixture.set.manifest(stage, as: Arguments.self).seed + number.rawValue)
    }

    @Test(arguments: SoVITSFixture.all) func readsTheSizes(_ fixture: SoVITSFixture) throws {
        let model = try fixture.model
        #expect(model.version == fixture.version)
        #expect(model.samplingRate == 32_000)
        let sizes = model.configuration
        #expect(sizes.filterLength == 2048 && sizes.hopLength == 640 && sizes.windowLength == 2048)
        #expect(model.upsampleFactor == 640)
        #expect(model.referenceBins == (fixture.version == .v1 ? 1025 : 704))
        #expect(model.symbolCount == (fixture.version == .v1 ? 322 : 732))
        #expect(model.speakerWidth == (fixture.version.usesSpeakerEmbedding ? 1920 : nil))
        #expect(model.tokenCount == 1024 && model.featureWidth == 96)
    }

    @Test(arguments: SoVITSFixture.all) func findsSemanticTokens(_ fixture: SoVITSFixture) throws {
        let model = try fixture.model
        let golden = try fixture.set.stage("semantic")
        let version = fixture.version.rawValue
        let hidden = try fixture.stage("hubert", bundled: "models/hubert").tensor("last_hidden_state")
        let features = try hidden.transpose(1, 2)
        let projected = try model.quantizer.project(features).unsqueeze(0).transpose(1, 2)
        #expect(projected.shape == (try golden.shape("\(version).ssl")))
        #expect(largestDifference(try projected.floats(), try golden.floats("\(version).ssl")) <= 5e-5)
        let tokens = try model.semanticTokens(ssl: features)
        #expect(tokens == (try golden.ids("\(version).codes")))
        let quantized = try model.quantizer.features(tokens).transpose(1, 2)
        #expect(largestDifference(try quantized.floats(), try golden.floats("\(version).quantized")) <= 1e-6)
    }

    @Test(arguments: SoVITSFixture.all) func embedsReferences(_ fixture: SoVITSFixture) throws {
        let model = try fixture.model
        let golden = try fixture.golden
        let spectrogram = try Spectrogram(filterLength: 2048, hopLength: 640, windowLength: 2048)
        var compared = 0
        for (index, name) in Self.references.enumerated() {
            guard let url = fixture.recording(name) else { continue }
            let samples = try ReferenceAudio(path: url.path, role: .auxiliary).spectrogramInput
            let magnitudes = try spectrogram.compute(samples)
            let encoded = try model.encoders.referenceEncoder(magnitudes)
            let field = index == 0 ? "ge_ref" : "ge_ref.\(index)"
            try expect(encoded, matches: field, of: "refs3", in: golden, fixture)
            let speaker = try model.speakerWidth.map { _ in try golden.tensor("in.sv\(index)") }
            let style = try model.styleEmbedding(of: magnitudes, speaker: speaker).floats()
            let wanted = try fixture.style(model, of: "refs3.\(field)", reference: index).floats()
            #expect(largestDifference(style, wanted) <= 1e-5, "\(name)")
            compared += 1
        }
        #expect(compared == (fixture.set.name == "bundled" ? 1 : Self.references.count))
    }

    @Test(arguments: SoVITSFixture.all.filter(\.version.usesSpeakerEmbedding))
    func addsTheSpeaker(_ fixture: SoVITSFixture) throws {
        let model = try fixture.model
        let golden = try fixture.golden
        let conditioning = try #require(model.speakerConditioning)
        let speaker = try conditioning.project(golden.tensor("in.sv0"))
        try expect(speaker, matches: "sv_emb", of: "one", in: golden, fixture)
        let style = try fixture.style(model, of: "one.ge_ref")
        try expect(style, matches: "prelu", of: "one", in: golden, fixture)
        let textStyle = try conditioning.textStyle(style).transpose(1, 2)  // upstream's way round
        try expect(textStyle, matches: "ge_to512", of: "one", in: golden, fixture)
    }

    @Test(arguments: SoVITSFixture.all.filter { $0.version == .v2Pro })
    func fineTunedFilesSpeak(_ fixture: SoVITSFixture) throws {
        let path = fixture.set.url("fixtures/user/SoVITS_weights_v2Pro/demo_e8_s128.pth").path
        let model = try SoVITS(checkpoint: SoVITSCheckpoint(.open(path: path)))
        #expect(model.version == .v2Pro)
        let style = try model.styleEmbedding(
            of: Generator(seed: 1).normal([1, 1025, 50]).abs(), speaker: Generator(seed: 2).normal([1, 1920]))
        let audio = try model.decode(codes: [1, 2, 3], phones: [4, 5], styles: [style], generator: Generator(seed: 3))
        #expect(audio.shape == [3 * 2 * 640])
    }

    @Test(arguments: SoVITSFixture.all) func everyStageMatches(_ fixture: SoVITSFixture) throws {
        let model = try fixture.model
        let golden = try fixture.golden
        func check(_ tensor: Tensor, _ field: String) throws {
            try expect(tensor, matches: field, of: "one", in: golden, fixture)
        }
        let style = try fixture.style(model, of: "one.ge_ref")
        let textStyle = try model.speakerConditioning?.textStyle(style) ?? style
        let encoder = model.textEncoder
        let features = try model.quantizer.features(golden.ids("in.codes"))
        let projected = try encoder.semanticInput(features)
        let doubled = try projected.unsqueeze(2).expand([1, projected.size(1), 2, projected.size(2)])
            .reshape([1, 2 * projected.size(1), projected.size(2)])
        try check(doubled, "enc_p.ssl_proj")
        let speech = try encoder.encode(semantic: features)
        try check(speech, "enc_p.encoder_ssl")
        let text = try encoder.encode(phonemes: golden.ids("in.phones"))
        try check(text, "enc_p.encoder_text")
        let mixed = try encoder.mrte(speech, text: text, style: textStyle)
        try check(mixed, "enc_p.mrte")
        let joint = try encoder.jointEncoder(mixed)
        try check(joint, "enc_p.encoder2")
        try check(joint, "enc_p.x")
        try check(joint, "enc_p.y_latent")
        let prior = try encoder.prior(joint, length: joint.size(1))
        try check(prior.mean, "enc_p.m_p")
        try check(prior.logDeviation, "enc_p.logs_p")
        let drawn = try generator(fixture, .one).normal([1, prior.mean.size(2), prior.mean.size(1)])
        #expect(try drawn.floats() == golden.floats("one.normal0"))
        let latent = try model.sample(prior, generator: generator(fixture, .one), noiseScale: 0.5)
        let flowed = try model.flow.reversed(latent, style: style) {}
        try check(flowed, "flow")
        try check(model.decoder.enter(flowed), "dec.conv_pre")
        try check(#require(try model.decoder.firstStage(flowed, style: style)), "dec.ups0")
        let audio = try model.decoder(flowed, style: style) {}
        try check(audio, "audio")
    }

    @Test(arguments: SoVITSFixture.all) func speaks(_ fixture: SoVITSFixture) throws {
        let model = try fixture.model
        let golden = try fixture.golden
        let audio = try model.decode(
            codes: golden.ids("in.codes"), phones: golden.ids("in.phones"),
            styles: [fixture.style(model, of: "one.ge_ref")],
            generator: generator(fixture, .one))
        try expect(audio, matches: "audio", of: "one", in: golden, fixture)
    }

    @Test(arguments: SoVITSFixture.all) func averagesReferences(_ fixture: SoVITSFixture) throws {
        let model = try fixture.model
        let golden = try fixture.golden
        let styles = try ["", ".1", ".2"].enumerated().map {
            try fixture.style(model, of: "refs3.ge_ref\($0.element)", reference: $0.offset)
        }
        let generator = try generator(fixture, .references)
        let audio = try model.decode(
            codes: golden.ids("in.codes2"), phones: golden.ids("in.phones2"), styles: styles, generator: generator)
        try expect(audio, matches: "audio", of: "refs3", in: golden, fixture)
    }

    @Test(arguments: SoVITSFixture.all, [0.8, 1.25])
    func speaksAtOtherSpeeds(_ fixture: SoVITSFixture, _ speed: Double) throws {
        let model = try fixture.model
        let golden = try fixture.golden
        let name = "speed\(speed)"
        guard golden.contains("\(name).audio") else {
            #expect(fixture.set.name == "bundled")
            return
        }
        let (codes, phones) = (try golden.ids("in.codes2"), try golden.ids("in.phones2"))
        let style = try fixture.style(model, of: "\(name).ge_ref")
        let joint = try model.jointFrames(codes: codes, phones: phones, style: style)
        try expect(joint, matches: "enc_p.y_latent", of: name, in: golden, fixture)
        let prior = try model.textEncoder.prior(joint, length: golden.shape("\(name).enc_p.m_p")[2])
        try expect(prior.mean, matches: "enc_p.m_p", of: name, in: golden, fixture)
        try expect(prior.logDeviation, matches: "enc_p.logs_p", of: name, in: golden, fixture)
        let audio = try model.decode(
            codes: codes, phones: phones, styles: [style], speed: speed,
            generator: generator(fixture, speed < 1 ? .slow : .fast))
        try expect(audio, matches: "audio", of: name, in: golden, fixture)
    }

    @Test(arguments: SoVITSFixture.all) func speaksInChunks(_ fixture: SoVITSFixture) throws {
        let model = try fixture.model
        let golden = try fixture.golden
        let style = try fixture.style(model, of: "one.ge_ref")
        let (codes, phones) = (try golden.ids("in.codes"), try golden.ids("in.phones"))
        let overlap = 2
        let generator = try generator(fixture, .stream)
        var latent: Tensor?
        var start = 0
        for (index, end) in [13, 22, 29].enumerated() {
            let continuation = try latent.map { latent in
                SoVITS.Continuation(
                    tokens: end - start + overlap, overlap: try latent.slice(1, -2 * overlap))
            }
            let chunk = try model.decodeChunk(
                codes: Array(codes[..<end]), phones: phones, styles: [style], continuing: continuation,
                generator: generator)
            if golden.contains("stream.chunk\(index).latent") {
                try expect(chunk.latent, matches: "latent", of: "stream.chunk\(index)", in: golden, fixture)
            }
            if golden.contains("stream.chunk\(index).audio") {
                try expect(chunk.audio, matches: "audio", of: "stream.chunk\(index)", in: golden, fixture)
            }
            (latent, start) = (chunk.latent, end)
        }
    }
}
