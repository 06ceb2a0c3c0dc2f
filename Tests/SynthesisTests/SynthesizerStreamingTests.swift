import Foundation
import Synchronization
import Synthesis
import Testing
import Torch
import Wire

/// Streaming and running out of memory with the demo voice: text in, chunks of PCM out.
@Suite(.serialized) struct SynthesizerStreamingTests {
    private func request(_ mode: Int, _ text: String = "One two three. Four five six.") -> SpeechRequest {
        SpeechRequest(
            text: text, textLang: "en", refAudioPath: SynthesizerTests.voice + "/reference.wav", promptLang: "en",
            seed: 7, streamingMode: mode, minChunkLength: 8)
    }

    /// What a consumer saw of one answer.
    private struct Heard: Sendable {
        var head: SpokenHead?
        var chunks: [[Int16]] = []
    }

    private func speak(
        _ request: SpeechRequest, _ synthesizer: Synthesizer, onStep: @escaping @Sendable () throws -> Void = {}
    ) async throws -> Heard {
        let heard = Mutex(Heard())
        let seconds = try await synthesizer.speak(
            request, onStep: onStep, begin: { head in heard.withLock { $0.head = head } },
            deliver: { samples in heard.withLock { $0.chunks.append(samples) } })
        let result = heard.withLock { $0 }
        let rate = Double(result.head?.sampleRate ?? 1)
        #expect(abs(seconds - Double(result.chunks.reduce(0) { $0 + $1.count }) / rate) < 1e-9)
        return result
    }

    @Test func everyModeTellsItselfBeforeItsFirstSample() async throws {
        let synthesizer = try await Synthesizer(SynthesizerTests.configuration)
        let deliveries: [SpeechOptions.Delivery] = [.whole, .fragments, .chunksAtPauses, .chunksOfFixedLength]
        var chunkCounts: [Int] = []
        for (mode, delivery) in deliveries.enumerated() {
            let heard = try await speak(request(mode), synthesizer)
            #expect(heard.head == SpokenHead(sampleRate: 32000, delivery: delivery))
            #expect(heard.chunks.allSatisfy { !$0.isEmpty })
            chunkCounts.append(heard.chunks.count)
        }
        #expect(chunkCounts[0] == 1)
        #expect(chunkCounts[1] == 2)
        // Chunks of each of two pieces, and a pause after each.
        #expect(chunkCounts[2] >= 4)
        #expect(chunkCounts[3] > chunkCounts[2] || chunkCounts[3] >= 6)
    }

    @Test func fragmentsTogetherAreTheWhole() async throws {
        let synthesizer = try await Synthesizer(SynthesizerTests.configuration)
        var whole = request(0)
        whole.splitBucket = false
        let together = try await speak(whole, synthesizer).chunks
        let apart = try await speak(request(1), synthesizer).chunks
        let isSame = Array(apart.joined()) == Array(together.joined())
        #expect(isSame)
    }

    @Test func streamedPiecesAllSpeakWhateverTheBatchSize() async throws {
        let synthesizer = try await Synthesizer(SynthesizerTests.configuration)
        var batched = request(3)
        batched.batchSize = 4
        let isSame =
            try await speak(batched, synthesizer).chunks == speak(request(3), synthesizer).chunks
        #expect(isSame)
    }

    @Test func aSlowListenerDoesNotHoldUpOthers() async throws {
        let synthesizer = try await Synthesizer(SynthesizerTests.configuration)
        let (gate, opener) = AsyncStream<Void>.makeStream()
        let (started, hasStarted) = AsyncStream<Void>.makeStream()
        async let slow: Double = synthesizer.speak(request(3), begin: { _ in }) { _ in
            hasStarted.yield()
            for await _ in gate { break }
        }
        for await _ in started { break }
        let other = try await speak(request(0, "Hello there."), synthesizer)
        #expect(other.chunks.count == 1)
        opener.finish()
        #expect(try await slow > 0)
    }

    @Test func aListenerThatLeavesEndsTheRequest() async throws {
        struct Left: Error {}
        let synthesizer = try await Synthesizer(SynthesizerTests.configuration)
        let count = Mutex(0)
        await #expect(throws: Left.self) {
            _ = try await synthesizer.speak(request(3), begin: { _ in }) { _ in
                count.withLock { $0 += 1 }
                throw Left()
            }
        }
        #expect(count.withLock { $0 } == 1)
        #expect(try await speak(request(0, "Hello there."), synthesizer).chunks.count == 1)
    }

    // MARK: Running out of memory

    /// Fails at chosen steps as a device without memory does.
    private final class Exhaustion: Sendable {
        private let state: Mutex<(step: Int, failures: Set<Int>)>

        init(at steps: Set<Int>) { state = Mutex((0, steps)) }

        func step() throws {
            let fails = state.withLock { state in
                state.step += 1
                return state.failures.contains(state.step)
            }
            if fails { throw TorchError(.outOfMemory, "injected: no memory left") }
        }
    }

    @Test func aRequestForWhichMemoryRunsOutOnceIsSpokenAfterAll() async throws {
        let synthesizer = try await Synthesizer(SynthesizerTests.configuration)
        var alone = request(0)
        alone.splitBucket = false
        alone.batchSize = 1
        let expected = try await speak(alone, synthesizer).chunks
        var batched = alone
        batched.batchSize = 2
        let exhaustion = Exhaustion(at: [20])
        let heard = try await speak(batched, synthesizer, onStep: exhaustion.step)
        // Half of two is one: the numbers are those of pieces one by one.
        let isSame = heard.chunks == expected
        #expect(isSame)
    }

    @Test func memoryThatRunsOutTwiceIsAnErrorAndDisturbsNobodyElse() async throws {
        let synthesizer = try await Synthesizer(SynthesizerTests.configuration)
        let exhaustion = Exhaustion(at: [20, 45])
        await #expect {
            _ = try await speak(request(0), synthesizer, onStep: exhaustion.step)
        } throws: {
            ($0 as? SynthesisError)?.code == .outOfMemory && ($0 as? SynthesisError)?.isRetriable == true
        }
        #expect(try await speak(request(0, "Hello there."), synthesizer).chunks.count == 1)
    }

    @Test func whatWasHeardIsNotSpokenAgain() async throws {
        let synthesizer = try await Synthesizer(SynthesizerTests.configuration)
        let heard = Mutex(0)
        await #expect {
            _ = try await synthesizer.speak(
                request(3),
                onStep: {
                    if heard.withLock({ $0 }) > 0 { throw TorchError(.outOfMemory, "injected: no memory left") }
                }, begin: { _ in }, deliver: { _ in heard.withLock { $0 += 1 } })
        } throws: {
            ($0 as? SynthesisError)?.code == .outOfMemory
        }
        #expect(heard.withLock { $0 } == 1)
    }
}
