import Testing
import Wire

@testable import Router

@Suite struct WorkerHealthStateMachineTests {
    private func heartbeat(progress: UInt64, busy: Bool, age: UInt64) -> Heartbeat {
        Heartbeat(
            progress: progress, busy: busy, lastStepAgeMilliseconds: age, active: 0, slotsFree: 1, residentBytes: 0,
            epoch: 0, draining: false)
    }

    @Test func silenceAndReturn() {
        let start = ContinuousClock.now
        var health = WorkerHealthStateMachine(policy: RouterPolicy(), now: start)
        #expect(health.evaluate(at: start + .seconds(2)) == nil)
        #expect(health.evaluate(at: start + .milliseconds(2001)) == .healthy)
        #expect(health.condition == .silent)
        health.heard(at: start + .seconds(3))
        #expect(health.evaluate(at: start + .seconds(3)) == .silent)
        #expect(health.condition == .healthy)
        #expect(health.evaluate(at: start + .milliseconds(13_001)) == .healthy)
        #expect(health.condition == .lost)
    }

    @Test func aBusyDeviceThatStandsIsHung() {
        let start = ContinuousClock.now
        var health = WorkerHealthStateMachine(policy: RouterPolicy(), now: start)
        health.heartbeat(heartbeat(progress: 5, busy: true, age: 31_000), at: start)
        // One report alone does not tell that it stands.
        #expect(health.evaluate(at: start) == nil)
        health.heartbeat(heartbeat(progress: 5, busy: true, age: 31_500), at: start)
        #expect(health.evaluate(at: start) == .healthy)
        #expect(health.condition == .hung)
        health.heartbeat(heartbeat(progress: 6, busy: true, age: 10), at: start)
        #expect(health.evaluate(at: start) == .hung)
        #expect(health.condition == .healthy)
    }

    @Test(arguments: [(false, UInt64(99_000)), (true, 29_000)])
    func idleOrSlowDevicesAreNotHung(busy: Bool, age: UInt64) {
        let start = ContinuousClock.now
        var health = WorkerHealthStateMachine(policy: RouterPolicy(), now: start)
        for _ in 0..<3 { health.heartbeat(heartbeat(progress: 5, busy: busy, age: age), at: start) }
        #expect(health.evaluate(at: start) == nil)
    }

    @Test func anAgeBeyondAllNumbersDoesNotTrap() {
        let start = ContinuousClock.now
        var health = WorkerHealthStateMachine(policy: RouterPolicy(), now: start)
        for _ in 0..<2 { health.heartbeat(heartbeat(progress: 5, busy: true, age: .max), at: start) }
        _ = health.evaluate(at: start)
        #expect(health.condition == .hung)
    }
}
