import FakeSupport
import Foundation
import Logging
import Messaging
import ServiceLifecycle
import Testing
import Wire

@testable import Worker

/// Workers with real sockets against a minimal router.
@Suite("Worker service", .timeLimit(.minutes(1)))
struct WorkerServiceTests {
    /// A worker that runs until the test ends it.
    final class Running: Sendable {
        let name: PeerID
        let synthesizer: FakeSynthesizer
        let task: Task<Void, any Error>

        init(
            _ name: String, _ endpoint: Endpoint, synthesizer: FakeSynthesizer = FakeSynthesizer(), slots: Int = 2,
            change: (inout WorkerConfiguration) -> Void = { _ in }
        ) {
            var configuration = WorkerConfiguration(
                workerID: name, routers: [endpoint], slots: slots, software: "test")
            configuration.helloInterval = .milliseconds(100)
            change(&configuration)
            let service = WorkerService(
                configuration: configuration, synthesizer: synthesizer,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            self.name = PeerID(name)
            self.synthesizer = synthesizer
            task = Task { try await service.run() }
        }

        func stop() async throws {
            task.cancel()
            try await task.value
        }
    }

    private static func endpoint() throws -> Endpoint {
        try Endpoint("ipc:///tmp/chorus-\(UInt32.random(in: 0...UInt32.max)).sock")
    }

    private static func speech(_ text: String = "hello", seed: Int64 = 5) -> WorkerTask {
        .speech(SpeechRequest(text: text, textLang: "en", refAudioPath: "r.wav", promptLang: "en", seed: seed))
    }

    @Test("two workers serve fifty requests, each whole and in order, with little credit")
    func twoWorkers() async throws {
        let endpoint = try Self.endpoint()
        let router = try FakeRouter(endpoint)
        let workers = ["a", "b"].map { Running($0, endpoint, slots: 25) }
        let pieces = [10, 70_000, 0, 200_000, 3]
        var plan = FakePlan(pieces: pieces)
        plan.audioSeconds = 1.5
        for worker in workers {
            worker.synthesizer.controls.update { [plan] in $0.plan = { _ in plan } }
            let seen = try #require(try await router.ready(worker.name))
            #expect(seen.ready.first?.rate == 10 && seen.hello.slots == 25)
        }
        for id in UInt64(1)...50 {
            router.submit(Self.speech(seed: Int64(id)), id: id, to: workers[Int(id % 2)].name, credit: 100_000)
        }
        for id in UInt64(1)...50 {
            let stream = try #require(try await router.result(id))
            #expect(stream.failure == nil && stream.isAccepted && !stream.hasGap)
            #expect(stream.bytes == plan.result(seed: Int64(id), epoch: 0))
            #expect(stream.end == StreamEnd(audioSeconds: 1.5, chunks: stream.chunks, bytes: 270_013))
            #expect(
                stream.head == StreamHead(contentType: "audio/wav", sampleRate: 32_000, contentLength: 270_013))
            #expect(stream.longestChunk <= 65_536)
        }
        for worker in workers { try await worker.stop() }
        await router.close()
    }

    @Test("a stream without credit stands still alone, and takes no more from the synthesizer")
    func starvation() async throws {
        let endpoint = try Self.endpoint()
        let router = try FakeRouter(endpoint, grantsCredit: false)
        let worker = Running("w", endpoint)
        let plan = FakePlan(pieces: [Int](repeating: 1000, count: 50))
        worker.synthesizer.controls.update { $0.plan = { _ in plan } }
        try await router.ready(worker.name)
        router.submit(Self.speech(), id: 1, to: worker.name, credit: 2500)
        router.submit(Self.speech(), id: 2, to: worker.name, credit: 50_000)
        #expect(try await router.result(2)?.bytes.count == 50_000)
        let starved = try await router.state.wait { $0.streams[1]?.bytes.count == 2500 }.streams[1]
        #expect(starved?.isOver == false)
        #expect(worker.synthesizer.record.value.bytesTaken == 52_000)
        // Heartbeats go on beside it.
        let before = router.state.value.workers[worker.name]?.heartbeats ?? 0
        try await router.state.wait { ($0.workers[worker.name]?.heartbeats ?? 0) > before + 3 }
        router.send(.credit(Credit(bytes: 47_500)), to: worker.name, id: 1)
        let stream = try await router.result(1)
        #expect(stream?.bytes == plan.result(seed: 5, epoch: 0))
        #expect(stream?.end != nil)
        try await worker.stop()
        await router.close()
    }

