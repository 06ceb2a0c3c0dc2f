import Testing
import Wire

@testable import Synthesis

@Suite struct PrecisionDriftTests {
    @Test func tokensThatPartAreCountedUpToThere() {
        let drift = PrecisionDrift([[1, 2], [3, 4]], [[1, 2], [3, 5]], [100, -100], [100, -100])
        #expect(drift.tokenCount == 4)
        #expect(drift.divergence == 3)
        #expect(drift.signalToNoise == .infinity)
        #expect(PrecisionDrift([[1]], [[1, 2]], [], []).divergence == 1)
        #expect(PrecisionDrift([[1]], [[1]], [], []).divergence == nil)
    }

    @Test func differencesAreMeasuredInDecibelsAndSteps() {
        let drift = PrecisionDrift([], [], [1000, -1000], [900, -1000])
        #expect(abs(drift.signalToNoise - 23.01) < 0.01)
        #expect(drift.largestDifference == 100)
        #expect(drift.levelDifference < 0)
    }

    @Test func theDemoVoiceInBfloat16StaysClose() async throws {
        let request = SpeechRequest(
            text: "Hello there.", textLang: "en", refAudioPath: SynthesizerTests.voice + "/reference.wav",
            promptLang: "en", topK: 1, seed: 3)
        let drift = try await PrecisionDrift.measure(request, SynthesizerTests.configuration, precision: .bfloat16)
        #expect(drift.tokenCount > 10)
        #expect(drift.signalToNoise > 5 && drift.signalToNoise < 80)
        #expect(abs(drift.levelDifference) < 1)
        let same = try await PrecisionDrift.measure(request, SynthesizerTests.configuration, precision: .float32)
        #expect(same.divergence == nil && same.signalToNoise == .infinity)
    }
}
