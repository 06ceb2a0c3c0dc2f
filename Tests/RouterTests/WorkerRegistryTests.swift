import Messaging
import Testing
import Wire

@testable import Router

@Suite struct WorkerRegistryTests {
    @Test func aGreetingIsWelcomedWithWhatIsCommitted() throws {
        let scenario = Scenario()
        scenario.hello("a", epoch: 4, incarnation: 77)
        let sent = scenario.sent()
        #expect(sent.map(\.incarnation) == [77])
        guard case .welcome(let welcome)? = sent.first?.message else {
            Issue.record("no WELCOME")
            return
        }
        #expect(welcome.heartbeatIntervalMilliseconds == 500)
        // A router that was started again takes over what its workers hold.
        #expect(welcome.committed == CommittedSet(epoch: 4, gptPath: "/gpt.ckpt", sovitsPath: "/sovits.pth"))
        #expect(scenario.machine.registry.routable.isEmpty)
        scenario.ready("a", epoch: 4)
        #expect(scenario.machine.registry.routable.map(\.incarnation) == [77])
    }

    @Test func anotherMajorVersionIsRefused() {
        let scenario = Scenario()
        let hello = Hello(
            workerID: "a", version: ProtocolVersion(major: 9, minor: 0), software: "x",
            device: DeviceDescription(kind: .cpu, name: "cpu"), precision: "float32", slots: 1, pid: 1,
            modelSet: Scenario.modelSet, epoch: 0)
        scenario.receive(.hello(hello), from: "a", incarnation: 5)
        let sent = scenario.sent()
        guard case .reject(let reject)? = sent.first?.message else {
            Issue.record("no REJECT")
            return
        }
        #expect(reject.code == Reject.unsupportedVersion)
        #expect(sent.first?.incarnation == 5)
        #expect(scenario.machine.registry.workers.isEmpty)
    }

    @Test func unknownIncarnationsAreAskedToGreet() {
        let scenario = Scenario()
        scenario.join("a")
        scenario.receive(.ready(Ready(epoch: 0, rate: 1, modelSet: Scenario.modelSet)), from: "a", incarnation: 99)
        scenario.heartbeat("stranger")
        let sent = scenario.sent()
        #expect(sent.map(\.worker) == ["a", "stranger"])
        #expect(sent.first?.incarnation == 99)
        for message in sent.map(\.message) {
            guard case .reject(let reject) = message else {
                Issue.record("\(message)")
                continue
            }
            #expect(reject.code == Reject.helloRequired)
        }
        #expect(scenario.machine.registry.routable.count == 1)
    }

    @Test func aNewSessionLosesWhatTheEarlierOneHad() throws {
        let scenario = Scenario()
        scenario.join("a")
        let begun = scenario.submit()
        let attempt = try #require(scenario.submitted()).attempt
        scenario.receive(.chunk(0, 10), from: "a", attempt: attempt)
        scenario.hello("a", incarnation: 1)
        #expect(scenario.take().failures == [begun: .workerLost])
        #expect(!scenario.machine.registry.isRoutable(PeerID("a")))
        scenario.ready("a")
        #expect(scenario.machine.registry.isRoutable(PeerID("a")))
    }

    @Test func framesOfAnEarlierIncarnationAreDropped() throws {
        let scenario = Scenario()
        scenario.join("a")
        scenario.submit()
        let attempt = try #require(scenario.submitted()).attempt
        scenario.join("a")
        scenario.receive(.chunk(0, 10), from: "a", attempt: attempt, incarnation: 1)
        #expect(scenario.take().responses.isEmpty)
    }

    @Test func aSilentWorkerLeavesWithinTwoAndAHalfSecondsAndComesBack() {
        let scenario = Scenario()
        scenario.join("a")
        scenario.pass(.seconds(5), heartbeats: ["a"])
        #expect(scenario.machine.registry.isRoutable(PeerID("a")))
        scenario.pass(.milliseconds(2100))
        #expect(!scenario.machine.registry.isRoutable(PeerID("a")))
        scenario.heartbeat("a")
        #expect(scenario.machine.registry.isRoutable(PeerID("a")))
    }

    @Test func theRoutersOwnPauseIsNotTheWorkersSilence() {
        let scenario = Scenario()
        scenario.join("a")
        scenario.pass(.seconds(1), heartbeats: ["a"])
        // The router was stopped for a minute; its first act is to look at the clock.
        scenario.now += .seconds(60)
        scenario.pass(.milliseconds(100))
        #expect(scenario.machine.registry.isRoutable(PeerID("a")))
        scenario.pass(.milliseconds(2200))
        #expect(!scenario.machine.registry.isRoutable(PeerID("a")))
    }

    @Test func messagesThatOnlyRoutersSendAreViolations() {
        let scenario = Scenario()
        scenario.join("a")
        scenario.receive(.drain, from: "a")
        scenario.receive(
            .welcome(Welcome(routerID: "x", heartbeatIntervalMilliseconds: 1, committed: .init())), from: "a")
        let violations = scenario.take().count { action in
            if case .notice(.violated) = action { true } else { false }
        }
        #expect(violations == 2)
    }
}
