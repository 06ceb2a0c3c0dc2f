import Messaging
import Testing
import Wire

@testable import Worker

@Suite("Worker state machine: sessions")
struct WorkerSessionTests {
    private typealias H = MachineHarness

    @Test("HELLO on connection, again while unanswered, READY once welcomed and warm")
    func handshake() {
        let harness = H()
        let first = H.messages(harness.handle(.connected(router: 0, connection: 1)))
        guard case .hello(let hello)? = first.first, first.count == 1 else {
            Issue.record("no HELLO: \(first)")
            return
        }
        #expect(hello.workerID == "w" && hello.slots == 2 && hello.epoch == 0 && hello.modelSet == H.base)
        #expect(harness.handle(.tick, after: .milliseconds(999)).isEmpty)
        #expect(H.messages(harness.handle(.tick, after: .milliseconds(1))) == [.hello(hello)])
        #expect(harness.receive(.welcome(H.welcome())).isEmpty)
        #expect(harness.machine.heartbeatInterval == .milliseconds(250))
        #expect(harness.handle(.tick, after: .seconds(60)).isEmpty)
        #expect(
            H.messages(harness.handle(.warmedUp(rate: 3))) == [.ready(Ready(epoch: 0, rate: 3, modelSet: H.base))])
    }

    @Test("frames of or for another incarnation change nothing")
    func staleIncarnation() {
        let harness = H()
        _ = harness.handle(.warmedUp(rate: 3))
        _ = harness.handle(.connected(router: 0, connection: 1))
        #expect(harness.receive(.welcome(H.welcome()), incarnation: 41).isEmpty)
        #expect(!harness.machine.isWelcomed(0))
        #expect(!harness.receive(.welcome(H.welcome())).isEmpty)
        #expect(harness.receive(H.speech(), request: 1, incarnation: 41).isEmpty)
        #expect(harness.machine.tasks.isEmpty)
        #expect(harness.receive(.drain, incarnation: 41).isEmpty)
        #expect(!harness.machine.isDraining)
    }

    @Test("tasks that come before WELCOME belong to a session that is over")
    func earlySubmit() {
        let harness = H()
        _ = harness.handle(.warmedUp(rate: 3))
        _ = harness.handle(.connected(router: 0, connection: 1))
        #expect(harness.receive(H.speech(), request: 1).isEmpty)
    }

    @Test("a router that restarted asks for HELLO and gets it; what it had is cancelled without a word")
    func helloRequired() throws {
        let harness = H.serving()
        let id = try #require(harness.begin(1))
        let reject = Message.reject(Reject(code: Reject.helloRequired, reason: ""))
        let actions = harness.receive(reject)
        #expect(actions.first == .cancel(id))
        #expect(H.messages(actions).map(\.kind) == [.hello])
        // While the answer is awaited, a second demand is about something older.
        #expect(harness.receive(reject).isEmpty)
        #expect(harness.handle(.finished(id, .failure(H.failure))).isEmpty)
    }

    @Test("a refused worker asks again later")
    func rejected() {
        let harness = H()
        _ = harness.handle(.connected(router: 0, connection: 1))
        #expect(harness.receive(.reject(Reject(code: Reject.duplicateWorker, reason: "twice"))).isEmpty)
        #expect(harness.handle(.tick, after: .milliseconds(4999)).isEmpty)
        #expect(H.messages(harness.handle(.tick, after: .milliseconds(1))).map(\.kind) == [.hello])
    }

    @Test("a lost connection cancels its router's tasks only")
    func disconnected() throws {
        let harness = H.serving(routers: 2)
        let lost = try #require(harness.begin(1, router: 0))
        let kept = try #require(harness.begin(1, router: 1))
        #expect(harness.handle(.disconnected(router: 0)) == [.cancel(lost)])
        #expect(!harness.machine.wantsOutput(lost))
        #expect(harness.machine.wantsOutput(kept))
        // The slot is free only when the synthesizer has stopped.
        #expect(harness.machine.slotsFree == 0)
        #expect(harness.handle(.finished(lost, .failure(H.failure))).isEmpty)
        #expect(harness.machine.slotsFree == 1)
    }

    @Test("a router that restarted may use the id of a task that is still stopping")
    func reusedID() throws {
        let harness = H.serving()
        let old = try #require(harness.begin(1))
        _ = harness.handle(.disconnected(router: 0))
        _ = harness.handle(.connected(router: 0, connection: 2))
        _ = harness.receive(.welcome(H.welcome()))
        let new = try #require(harness.begin(1))
        #expect(old != new)
        #expect(harness.handle(.finished(old, .success(SynthesisSummary(audioSeconds: 1)))).isEmpty)
        #expect(
            H.messages(harness.handle(.finished(new, .success(SynthesisSummary(audioSeconds: 1)))))
                == [.end(StreamEnd(audioSeconds: 1, chunks: 0, bytes: 0))])
    }

    @Test("a router that does not read loses its session, and HELLO is tried again")
    func sendFailed() throws {
        let harness = H.serving()
        let id = try #require(harness.begin(1))
        #expect(harness.handle(.sendFailed(router: 0)) == [.cancel(id)])
        #expect(H.messages(harness.handle(.tick, after: .seconds(1))).map(\.kind) == [.hello])
    }

    @Test("a task that cannot be read is answered; other bad frames are only noted")
    func badFrames() {
        let harness = H.serving()
        let error = WireError(.malformedControl, "no task")
        func event(_ header: FrameHeader?) -> WorkerStateMachine.Event {
            .badFrame(router: 0, BadFrame(peer: PeerID("r"), header: header, error: error))
        }
        let submit = FrameHeader(kind: .submit, incarnation: H.incarnation, requestID: 5)
        let actions = harness.handle(event(submit))
        guard case .send(0, 1, 5, .error(let failure))? = actions.first else {
            Issue.record("no answer: \(actions)")
            return
        }
        #expect(failure.code == .badRequest && !failure.retriable)
        #expect(harness.handle(event(nil)).isEmpty)
        #expect(harness.handle(event(FrameHeader(kind: .credit, incarnation: H.incarnation, requestID: 5))).isEmpty)
        #expect(harness.handle(event(FrameHeader(kind: .submit, incarnation: 41, requestID: 5))).isEmpty)
    }

    @Test("a draining worker refuses, finishes, and exits")
    func drain() throws {
        let harness = H.serving()
        let id = try #require(harness.begin(1))
        #expect(harness.receive(.drain).isEmpty)
        #expect(harness.machine.slotsFree == 0)
        #expect(harness.receive(H.speech(), request: 2) == [harness.sent(.busy(Busy(slotsFree: 0)), request: 2)])
        let actions = harness.handle(.finished(id, .success(SynthesisSummary(audioSeconds: 1))))
        #expect(H.messages(actions).map(\.kind) == [.end])
        #expect(actions.last == .exit(.drained))
    }

    @Test("an idle worker exits at once, a stuck one when its time is over")
    func drainTimes() throws {
        let idle = H.serving()
        #expect(idle.handle(.drain) == [.exit(.drained)])
        let stuck = H.serving()
        let id = try #require(stuck.begin(1, deadline: 86_400_000))
        #expect(stuck.handle(.drain).isEmpty)
        #expect(stuck.handle(.tick, after: .milliseconds(29_999)).isEmpty)
        #expect(stuck.handle(.tick, after: .milliseconds(1)) == [.cancel(id), .exit(.drainTimedOut)])
    }
}
