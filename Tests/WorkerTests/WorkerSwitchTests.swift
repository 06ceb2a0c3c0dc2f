import Testing
import Wire

@testable import Worker

@Suite("Worker state machine: weight switches")
struct WorkerSwitchTests {
    private typealias H = MachineHarness
    private let prepare = Prepare(epoch: 1, gptPath: "g2")
    private var ready: Message { .ready(Ready(epoch: 1, rate: 3, modelSet: H.other)) }

    @Test("PREPARE, PREPARED, COMMIT, READY")
    func commit() {
        let harness = H.serving()
        #expect(harness.receive(.prepare(prepare)) == [.prepare(prepare)])
        #expect(
            H.messages(harness.handle(.prepared(epoch: 1, .success(H.other))))
                == [.prepared(Prepared(epoch: 1, ok: true, modelSet: H.other))])
        #expect(harness.machine.epoch == 0)
        #expect(harness.receive(.commit(EpochMessage(epoch: 1))) == [.commit(epoch: 1)])
        #expect(H.messages(harness.handle(.committed(epoch: 1, .success(H.other)))) == [ready])
        #expect(harness.machine.epoch == 1 && harness.machine.modelSet == H.other)
    }

    @Test("a set that cannot be loaded leaves the old one serving, with the reason")
    func prepareFails() {
        let harness = H.serving()
        _ = harness.receive(.prepare(prepare))
        #expect(
            H.messages(harness.handle(.prepared(epoch: 1, .failure(H.failure))))
                == [.prepared(Prepared(epoch: 1, ok: false, error: "truncated"))])
        #expect(harness.begin(1) != nil)
        #expect(harness.receive(.prepare(prepare)) == [.prepare(prepare)])
    }

    private let noMemory = SynthesisFailure(code: .outOfMemory, message: "no memory", retriable: true)

    @Test("where the memory does not suffice, running tasks finish first and the set is loaded again")
    func drainsForMemory() throws {
        let harness = H.serving()
        let task = try #require(harness.begin(1))
        _ = harness.receive(.prepare(prepare))
        #expect(harness.handle(.prepared(epoch: 1, .failure(noMemory))).isEmpty)
        // Nothing new meanwhile: the router gives it to others, or keeps it.
        #expect(H.messages(harness.receive(H.speech(), request: 2)) == [.busy(Busy(slotsFree: 0))])
        let ended = harness.handle(.finished(task, .failure(H.failure)))
        #expect(ended.last == .prepare(prepare))
        #expect(
            H.messages(harness.handle(.prepared(epoch: 1, .success(H.other))))
                == [.prepared(Prepared(epoch: 1, ok: true, modelSet: H.other))])
        #expect(harness.begin(3) != nil)
    }

    @Test("an idle worker tries again at once, and once only; the old set goes on serving")
    func drainsOnce() {
        let harness = H.serving()
        _ = harness.receive(.prepare(prepare))
        #expect(harness.handle(.prepared(epoch: 1, .failure(noMemory))) == [.prepare(prepare)])
        #expect(
            H.messages(harness.handle(.prepared(epoch: 1, .failure(noMemory))))
                == [.prepared(Prepared(epoch: 1, ok: false, error: "no memory"))])
        #expect(harness.machine.slotsFree == 2)
        // The next switch has its own second try.
        _ = harness.receive(.prepare(Prepare(epoch: 2)))
        #expect(harness.handle(.prepared(epoch: 2, .failure(noMemory))) == [.prepare(Prepare(epoch: 2))])
    }

    @Test("ABORT while tasks are to finish ends the waiting")
    func abortsWhileDraining() throws {
        let harness = H.serving()
        let task = try #require(harness.begin(1))
        _ = harness.receive(.prepare(prepare))
        _ = harness.handle(.prepared(epoch: 1, .failure(noMemory)))
        #expect(harness.receive(.abort(EpochMessage(epoch: 1))).isEmpty)
        #expect(harness.begin(2) != nil)
        #expect(!harness.handle(.finished(task, .failure(H.failure))).contains(.prepare(prepare)))
        #expect(harness.receive(.prepare(Prepare(epoch: 3))) == [.prepare(Prepare(epoch: 3))])
    }

    @Test("ABORT drops what is prepared, and what is still being prepared once it is there")
    func abort() {
        let harness = H.serving()
        _ = harness.receive(.prepare(prepare))
        _ = harness.handle(.prepared(epoch: 1, .success(H.other)))
        #expect(harness.receive(.abort(EpochMessage(epoch: 2))).isEmpty)
        #expect(harness.receive(.abort(EpochMessage(epoch: 1))) == [.abort(epoch: 1)])
        #expect(harness.receive(.abort(EpochMessage(epoch: 1))).isEmpty)
        _ = harness.receive(.prepare(prepare))
        #expect(harness.receive(.abort(EpochMessage(epoch: 1))).isEmpty)
        #expect(harness.handle(.prepared(epoch: 1, .success(H.other))) == [.abort(epoch: 1)])
        // What was aborted cannot be committed: the router sees the old epoch.
        #expect(
            H.messages(harness.receive(.commit(EpochMessage(epoch: 1))))
                == [.ready(Ready(epoch: 0, rate: 3, modelSet: H.base))])
    }

    @Test("one switch at a time, and never backwards")
    func oneAtATime() {
        let harness = H.serving(routers: 2)
        _ = harness.receive(.prepare(prepare))
        let refused = H.messages(harness.receive(.prepare(Prepare(epoch: 2)), from: 1))
        guard case .prepared(let busy)? = refused.first else {
            Issue.record("no refusal: \(refused)")
            return
        }
        #expect(busy.epoch == 2 && !busy.ok && busy.error?.contains("epoch 1") == true)
        _ = harness.handle(.prepared(epoch: 1, .success(H.other)))
        _ = harness.receive(.commit(EpochMessage(epoch: 1)))
        _ = harness.handle(.committed(epoch: 1, .success(H.other)))
        let backwards = H.messages(harness.receive(.prepare(prepare)))
        guard case .prepared(let refusal)? = backwards.first else {
            Issue.record("no refusal: \(backwards)")
            return
        }
        #expect(!refusal.ok)
    }

    @Test("a router that asks anew replaces what it had prepared")
    func replaces() {
        let harness = H.serving()
        _ = harness.receive(.prepare(prepare))
        _ = harness.handle(.prepared(epoch: 1, .success(H.other)))
        let next = Prepare(epoch: 2, sovitsPath: "s3")
        #expect(harness.receive(.prepare(next)) == [.abort(epoch: 1), .prepare(next)])
    }

    @Test("a router that is lost in mid-switch leaves nothing behind")
    func routerLost() {
        let harness = H.serving()
        _ = harness.receive(.prepare(prepare))
        _ = harness.handle(.prepared(epoch: 1, .success(H.other)))
        #expect(harness.handle(.disconnected(router: 0)) == [.abort(epoch: 1)])
        #expect(harness.machine.switching == .idle)
    }

    @Test("a late joiner is brought to the committed epoch before READY")
    func catchUp() {
        let harness = H()
        _ = harness.handle(.warmedUp(rate: 3))
        _ = harness.handle(.connected(router: 0, connection: 1))
        let committed = CommittedSet(epoch: 1, gptPath: "g2")
        #expect(harness.receive(.welcome(H.welcome(committed))) == [.prepare(prepare)])
        #expect(harness.handle(.prepared(epoch: 1, .success(H.other))) == [.commit(epoch: 1)])
        #expect(H.messages(harness.handle(.committed(epoch: 1, .success(H.other)))) == [ready])
    }

    @Test("a late joiner that cannot load the committed set says why and is not ready")
    func catchUpFails() {
        let harness = H()
        _ = harness.handle(.connected(router: 0, connection: 1))
        _ = harness.receive(.welcome(H.welcome(CommittedSet(epoch: 1, gptPath: "g2"))))
        #expect(
            H.messages(harness.handle(.prepared(epoch: 1, .failure(H.failure))))
                == [.prepared(Prepared(epoch: 1, ok: false, error: "truncated"))])
        #expect(harness.handle(.warmedUp(rate: 3)).isEmpty)
    }

    @Test("a router that comes back during an abandoned load is caught up with afterwards")
    func awaitedCatchUp() {
        let harness = H.serving()
        _ = harness.receive(.prepare(prepare))
        _ = harness.handle(.disconnected(router: 0))
        _ = harness.handle(.connected(router: 0, connection: 2))
        #expect(harness.receive(.welcome(H.welcome(CommittedSet(epoch: 1, gptPath: "g2")))).isEmpty)
        #expect(harness.handle(.prepared(epoch: 1, .success(H.other))) == [.abort(epoch: 1), .prepare(prepare)])
        #expect(harness.handle(.prepared(epoch: 1, .success(H.other))) == [.commit(epoch: 1)])
        #expect(H.messages(harness.handle(.committed(epoch: 1, .success(H.other)))) == [ready])
    }

    @Test("a commit that fails ends the worker")
    func commitFails() {
        let harness = H.serving()
        _ = harness.receive(.prepare(prepare))
        _ = harness.handle(.prepared(epoch: 1, .success(H.other)))
        _ = harness.receive(.commit(EpochMessage(epoch: 1)))
        #expect(harness.handle(.committed(epoch: 1, .failure(H.failure))) == [.exit(.commitFailed("truncated"))])
    }

    @Test("a worker that is ahead of its router stays there")
    func ahead() {
        let harness = H.serving()
        _ = harness.receive(.prepare(prepare))
        _ = harness.handle(.prepared(epoch: 1, .success(H.other)))
        _ = harness.receive(.commit(EpochMessage(epoch: 1)))
        _ = harness.handle(.committed(epoch: 1, .success(H.other)))
        _ = harness.handle(.connected(router: 0, connection: 2))
        #expect(H.messages(harness.receive(.welcome(H.welcome()))) == [ready])
    }
}