    @Test("cancel reaches a task that works, one that waits for credit, and frees the slot")
    func cancel() async throws {
        let endpoint = try Self.endpoint()
        let router = try FakeRouter(endpoint, grantsCredit: false)
        let worker = Running("w", endpoint)
        var waiting = FakePlan()
        waiting.waitsForRelease = true
        worker.synthesizer.controls.update { [waiting] in
            $0.plan = { $0.text == "waits" ? waiting : FakePlan(pieces: [1000]) }
        }
        try await router.ready(worker.name)
        router.submit(Self.speech("waits"), id: 1, to: worker.name)
        router.submit(Self.speech("starves"), id: 2, to: worker.name, credit: 10)
        try await router.state.wait { $0.streams[1]?.isAccepted == true && $0.streams[2]?.bytes.count == 10 }
        router.submit(Self.speech(), id: 3, to: worker.name)
        #expect(try await router.result(3)?.busy == Busy(slotsFree: 0))
        for id in UInt64(1)...2 {
            router.send(.cancel(Cancel(reason: "client gone")), to: worker.name, id: id)
            #expect(try await router.result(id)?.isCancelled == true)
        }
        #expect(Set(worker.synthesizer.record.value.cancelled) == [1, 2])
        router.submit(Self.speech(), id: 4, to: worker.name)
        #expect(try await router.result(4)?.end != nil)
        try await worker.stop()
        await router.close()
    }

    @Test("a deadline is told though the synthesizer does not listen, whose slot stays taken")
    func deadline() async throws {
        let endpoint = try Self.endpoint()
        let router = try FakeRouter(endpoint)
        let worker = Running("w", endpoint, slots: 1)
        var deaf = FakePlan()
        deaf.waitsForRelease = true
        deaf.ignoresCancellation = true
        worker.synthesizer.controls.update { [deaf] in $0.plan = { _ in deaf } }
        try await router.ready(worker.name)
        router.submit(Self.speech(), id: 1, to: worker.name, deadline: .milliseconds(30))
        #expect(try await router.result(1)?.failure?.code == .deadline)
        router.submit(Self.speech(), id: 2, to: worker.name)
        #expect(try await router.result(2)?.busy != nil)
        worker.synthesizer.release()
        try await worker.synthesizer.record.wait { $0.active == 0 }
        try await router.state.wait { $0.workers[worker.name]?.heartbeat?.slotsFree == 1 }
        try await worker.stop()
        await router.close()
    }

    @Test("failures are told, before and in the middle of a stream; references are kept or refused")
    func failures() async throws {
        let endpoint = try Self.endpoint()
        let router = try FakeRouter(endpoint)
        let worker = Running("w", endpoint)
        let error = SynthesisFailure(code: .outOfMemory, message: "no memory", retriable: true)
        worker.synthesizer.controls.update { controls in
            controls.plan = { request in
                var plan = FakePlan(pieces: [100, 100])
                plan.failure = (after: request.text == "early" ? 0 : 1, error: error)
                if request.text == "short" {
                    plan.failure = nil
                    plan.lengthError = 1
                }
                return plan
            }
        }
        try await router.ready(worker.name)
        for (id, text) in [(UInt64(1), "early"), (2, "late")] {
            router.submit(Self.speech(text), id: id, to: worker.name)
            let stream = try await router.result(id)
            #expect(stream?.failure == Failure(code: .outOfMemory, message: "no memory", retriable: true))
            #expect(stream?.bytes.count == (text == "early" ? 0 : 100))
        }
        router.submit(Self.speech("short"), id: 3, to: worker.name)
        #expect(try await router.result(3)?.failure?.code == .internal)
        router.submit(.reference(path: "ref.wav"), id: 4, to: worker.name)
        #expect(try await router.result(4)?.end == StreamEnd(audioSeconds: 0, chunks: 0, bytes: 0))
        #expect(worker.synthesizer.record.value.references == ["ref.wav"])
        worker.synthesizer.controls.update {
            $0.referenceFailure = SynthesisFailure(code: .notFound, message: "no such file")
        }
        router.submit(.reference(path: "none.wav"), id: 5, to: worker.name)
        #expect(try await router.result(5)?.failure?.code == .notFound)
        try await worker.stop()
        await router.close()
    }

