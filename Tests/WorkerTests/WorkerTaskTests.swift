import Testing
import Wire

@testable import Worker

@Suite("Worker state machine: tasks")
struct WorkerTaskTests {
    private typealias H = MachineHarness

    private func chunks(_ actions: [WorkerStateMachine.Action]) -> [Chunk] {
        H.messages(actions).compactMap { if case .chunk(let chunk) = $0 { chunk } else { nil } }
    }

    @Test("a task is accepted, streamed in chunks with the head in the first, and ended with its sums")
    func stream() throws {
        let harness = H.serving(chunkBytes: 100)
        let id = try #require(harness.begin(7))
        let head = SynthesisOutput.head(StreamHead(contentType: "audio/wav", sampleRate: 32_000, contentLength: 250))
        #expect(harness.handle(.output(id, head)).isEmpty)
        let sent = chunks(harness.handle(.output(id, .bytes([UInt8](repeating: 1, count: 250)))))
        #expect(sent.map(\.payload.count) == [100, 100, 50])
        #expect(sent.map(\.sequence) == [0, 1, 2])
        #expect(
            sent.map(\.head) == [
                StreamHead(contentType: "audio/wav", sampleRate: 32_000, contentLength: 250), nil, nil,
            ])
        #expect(
            harness.handle(.finished(id, .success(SynthesisSummary(audioSeconds: 2))))
                == [harness.sent(.end(StreamEnd(audioSeconds: 2, chunks: 3, bytes: 250)), request: 7)])
        #expect(harness.machine.tasks.isEmpty)
    }

    @Test("a stream without credit parks alone")
    func parks() throws {
        let harness = H.serving(chunkBytes: 100)
        let starved = try #require(harness.begin(1, credit: 30))
        let fed = try #require(harness.begin(2, credit: 1000))
        let bytes = SynthesisOutput.bytes([UInt8](repeating: 1, count: 150))
        #expect(chunks(harness.handle(.output(starved, bytes))).map(\.payload.count) == [30])
        #expect(harness.machine.isParked(starved))
        #expect(chunks(harness.handle(.output(fed, bytes))).map(\.payload.count) == [100, 50])
        #expect(!harness.machine.isParked(fed))
        #expect(chunks(harness.receive(.credit(Credit(bytes: 50)), request: 1)).map(\.sequence) == [1])
        let rest = harness.receive(.credit(Credit(bytes: 500)), request: 1)
        #expect(chunks(rest).map(\.payload.count) == [70])
        #expect(rest.last == .resumeDelivery(starved))
    }

    @Test("credit does not overflow, and credit for what is not there is ignored")
    func credit() throws {
        let harness = H.serving()
        let id = try #require(harness.begin(1, credit: Message.maximumCredit))
        #expect(harness.receive(.credit(Credit(bytes: .max)), request: 1).isEmpty)
        #expect(harness.receive(.credit(Credit(bytes: .max)), request: 1).isEmpty)
        #expect(harness.receive(.credit(Credit(bytes: 1)), request: 99).isEmpty)
        #expect(harness.machine.wantsOutput(id))
    }

    @Test("no more tasks than slots, and none before the self-test")
    func slots() throws {
        let cold = H()
        _ = cold.handle(.connected(router: 0, connection: 1))
        _ = cold.receive(.welcome(H.welcome()))
        #expect(cold.receive(H.speech(), request: 1) == [cold.sent(.busy(Busy(slotsFree: 0)), request: 1)])
        let harness = H.serving(slots: 2)
        let first = try #require(harness.begin(1))
        #expect(harness.begin(2) != nil)
        #expect(harness.receive(H.speech(), request: 3) == [harness.sent(.busy(Busy(slotsFree: 0)), request: 3)])
        _ = harness.handle(.finished(first, .failure(H.failure)))
        #expect(harness.begin(3) != nil)
    }

    @Test("a task that is submitted twice runs once")
    func twice() throws {
        let harness = H.serving()
        #expect(harness.begin(1) != nil)
        #expect(harness.receive(H.speech(), request: 1).isEmpty)
        #expect(harness.machine.tasks.count == 1)
    }

    @Test("a cancelled task is confirmed when it has stopped, however it ends")
    func cancel() throws {
        for result in [Result.success(SynthesisSummary(audioSeconds: 1)), .failure(H.failure)] {
            let harness = H.serving()
            let id = try #require(harness.begin(1))
            #expect(harness.receive(.cancel(Cancel(reason: "gone")), request: 1) == [.cancel(id)])
            #expect(harness.receive(.cancel(Cancel(reason: "gone")), request: 1).isEmpty)
            #expect(harness.handle(.output(id, .bytes([1]))).isEmpty)
            #expect(harness.machine.slotsFree == 1)
            #expect(harness.handle(.finished(id, result)) == [harness.sent(.cancelled, request: 1)])
            #expect(harness.machine.slotsFree == 2)
        }
    }

    @Test("a passed deadline is told at once, and nothing after it")
    func deadline() throws {
        let harness = H.serving()
        let id = try #require(harness.begin(1, deadline: 1000))
        #expect(harness.handle(.tick, after: .milliseconds(999)).isEmpty)
        let actions = harness.handle(.tick, after: .milliseconds(1))
        guard case .error(let failure)? = H.messages(actions).first else {
            Issue.record("no failure: \(actions)")
            return
        }
        #expect(failure.code == .deadline)
        #expect(actions.last == .cancel(id))
        #expect(harness.handle(.tick, after: .seconds(1)).isEmpty)
        #expect(harness.handle(.finished(id, .failure(H.failure))).isEmpty)
        let late = H.messages(harness.receive(H.speech(deadline: 0), request: 2))
        guard case .error(let expired)? = late.first else {
            Issue.record("no failure: \(late)")
            return
        }
        #expect(expired.code == .deadline)
    }

    @Test("a failure is told as it is")
    func failure() throws {
        let harness = H.serving()
        let id = try #require(harness.begin(1))
        let failure = SynthesisFailure(code: .outOfMemory, message: "no memory", retriable: true)
        #expect(
            harness.handle(.finished(id, .failure(failure)))
                == [
                    harness.sent(.error(Failure(code: .outOfMemory, message: "no memory", retriable: true)), request: 1)
                ])
    }

    @Test("a result that is shorter or longer than announced is no result", arguments: [9, 11])
    func wrongLength(length: Int) throws {
        let harness = H.serving()
        let id = try #require(harness.begin(1))
        _ = harness.handle(.output(id, .head(StreamHead(contentType: "audio/wav", sampleRate: 1, contentLength: 10))))
        _ = harness.handle(.output(id, .bytes([UInt8](repeating: 0, count: length))))
        let messages = H.messages(harness.handle(.finished(id, .success(SynthesisSummary(audioSeconds: 1)))))
        guard case .error(let failure)? = messages.first else {
            Issue.record("no failure: \(messages)")
            return
        }
        #expect(failure.code == .internal && failure.message.contains("10"))
    }

    @Test("a length that is not a number is no length", arguments: [Double.nan, .infinity, -1])
    func wrongSeconds(seconds: Double) throws {
        let harness = H.serving()
        let id = try #require(harness.begin(1))
        #expect(
            H.messages(harness.handle(.finished(id, .success(SynthesisSummary(audioSeconds: seconds))))).map(\.kind)
                == [.error])
    }

    @Test("an empty result still tells its head")
    func emptyResult() throws {
        let harness = H.serving()
        let id = try #require(harness.begin(1))
        _ = harness.handle(.output(id, .head(StreamHead(contentType: "audio/raw", sampleRate: 8000, contentLength: 0))))
        let messages = H.messages(harness.handle(.finished(id, .success(SynthesisSummary(audioSeconds: 0)))))
        #expect(
            messages == [
                .chunk(
                    Chunk(
                        sequence: 0, head: StreamHead(contentType: "audio/raw", sampleRate: 8000, contentLength: 0),
                        payload: [])),
                .end(StreamEnd(audioSeconds: 0, chunks: 1, bytes: 0)),
            ])
    }
}
