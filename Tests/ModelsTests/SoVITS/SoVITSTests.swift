import Audio
import Checkpoints
import Foundation
import TestSupport
import Testing
import Torch

@testable import Models

/// Parity with the Python reference, stage by stage and as a whole.
@Suite struct SoVITSTests {
    /// Each case of the goldens begins with a seed of its own, counted from the manifest's.
    private enum Case: Equatable {
        case one
        case references
        case speed(Int)
        case stream

        var offset: UInt64 {
            switch self {
            case .one: 0
            case .references: 1
            case .speed(let index): 2 + UInt64(index)
            case .stream: 9
            }
        }
    }

    private struct Arguments: Decodable {
        let seed: UInt64
        let refs: [String]
        let speeds: [Double]
        let cuts: [Int]
        let overlap: Int
        let noiseScale: Double

        enum CodingKeys: String, CodingKey {
            case seed, refs, speeds, cuts
            case overlap = "overlap_codes"
            case noiseScale = "noise_scale"
        }
    }

    private func arguments(_ fixture: SoVITSFixture) throws -> Arguments {
        try fixture.set.manifest("s2_\(fixture.version.rawValue)", as: Arguments.self)
    }

    private func generator(_ fixture: SoVITSFixture, _ number: Case) throws -> Generator {
        try Generator(seed: arguments(fixture).seed + number.offset)
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
        let golden = try fixture.golden
        let speakerWidth = golden.contains("in.sv0") ? try golden.shape("in.sv0").last : nil
        #expect(model.speakerWidth == speakerWidth)
        #expect(fixture.version.usesSpeakerEmbedding == (speakerWidth != nil))
        let features = try fixture.set.stage("semantic").shape("\(fixture.version.rawValue).ssl")
        #expect(model.tokenCount == 1024 && model.featureWidth == features[1])
    }

    @Test(arguments: SoVITSFixture.all) func findsSemanticTokens(_ fixture: SoVITSFixture) throws {
        let model = try fixture.model
        let golden = try fixture.set.stage("semantic")
        let version = fixture.version.rawValue
        let hidden = try fixture.stage("hubert", bundled: "models/hubert").tensor("last_hidden_state")
        let features = try hidden.transpose(1, 2)
        let projected = try model.quantizer.project(features).unsqueeze(0).transpose(1, 2)
        #expect(projected.shape == (try golden.shape("\(version).ssl")))
        let difference = largestDifference(try projected.floats(), try golden.floats("\(version).ssl"))
        #expect(difference <= golden.tolerance("\(version).ssl", otherwise: 5e-5), "\(difference)")
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
        let references = try arguments(fixture).refs
        for (index, name) in references.enumerated() {
            guard let url = fixture.recording(name) else { continue }
            let samples = try ReferenceAudio(path: url.path, role: .auxiliary).spectrogramInput
            let magnitudes = try spectrogram.compute(samples)
            let encoded = try model.encoders.referenceEncoder(magnitudes)
            let field = index == 0 ? "ge_ref" : "ge_ref.\(index)"
            try expect(encoded, matches: field, of: "refs3", in: golden, fixture)
            let speaker = try model.speakerWidth.map { _ in try golden.tensor("in.sv\(index)") }
            let style = try model.styleEmbedding(of: magnitudes, speaker: speaker).floats()
            let wanted = try fixture.style(model, of: "refs3.\(field)", reference: index).floats()
            let difference = largestDifference(style, wanted)
            let tolerance = max(1e-5, golden.tolerance("refs3.\(field)", otherwise: 0))
            #expect(difference <= tolerance, "\(name): \(difference)")
            compared += 1
        }
        #expect(compared == (fixture.set.name == "bundled" ? 1 : references.count))
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
        let folder = fixture.set.url("fixtures/user/SoVITS_weights_v2Pro")
        let name = try #require(FileManager.default.contentsOfDirectory(atPath: folder.path).first)
        let path = folder.appendingPathComponent(name).path
        let model = try SoVITS(checkpoint: SoVITSCheckpoint(.open(path: path)))
        #expect(model.version == .v2Pro)
        let style = try model.styleEmbedding(
            of: Generator(seed: 1).normal([1, 1025, 50]).abs(),
            speaker: Generator(seed: 2).normal([1, #require(model.speakerWidth)]))
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
        let latent = try model.sample(
            prior, generator: generator(fixture, .one), noiseScale: arguments(fixture).noiseScale)
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
        let styles = try arguments(fixture).refs.indices.map {
            try fixture.style(model, of: $0 == 0 ? "refs3.ge_ref" : "refs3.ge_ref.\($0)", reference: $0)
        }
        let generator = try generator(fixture, .references)
        let audio = try model.decode(
            codes: golden.ids("in.codes2"), phones: golden.ids("in.phones2"), styles: styles, generator: generator)
        try expect(audio, matches: "audio", of: "refs3", in: golden, fixture)
    }

    @Test(arguments: SoVITSFixture.all) func speaksAtOtherSpeeds(_ fixture: SoVITSFixture) throws {
        let speeds = try arguments(fixture).speeds
        let golden = try fixture.golden
        var compared = 0
        for (index, speed) in speeds.enumerated() where golden.contains("speed\(speed).audio") {
            try speaks(fixture, at: speed, case: .speed(index))
            compared += 1
        }
        #expect(fixture.set.name == "bundled" ? compared > 0 : compared == speeds.count)
    }

    private func speaks(_ fixture: SoVITSFixture, at speed: Double, case number: Case) throws {
        let model = try fixture.model
        let golden = try fixture.golden
        let name = "speed\(speed)"
        let (codes, phones) = (try golden.ids("in.codes2"), try golden.ids("in.phones2"))
        let style = try fixture.style(model, of: "\(name).ge_ref")
        let joint = try model.jointFrames(codes: codes, phones: phones, style: style)
        try expect(joint, matches: "enc_p.y_latent", of: name, in: golden, fixture)
        let prior = try model.textEncoder.prior(joint, length: golden.shape("\(name).enc_p.m_p")[2])
        try expect(prior.mean, matches: "enc_p.m_p", of: name, in: golden, fixture)
        try expect(prior.logDeviation, matches: "enc_p.logs_p", of: name, in: golden, fixture)
        let audio = try model.decode(
            codes: codes, phones: phones, styles: [style], speed: speed,
            generator: generator(fixture, number))
        try expect(audio, matches: "audio", of: name, in: golden, fixture)
    }

    @Test(arguments: SoVITSFixture.all) func speaksInChunks(_ fixture: SoVITSFixture) throws {
        let model = try fixture.model
        let golden = try fixture.golden
        let style = try fixture.style(model, of: "one.ge_ref")
        let (codes, phones) = (try golden.ids("in.codes"), try golden.ids("in.phones"))
        let (cuts, overlap) = (try arguments(fixture).cuts, try arguments(fixture).overlap)
        let generator = try generator(fixture, .stream)
        var latent: Tensor?
        var start = 0
        for (index, end) in cuts.enumerated() {
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