    @Test("a switch is prepared beside running streams, which finish on the set that they began with")
    func switching() async throws {
        let endpoint = try Self.endpoint()
        let router = try FakeRouter(endpoint)
        let worker = Running("w", endpoint)
        var plan = FakePlan(pieces: [1000, 1000])
        plan.pattern = .epoch
        plan.waitsForRelease = true
        worker.synthesizer.controls.update { [plan] in $0.plan = { _ in plan } }
        try await router.ready(worker.name)
        router.submit(Self.speech(), id: 1, to: worker.name)
        try await worker.synthesizer.record.wait { $0.active == 1 }
        router.send(.prepare(Prepare(epoch: 1, sovitsPath: "new.pth")), to: worker.name)
        let prepared = try await router.state.wait { $0.workers[worker.name]?.prepared.count == 1 }
        #expect(prepared.workers[worker.name]?.prepared.first?.modelSet?.sovitsPath == "new.pth")
        router.send(.commit(EpochMessage(epoch: 1)), to: worker.name)
        #expect(try await router.ready(worker.name, times: 2)?.ready.last?.epoch == 1)
        router.submit(Self.speech(), id: 2, to: worker.name)
        try await worker.synthesizer.record.wait { $0.active == 2 }
        worker.synthesizer.release()
        #expect(try await router.result(1)?.bytes == [UInt8](repeating: 0, count: 2000))
        #expect(try await router.result(2)?.bytes == [UInt8](repeating: 1, count: 2000))

        worker.synthesizer.controls.update {
            $0.prepareFailure = SynthesisFailure(code: .badCheckpoint, message: "truncated")
        }
        router.send(.prepare(Prepare(epoch: 2, gptPath: "broken.ckpt")), to: worker.name)
        let refused = try await router.state.wait { $0.workers[worker.name]?.prepared.count == 2 }
        #expect(
            refused.workers[worker.name]?.prepared.last == Prepared(epoch: 2, ok: false, error: "truncated"))
        router.submit(Self.speech(), id: 3, to: worker.name)
        #expect(try await router.result(3)?.bytes == [UInt8](repeating: 1, count: 2000))
        try await worker.stop()
        await router.close()
    }

    @Test("a late joiner is caught up before it is ready; one whose commit fails ends")
    func lateJoiner() async throws {
        let endpoint = try Self.endpoint()
        let router = try FakeRouter(endpoint, committed: CommittedSet(epoch: 4, gptPath: "new.ckpt"))
        let worker = Running("w", endpoint)
        let ready = try #require(try await router.ready(worker.name)?.ready.first)
        #expect(ready.epoch == 4 && ready.modelSet.gptPath == "new.ckpt")
        #expect(worker.synthesizer.record.value.committed == [4])
        try await worker.stop()
        let failing = FakeSynthesizer()
        failing.controls.update { $0.commitFailure = SynthesisFailure(code: .internal, message: "lost") }
        let other = Running("x", endpoint, synthesizer: failing)
        await #expect { try await other.task.value } throws: { ($0 as? WorkerError)?.code == .commitFailed }
        await router.close()
    }

    @Test("a worker outlives its router and greets the next, whose session begins empty")
    func routerRestart() async throws {
        let endpoint = try Self.endpoint()
        let first = try FakeRouter(endpoint)
        let worker = Running("w", endpoint)
        var waiting = FakePlan()
        waiting.waitsForRelease = true
        worker.synthesizer.controls.update { [waiting] in
            $0.plan = { $0.text == "waits" ? waiting : FakePlan() }
        }
        let incarnation = try await first.ready(worker.name)?.incarnation
        first.submit(Self.speech("waits"), id: 1, to: worker.name)
        try await worker.synthesizer.record.wait { $0.active == 1 }
        await first.close()
        try await worker.synthesizer.record.wait { $0.cancelled == [1] }
        let second = try FakeRouter(endpoint)
        #expect(try await second.ready(worker.name)?.incarnation == incarnation)
        second.submit(Self.speech(), id: 1, to: worker.name)
        #expect(try await second.result(1)?.end != nil)
        try await worker.stop()
        await second.close()
    }

    @Test("a router that asks for HELLO gets it; frames for another incarnation are dropped")
    func staleIncarnation() async throws {
        let endpoint = try Self.endpoint()
        let router = try FakeRouter(endpoint)
        let worker = Running("w", endpoint)
        let incarnation = try #require(try await router.ready(worker.name)?.incarnation)
        // Were they taken, the worker would drain and the request after them would be refused.
        router.socket.send(.drain, to: worker.name, incarnation: incarnation &+ 1)
        router.submit(Self.speech(), id: 1, to: worker.name)
        #expect(try await router.result(1)?.end != nil)
        let hellos = router.state.update { state in
            state.workers[worker.name]?.incarnation = 1
            return state.workers[worker.name]?.hellos ?? 0
        }
        let again = try await router.state.wait { ($0.workers[worker.name]?.hellos ?? 0) > hellos }
        #expect(again.stale > 0)
        #expect(try await router.ready(worker.name)?.incarnation == incarnation)
        try await worker.stop()
        await router.close()
    }

    @Test("heartbeats tell of the device, and of its standing still")
    func heartbeats() async throws {
        let endpoint = try Self.endpoint()
        let router = try FakeRouter(endpoint)
        let worker = Running("w", endpoint)
        try await router.ready(worker.name)
        let moving = try await router.state.wait { ($0.workers[worker.name]?.heartbeats ?? 0) >= 2 }
        let first = try #require(moving.workers[worker.name]?.heartbeat)
        #expect(first.residentBytes > 1 << 20 && first.slotsFree == 2 && !first.draining)
        worker.synthesizer.controls.update { $0.hangs = true }
        let stuck = try await router.state.wait {
            $0.workers[worker.name]?.heartbeat?.lastStepAgeMilliseconds == 60_000
        }
        let step = stuck.workers[worker.name]?.heartbeat?.progress
        let later = try await router.state.wait {
            ($0.workers[worker.name]?.heartbeats ?? 0) > (stuck.workers[worker.name]?.heartbeats ?? 0) + 2
        }
        #expect(later.workers[worker.name]?.heartbeat?.progress == step)
        try await worker.stop()
        await router.close()
    }

    @Test("graceful shutdown finishes what runs, refuses what comes, and returns")
    func gracefulShutdown() async throws {
        let endpoint = try Self.endpoint()
        let router = try FakeRouter(endpoint)
        let synthesizer = FakeSynthesizer()
        var plan = FakePlan(pieces: [100_000])
        plan.waitsForRelease = true
        synthesizer.controls.update { [plan] in $0.plan = { _ in plan } }
        var configuration = WorkerConfiguration(workerID: "w", routers: [endpoint], slots: 2, software: "test")
        configuration.helloInterval = .milliseconds(100)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let group = ServiceGroup(
            services: [WorkerService(configuration: configuration, synthesizer: synthesizer, logger: logger)],
            logger: logger)
        let running = Task { try await group.run() }
        let name = PeerID("w")
        try await router.ready(name)
        router.submit(Self.speech(), id: 1, to: name)
        try await synthesizer.record.wait { $0.active == 1 }
        await group.triggerGracefulShutdown()
        try await router.state.wait { $0.workers[name]?.heartbeat?.draining == true }
        router.submit(Self.speech(), id: 2, to: name)
        #expect(try await router.result(2)?.busy == Busy(slotsFree: 0))
        synthesizer.release()
        #expect(try await router.result(1)?.end != nil)
        // The service ended by itself because it was drained; how the group words that is not of interest here.
        _ = await running.result
        await router.close()
    }

    @Test("the end of standard input ends the worker, though a task hangs")
    func standardInput() async throws {
        let endpoint = try Self.endpoint()
        let router = try FakeRouter(endpoint)
        let pipe = Pipe()
        let worker = Running("w", endpoint) { configuration in
            configuration.exitOnStandardInputClose = true
            configuration.standardInput = pipe.fileHandleForReading.fileDescriptor
        }
        var deaf = FakePlan()
        deaf.waitsForRelease = true
        deaf.ignoresCancellation = true
        worker.synthesizer.controls.update { [deaf] in $0.plan = { _ in deaf } }
        try await router.ready(worker.name)
        router.submit(Self.speech(), id: 1, to: worker.name)
        try await worker.synthesizer.record.wait { $0.active == 1 }
        try pipe.fileHandleForWriting.write(contentsOf: Data("ignored".utf8))
        try pipe.fileHandleForWriting.close()
        try await worker.task.value
        // Released earlier, the pipe would close the end that the worker watches.
        withExtendedLifetime(pipe) {}
        worker.synthesizer.release()
        await router.close()
    }

    @Test("a failing self-test ends the worker with the reason; until it is over, nothing is taken")
    func warmUp() async throws {
        let endpoint = try Self.endpoint()
        let router = try FakeRouter(endpoint)
        let worker = Running("w", endpoint, synthesizer: FakeSynthesizer(isWarm: false))
        try await router.state.wait { $0.workers[worker.name] != nil }
        router.submit(Self.speech(), id: 1, to: worker.name)
        #expect(try await router.result(1)?.busy == Busy(slotsFree: 0))
        worker.synthesizer.controls.update {
            $0.warmUpFailure = SynthesisFailure(code: .internal, message: "the audio is silent")
        }
        worker.synthesizer.finishWarmUp()
        await #expect {
            try await worker.task.value
        } throws: { error in
            let error = error as? WorkerError
            return error?.code == .warmUpFailed && error?.description.contains("silent") == true
        }
        await router.close()
    }

    @Test("what cannot work is refused at the start")
    func badConfiguration() async throws {
        let endpoint = try Self.endpoint()
        let changes: [@Sendable (inout WorkerConfiguration) -> Void] = [
            { $0.routers = [] }, { $0.slots = 0 }, { $0.slots = 2000 }, { $0.chunkBytes = 0 },
            { $0.chunkBytes = 1 << 30 }, { $0.routers += $0.routers }, { $0.heartbeatInterval = .zero },
        ]
        for change in changes {
            await #expect { try await Running("w", endpoint, change: change).task.value } throws: {
                ($0 as? WorkerError)?.code == .badConfiguration
            }
        }
    }
}
