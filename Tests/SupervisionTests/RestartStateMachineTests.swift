import Testing

@testable import Supervision

@Suite("Restart state machine")
struct RestartStateMachineTests {
    private let start = ContinuousClock.now

    private func running() -> RestartStateMachine {
        var machine = RestartStateMachine(policy: RestartPolicy())
        #expect(machine.handle(.start, now: start) == [.launch])
        #expect(machine.handle(.started, now: start).isEmpty)
        return machine
    }

    @Test("the wait doubles from half a second to thirty, and begins anew after a minute of running")
    func backOff() {
        var machine = running()
        var now = start
        for expected in [0.5, 1, 2, 4, 8, 16, 30, 30] {
            let wait = Duration.seconds(expected)
            #expect(machine.handle(.exited(.status(1)), now: now) == [.reportRestart(after: wait)])
            #expect(machine.wakeAt == now + wait)
            #expect(machine.handle(.tick, now: now + wait - .nanoseconds(1)).isEmpty)
            now += wait
            #expect(machine.handle(.tick, now: now) == [.launch])
            #expect(machine.handle(.started, now: now).isEmpty)
        }
        now += .seconds(60)
        #expect(
            machine.handle(.exited(.signal(11)), now: now) == [.reportRestart(after: .milliseconds(500))])
    }

    @Test("a program that cannot be started is tried again with the same waits")
    func startFails() {
        var machine = RestartStateMachine(policy: RestartPolicy())
        _ = machine.handle(.start, now: start)
        #expect(machine.handle(.startFailed, now: start) == [.reportRestart(after: .milliseconds(500))])
        #expect(machine.handle(.tick, now: start + .milliseconds(500)) == [.launch])
        #expect(
            machine.handle(.startFailed, now: start + .milliseconds(500)) == [.reportRestart(after: .seconds(1))])
    }

    @Test("a configuration error is not tried again")
    func configurationError() {
        var machine = running()
        #expect(machine.handle(.exited(.status(78)), now: start) == [.reportGivenUp(.status(78))])
        #expect(machine.isOver)
        #expect(machine.handle(.tick, now: start + .seconds(100)).isEmpty)
        #expect(machine.handle(.stop(within: .seconds(1)), now: start).isEmpty)
    }

    @Test("stopping asks first and kills later, once")
    func stop() {
        var machine = running()
        #expect(machine.handle(.stop(within: .seconds(5)), now: start) == [.terminate])
        #expect(machine.handle(.stop(within: .seconds(5)), now: start).isEmpty)
        #expect(machine.handle(.tick, now: start + .milliseconds(4999)).isEmpty)
        #expect(machine.handle(.tick, now: start + .seconds(5)) == [.kill])
        #expect(machine.handle(.tick, now: start + .seconds(6)).isEmpty)
        #expect(!machine.isOver)
        #expect(machine.handle(.exited(.signal(9)), now: start + .seconds(6)) == [.reportStopped])
        #expect(machine.isOver)
    }

    @Test("a child that waits to be started again is stopped at once")
    func stopWhileWaiting() {
        var machine = running()
        _ = machine.handle(.exited(.status(1)), now: start)
        #expect(machine.handle(.stop(within: .seconds(5)), now: start) == [.reportStopped])
        #expect(machine.handle(.tick, now: start + .seconds(100)).isEmpty)
    }
}
