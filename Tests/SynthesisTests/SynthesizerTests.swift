import Audio
import Foundation
import Synthesis
import TestSupport
import Testing
import Text
import Torch
import Wire

/// The whole synthesizer with the demo voice: text in, PCM out. Needs what `cluster/setup` makes.
@Suite(.serialized) struct SynthesizerTests {
    static let voice = Fixtures.repository.appendingPathComponent("cluster/demo-voice").path

    static let configuration = SynthesisConfiguration(
        gptPath: voice + "/gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt",
        sovitsPath: voice + "/gsv-v2final-pretrained/s2G2333k.pth", hubertFolder: voice + "/chinese-hubert-base",
        robertaFolder: voice + "/chinese-roberta-wwm-ext-large", pretrained: PretrainedModels { voice + "/" + $0 },
        textResources: TextResources(
            directory: (ProcessInfo.processInfo.environment["CHORUS_HOME"]
                ?? Fixtures.repository.appendingPathComponent(".chorus").path) + "/text"),
        threadCount: 1)

    private func request(_ text: String, seed: Int64 = 7) -> SpeechRequest {
        SpeechRequest(
            text: text, textLang: "en", refAudioPath: Self.voice + "/reference.wav", promptLang: "en", seed: seed)
    }

    @Test func aSentenceIsSpoken() async throws {
        let synthesizer = try await Synthesizer(Self.configuration)
        #expect(await synthesizer.modelSet.version == .v2)
        let audio = try await synthesizer.speak(request("Hello there, this is a test."))
        #expect(audio.sampleRate == 32000)
        #expect((1.0...6.0).contains(audio.duration))
        #expect(audio.samples.contains { abs(Int($0)) > 1000 })
        #expect(try await synthesizer.warmUp() > 0)
    }

    @Test func theSeedAloneDecidesWhoeverElseIsSpeaking() async throws {
        let synthesizer = try await Synthesizer(Self.configuration)
        let alone = try await synthesizer.speak(request("One two three four.")).samples
        let other = try await synthesizer.speak(request("One two three four.", seed: 8)).samples
        #expect(alone != other)
        let together = try await withThrowingTaskGroup(of: [Int16].self) { group in
            for seed in [7, 8, 7, 8] as [Int64] {
                group.addTask { try await synthesizer.speak(request("One two three four.", seed: seed)).samples }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(together.count(where: { $0 == alone }) == 2)
        #expect(together.count(where: { $0 == other }) == 2)
    }

    @Test func whatCannotBeSpokenSaysWhy() async throws {
        let synthesizer = try await Synthesizer(Self.configuration)
        let short = FileManager.default.temporaryDirectory.appendingPathComponent("chorus-\(UUID()).wav")
        let second = try AudioEncoder.encode([Int16](repeating: 100, count: 16000), sampleRate: 16000, format: .wav)
        try Data(second).write(to: short)
        defer { try? FileManager.default.removeItem(at: short) }
        func code(_ change: (inout SpeechRequest) -> Void) async -> SynthesisError.Code? {
            var request = request("Hello.")
            change(&request)
            do {
                _ = try await synthesizer.speak(request)
                return nil
            } catch {
                return (error as? SynthesisError)?.code
            }
        }
        #expect(await code { $0.text = "A word[W AA1 QQ]." } == .badRequest)
        #expect(await code { $0.textLang = "xx" } == .badRequest)
        #expect(await code { $0.refAudioPath = "/nowhere.wav" } == .notFound)
        #expect(await code { $0.refAudioPath = Self.voice + "/reference.txt" } == .badRequest)
        #expect(await code { $0.refAudioPath = short.path } == .badRequest)
        #expect(await code { $0.speedFactor = 0 } == .badRequest)
        #expect(await code { $0.temperature = .nan } == .badRequest)
        #expect(await code { $0.batchSize = 0 } == .badRequest)
        #expect(await code { $0.textSplitMethod = "cut9" } == .badRequest)
        #expect(await code { _ in } == nil)
    }

    @Test func textWithNothingToSpeakIsASecondOfSilence() async throws {
        let synthesizer = try await Synthesizer(Self.configuration)
        let audio = try await synthesizer.speak(request("...!?"))
        #expect(audio.sampleRate == 16000)
        #expect(audio.samples == [Int16](repeating: 0, count: 16000))
    }

    @Test func aBrokenCheckpointLeavesTheOldSetSpeaking() async throws {
        let synthesizer = try await Synthesizer(Self.configuration)
        let before = try await synthesizer.speak(request("Still here.")).samples
        await #expect(throws: SynthesisError.self) {
            try await synthesizer.prepare(
                gptPath: nil, sovitsPath: Self.voice + "/reference.wav", epoch: 1)
        }
        await #expect(throws: SynthesisError.self) { try await synthesizer.commit(epoch: 1) }
        #expect(try await synthesizer.speak(request("Still here.")).samples == before)
    }

    @Test func aCommittedSetSpeaksAndAnAbortedOneDoesNot() async throws {
        let synthesizer = try await Synthesizer(Self.configuration)
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent("chorus-\(UUID()).pth").path
        try FileManager.default.copyItem(atPath: Self.configuration.sovitsPath, toPath: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let before = try await synthesizer.speak(request("The same voice.")).samples
        _ = try await synthesizer.prepare(gptPath: nil, sovitsPath: copy, epoch: 1)
        await synthesizer.abort(epoch: 1)
        #expect(await synthesizer.modelSet.sovitsPath == Self.configuration.sovitsPath)
        _ = try await synthesizer.prepare(gptPath: nil, sovitsPath: copy, epoch: 2)
        #expect(await synthesizer.modelSet.sovitsPath == Self.configuration.sovitsPath)
        #expect(try await synthesizer.commit(epoch: 2).sovitsPath == copy)
        #expect(try await synthesizer.speak(request("The same voice.")).samples == before)
    }
}
