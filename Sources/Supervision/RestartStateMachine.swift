/// Decides when one child is started, started again, stopped and killed. No I/O: events and the time go in, actions
/// come out.
struct RestartStateMachine {
    typealias Instant = ContinuousClock.Instant

    enum Event: Hashable {
        /// Start it, for the first time.
        case start
        /// It runs.
        case started
        /// It could not be started.
        case startFailed
        case exited(ChildExit)
        /// Stop it, and kill it where that takes longer than this.
        case stop(within: Duration)
        /// Time has passed.
        case tick
    }

    enum Action: Hashable {
        case launch
        case terminate
        case kill
        /// It will be started again after this wait.
        case reportRestart(after: Duration)
        /// It will not be started again.
        case reportGivenUp(ChildExit)
        /// It is stopped.
        case reportStopped
    }

    enum State: Hashable {
        case idle
        case starting
        case running(since: Instant)
        case waiting(until: Instant)
        /// Asked to end; `isKilled` once it was made to.
        case stopping(killAt: Instant, isKilled: Bool)
        case stopped
        case givenUp
    }

    let policy: RestartPolicy
    private(set) var state = State.idle
    private var nextDelay: Duration

    init(policy: RestartPolicy) {
        self.policy = policy
        nextDelay = policy.firstDelay
    }

    /// Whether it neither runs nor ever will again.
    var isOver: Bool { state == .stopped || state == .givenUp }

    /// When ``Event/tick`` has something to do.
    var wakeAt: Instant? {
        switch state {
        case .waiting(let until): until
        case .stopping(let killAt, isKilled: false): killAt
        default: nil
        }
    }

    mutating func handle(_ event: Event, now: Instant) -> [Action] {
        switch (event, state) {
        case (.start, .idle):
            state = .starting
            return [.launch]
        case (.started, .starting):
            state = .running(since: now)
            return []
        case (.startFailed, .starting):
            return wait(now: now)
        case (.exited(let exit), .running(let since)):
            if exit.isConfigurationError {
                state = .givenUp
                return [.reportGivenUp(exit)]
            }
            if now - since >= policy.resetAfter { nextDelay = policy.firstDelay }
            return wait(now: now)
        case (.exited, .stopping):
            state = .stopped
            return [.reportStopped]
        case (.stop(let limit), .running):
            state = .stopping(killAt: now + limit, isKilled: false)
            return [.terminate]
        case (.stop, .idle), (.stop, .waiting), (.stop, .starting):
            state = .stopped
            return [.reportStopped]
        case (.tick, .waiting(let until)) where now >= until:
            state = .starting
            return [.launch]
        case (.tick, .stopping(let killAt, isKilled: false)) where now >= killAt:
            state = .stopping(killAt: killAt, isKilled: true)
            return [.kill]
        default:
            return []
        }
    }

    private mutating func wait(now: Instant) -> [Action] {
        let delay = nextDelay
        nextDelay = min(delay * 2, policy.longestDelay)
        state = .waiting(until: now + delay)
        return [.reportRestart(after: delay)]
    }
}
