import Audio
import Checkpoints
import Foundation
import TestSupport
import Testing
import Torch

@testable import Models

/// Codes to sound with v3 and v4, in chunks one after the other and all at once.
@Suite struct FlowSpeakerTests {
    /// The whole set's goldens, which also have the vocoders.
    struct Fixture: Sendable, CustomStringConvertible {
        let version: ModelVersion
        let set: GoldenSet

        var description: String { version.rawValue }

        static let all = Fixtures.modelGoldens(bundled: "models/flow").filter { $0.name == "shared" }.flatMap { set in
            [ModelVersion.v3, .v4].map { Fixture(version: $0, set: set) }
        }

        struct Arguments: Decodable {
            let refs: [String: String]
            let steps: Int

            private enum CodingKeys: String, CodingKey {
                case refs
                case steps = "sample_steps"
            }
        }

        func speaker() throws -> FlowSpeaker {
            let root = set.url("fixtures/pretrained_models").path
            let vocoder: any Vocoder =
                version == .v3
                ? try BigVGAN(folder: root + "/models--nvidia--bigvgan_v2_24khz_100band_256x")
                : try HiFiGANVocoder(path: root + "/gsv-v4-pretrained/vocoder.pth")
            let checkpoint = try FlowFixture.checkpoint(FlowFixture.basePath(version), of: set)
            return try FlowSpeaker(model: FlowSoVITS(checkpoint: checkpoint), vocoder: vocoder)
        }

        func prompt(_ speaker: FlowSpeaker, recording: String, codes: [Int], phones: [Int]) throws -> FlowSpeaker.Prompt
        {
            let model = speaker.model
            let reference = try ReferenceAudio(
                path: set.url("fixtures/ref_audio/\(recording)").path, role: .auxiliary, rate: model.samplingRate)
            let spectrogram = try Spectrogram(model.configuration)
            return try speaker.prompt(
                codes: codes, phones: phones,
                style: model.styleEmbedding(of: spectrogram.compute(reference.spectrogramInput)),
                mel: MelSpectrogram(model.format).compute(reference.unscaledInput(rate: model.format.melRate)))
        }
    }

    /// Hands out a golden's draws one after the other.
    private final class Draws {
        private let golden: Golden
        private let prefix: String
        private(set) var count = 0
        /// Whether the reference drew no more than this.
        var areUsedUp: Bool { !golden.contains("\(prefix).normal\(count)") }

        init(_ golden: Golden, _ prefix: String) {
            self.golden = golden
            self.prefix = prefix
        }

        func next(_ shape: [Int]) throws -> Tensor {
            let name = "\(prefix).normal\(count)"
            #expect(try golden.shape(name) == shape)
            count += 1
            return try Tensor(golden.halves(name), shape: shape)
        }
    }

    private func samples(_ golden: Golden, _ name: String) throws -> [Float] {
        try golden.int16s(name).map { Float($0) / 32767 }
    }

    /// Rounding to int16, and the goldens' tolerance for float32.
    private func tolerance(_ golden: Golden, _ name: String) -> Float {
        0.5 / 32767 + golden.tolerance(name, otherwise: 5e-5)
    }

    @Test(arguments: Fixture.all) func continuesChunkByChunk(_ fixture: Fixture) throws {
        let golden = try fixture.set.stage("stitch_\(fixture.version.rawValue)")
        let arguments = try fixture.set.manifest("stitch_\(fixture.version.rawValue)", as: Fixture.Arguments.self)
        let speaker = try fixture.speaker()
        let prompt = try fixture.prompt(
            speaker, recording: #require(arguments.refs["single_long"]), codes: golden.ids("single_long.prompt_codes"),
            phones: golden.ids("single_long.prompt_phones"))
        let draws = Draws(golden, "single_long")
        let audio = try speaker.speak(
            .init(codes: golden.ids("single_long.codes0"), phones: golden.ids("single_long.phones0")), prompt: prompt,
            options: .init(sampleSteps: arguments.steps), noise: draws.next, onStep: {})
        #expect(draws.areUsedUp)
        let difference = largestDifference(audio, try samples(golden, "single_long.audio"))
        #expect(difference <= tolerance(golden, "single_long.audio"), "\(difference)")
    }

    @Test(arguments: Fixture.all) func joinsWhatIsSpokenTogether(_ fixture: Fixture) throws {
        let golden = try fixture.set.stage("stitch_\(fixture.version.rawValue)")
        let arguments = try fixture.set.manifest("stitch_\(fixture.version.rawValue)", as: Fixture.Arguments.self)
        let speaker = try fixture.speaker()
        let prompt = try fixture.prompt(
            speaker, recording: #require(arguments.refs["batched"]), codes: golden.ids("batched.prompt_codes"),
            phones: golden.ids("batched.prompt_phones"))
        let count = (0...).prefix { golden.contains("batched.codes\($0)") }.count
        var items = try (0..<count).map {
            FlowSpeaker.Item(codes: try golden.ids("batched.codes\($0)"), phones: try golden.ids("batched.phones\($0)"))
        }
        // An item without tokens takes no part.
        items.insert(.init(codes: [], phones: [1]), at: 1)
        let draws = Draws(golden, "batched")
        var audio = try speaker.speakTogether(
            items, prompt: prompt, options: .init(sampleSteps: arguments.steps), noise: draws.next, onStep: {})
        #expect(draws.areUsedUp)
        #expect(audio.remove(at: 1).isEmpty)
        for (index, part) in audio.enumerated() {
            let difference = largestDifference(part, try samples(golden, "batched.audio\(index)"))
            #expect(difference <= tolerance(golden, "batched.audio\(index)"), "\(index): \(difference)")
        }
    }
}
