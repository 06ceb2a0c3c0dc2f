import Messaging
import Testing
import Wire

@testable import Router

@Suite struct WeightSwitchStateMachineTests {
    private func prepared(_ epoch: UInt64, _ error: String? = nil) -> Message {
        .prepared(
            Prepared(epoch: epoch, ok: error == nil, modelSet: error == nil ? Scenario.modelSet : nil, error: error))
    }

    private func twoWorkers() -> Scenario {
        let scenario = Scenario()
        scenario.join("a")
        scenario.join("b")
        return scenario
    }

    @Test func allPrepareThenAllFlipThenAllServe() throws {
        let scenario = twoWorkers()
        let id = try scenario.switchWeights(sovits: "/new.pth")
        let prepare = scenario.sent()
        #expect(prepare.map(\.worker) == ["a", "b"])
        #expect(
            prepare.map(\.message) == Array(repeating: .prepare(Prepare(epoch: 1, sovitsPath: "/new.pth")), count: 2))

        scenario.receive(prepared(1), from: "a")
        #expect(scenario.sent().isEmpty)
        scenario.receive(prepared(1), from: "b")
        var actions = scenario.take()
        #expect(actions.messages(.commit) == ["a", "b"])
        #expect(
            scenario.machine.registry.committed("default")
                == CommittedSet(epoch: 1, gptPath: "/gpt.ckpt", sovitsPath: "/new.pth"))

        // Between COMMIT and READY requests wait; they do not fail, and no worker gets one of the wrong epoch.
        let request = scenario.submit()
        #expect(scenario.take().failures.isEmpty)
        scenario.ready("b", epoch: 1)
        actions = scenario.take()
        #expect(actions.messages(.submit) == ["b"])
        #expect(actions.outcomes.isEmpty)
        scenario.ready("a", epoch: 1)
        actions = scenario.take()
        #expect(actions.outcomes == [id: .committed(epoch: 1, fellOut: [])])
        #expect(scenario.machine.dispatch.requests[request] != nil)
    }

    @Test func oneRefusalKeepsTheOldSetEverywhereWithAllReasons() throws {
        let scenario = twoWorkers()
        scenario.join("c")
        let id = try scenario.switchWeights(gpt: "/bad.ckpt")
        _ = scenario.take()
        scenario.receive(prepared(1, "truncated"), from: "a")
        #expect(scenario.take().outcomes.isEmpty)
        scenario.receive(prepared(1), from: "b")
        scenario.receive(prepared(1, "no memory"), from: "c")
        let actions = scenario.take()
        #expect(actions.messages(.abort) == ["a", "b", "c"])
        #expect(actions.messages(.commit).isEmpty)
        #expect(
            actions.outcomes == [
                id: .failed([
                    WorkerReason(worker: "a", reason: "truncated"), WorkerReason(worker: "c", reason: "no memory"),
                ])
            ])
        #expect(scenario.machine.registry.committed("default")?.epoch == 0)
        #expect(scenario.machine.registry.routable.count == 3)
    }

    @Test func epochsOfFailedSwitchesAreNotUsedAgain() throws {
        let scenario = Scenario()
        scenario.join("a")
        _ = try scenario.switchWeights(gpt: "/bad.ckpt")
        scenario.receive(prepared(1, "bad"), from: "a")
        _ = scenario.take()
        let id = try scenario.switchWeights(gpt: "/good.ckpt")
        #expect(scenario.sent().map(\.message) == [.prepare(Prepare(epoch: 2, gptPath: "/good.ckpt"))])
        // A late vote of the failed switch is not one for this.
        scenario.receive(prepared(1), from: "a")
        #expect(scenario.take().outcomes.isEmpty)
        scenario.receive(prepared(2), from: "a")
        scenario.ready("a", epoch: 2)
        #expect(scenario.take().outcomes == [id: .committed(epoch: 2, fellOut: [])])
    }

    @Test func aWorkerThatIsLostDoesNotStopTheOthers() throws {
        let scenario = twoWorkers()
        let id = try scenario.switchWeights(gpt: "/new.ckpt")
        scenario.receive(prepared(1), from: "a")
        scenario.unroutable("b")
        scenario.ready("a", epoch: 1)
        guard case .committed(1, let fellOut)? = scenario.take().outcomes[id] else {
            Issue.record("not committed")
            return
        }
        #expect(fellOut.map(\.worker) == ["b"])

        // It comes back with the old set: it gets no work before it has the new one.
        scenario.hello("b")
        guard case .welcome(let welcome)? = scenario.sent().first?.message else {
            Issue.record("no WELCOME")
            return
        }
        #expect(welcome.committed.epoch == 1)
        scenario.submit()
        scenario.submit()
        #expect(scenario.sent().map(\.worker) == ["a"])
        scenario.ready("b", epoch: 1)
        #expect(scenario.sent().map(\.worker) == ["b"])
    }

    @Test func theLastWorkerLostFailsTheSwitch() throws {
        let scenario = twoWorkers()
        let id = try scenario.switchWeights(gpt: "/new.ckpt")
        scenario.unroutable("a")
        scenario.unroutable("b")
        guard case .failed(let reasons)? = scenario.take().outcomes[id] else {
            Issue.record("not failed")
            return
        }
        #expect(reasons.map(\.worker) == ["a", "b"])
        #expect(scenario.machine.registry.committed("default")?.epoch == 0)
    }

    @Test func aSilentWorkerIsLeftOutAndBroughtUpLater() throws {
        let scenario = twoWorkers()
        let id = try scenario.switchWeights(gpt: "/new.ckpt")
        scenario.receive(prepared(1), from: "a")
        scenario.pass(.seconds(3), heartbeats: ["a"])
        let flip = scenario.take()
        #expect(flip.messages(.commit) == ["a"])
        #expect(flip.messages(.abort) == ["b"])
        scenario.ready("a", epoch: 1)
        #expect(scenario.take().outcomes[id] != nil)

        scenario.heartbeat("b")
        let catchUp = scenario.sent()
        #expect(
            catchUp.map(\.message) == [
                .prepare(Prepare(epoch: 1, gptPath: "/new.ckpt", sovitsPath: "/sovits.pth"))
            ])
        scenario.receive(prepared(1), from: "b")
        #expect(scenario.take().messages(.commit) == ["b"])
        #expect(!scenario.machine.registry.isRoutable(PeerID("b")))
        scenario.ready("b", epoch: 1)
        #expect(scenario.machine.registry.isRoutable(PeerID("b")))
    }

    @Test func silenceDuringTheFlipDoesNotHoldTheAnswer() throws {
        let scenario = twoWorkers()
        let id = try scenario.switchWeights(gpt: "/new.ckpt")
        scenario.receive(prepared(1), from: "a")
        scenario.receive(prepared(1), from: "b")
        scenario.ready("a", epoch: 1)
        #expect(scenario.take().outcomes.isEmpty)
        scenario.pass(.seconds(3), heartbeats: ["a"])
        guard case .committed(1, let fellOut)? = scenario.take().outcomes[id] else {
            Issue.record("not committed")
            return
        }
        #expect(fellOut.map(\.worker) == ["b"])
    }

    @Test func preparingTakesNoLongerThanItsLimit() throws {
        let scenario = Scenario { $0.prepareTimeout = .seconds(10) }
        scenario.join("a")
        scenario.join("b")
        let id = try scenario.switchWeights(gpt: "/new.ckpt")
        scenario.receive(prepared(1), from: "a")
        scenario.pass(.seconds(11), heartbeats: ["a", "b"])
        let actions = scenario.take()
        guard case .failed(let reasons)? = actions.outcomes[id] else {
            Issue.record("not failed")
            return
        }
        #expect(reasons.map(\.worker) == ["b"])
        #expect(actions.messages(.abort) == ["a", "b"])
    }

    @Test func switchesWaitForEachOther() throws {
        let scenario = Scenario { $0.switchQueueLimit = 2 }
        scenario.join("a")
        let first = try scenario.switchWeights(gpt: "/1.ckpt")
        let second = try scenario.switchWeights(sovits: "/2.pth")
        let third = try scenario.switchWeights(gpt: "/3.ckpt")
        #expect(throws: RouterError.self) { try scenario.switchWeights(gpt: "/4.ckpt") }
        #expect(scenario.take().messages(.prepare).count == 1)
        for (epoch, id) in [(1, first), (2, second), (3, third)] as [(UInt64, UInt64)] {
            scenario.receive(prepared(epoch), from: "a")
            scenario.ready("a", epoch: epoch)
            #expect(scenario.take().outcomes == [id: .committed(epoch: epoch, fellOut: [])])
        }
        #expect(
            scenario.machine.registry.committed("default")
                == CommittedSet(epoch: 3, gptPath: "/3.ckpt", sovitsPath: "/2.pth"))
    }

    @Test func withoutAWorkerThereIsNothingToSwitch() {
        let scenario = Scenario()
        let error = #expect(throws: RouterError.self) { try scenario.switchWeights(gpt: "/1.ckpt") }
        #expect(error?.code == .noWorker)
    }

    @Test func aLateJoinerThatCannotLoadTheSetIsAskedAgain() throws {
        let scenario = Scenario { $0.catchUpRetryInterval = .seconds(2) }
        scenario.join("a")
        _ = try scenario.switchWeights(gpt: "/new.ckpt")
        scenario.receive(prepared(1), from: "a")
        scenario.ready("a", epoch: 1)
        scenario.hello("b")
        _ = scenario.take()
        // It tried by itself when it was welcomed.
        scenario.receive(prepared(1, "no such file"), from: "b")
        #expect(scenario.machine.registry.workers[PeerID("b")]?.refusal == "no such file")
        scenario.pass(.seconds(1), heartbeats: ["a", "b"])
        #expect(scenario.take().messages(.prepare).isEmpty)
        scenario.pass(.seconds(2), heartbeats: ["a", "b"])
        #expect(scenario.take().messages(.prepare) == ["b"])
        scenario.receive(prepared(1), from: "b")
        #expect(scenario.take().messages(.commit) == ["b"])
        scenario.ready("b", epoch: 1)
        #expect(scenario.machine.registry.isRoutable(PeerID("b")))
        #expect(scenario.machine.registry.workers[PeerID("b")]?.refusal == nil)
    }

    @Test func aWorkerThatStartsDuringASwitchIsBroughtUpAfterIt() throws {
        let scenario = Scenario()
        scenario.join("a")
        _ = try scenario.switchWeights(gpt: "/new.ckpt")
        scenario.hello("b")
        scenario.receive(prepared(1), from: "a")
        scenario.ready("a", epoch: 1)
        _ = scenario.take()
        scenario.ready("b", epoch: 0)
        #expect(scenario.take().messages(.prepare) == ["b"])
        #expect(!scenario.machine.registry.isRoutable(PeerID("b")))
    }

    @Test func anotherRoutersSwitchIsAdopted() {
        let scenario = twoWorkers()
        scenario.ready("a", epoch: 5)
        #expect(scenario.machine.registry.committed("default")?.epoch == 5)
        #expect(scenario.machine.registry.isRoutable(PeerID("a")))
        #expect(!scenario.machine.registry.isRoutable(PeerID("b")))
    }
}
