import Wire

/// Judges one worker by when it was heard and by what its device thread reports.
///
/// ZeroMQ's own heartbeats answer for the process, not for the device: a hung device thread goes on ponging. So silence and
/// a standing progress counter are judged apart.
struct WorkerHealthStateMachine {
    /// How a worker is doing.
    enum Condition: String, Sendable {
        /// Heard lately, device moving.
        case healthy
        /// Not heard for longer than the silence limit: out of rotation until it is heard again.
        case silent
        /// Heard, but its device has work and does not move.
        case hung
        /// Not heard for longer than the loss limit: given up.
        case lost
    }

    private(set) var condition: Condition = .healthy
    private(set) var lastHeard: ContinuousClock.Instant
    private var progress: UInt64?
    private var isStuck = false
    private let policy: RouterPolicy

    init(policy: RouterPolicy, now: ContinuousClock.Instant) {
        self.policy = policy
        lastHeard = now
    }

    /// Any frame of the worker counts as a sign of life.
    mutating func heard(at now: ContinuousClock.Instant) {
        lastHeard = max(lastHeard, now)
    }

    /// Takes in what the device thread reports.
    mutating func heartbeat(_ heartbeat: Heartbeat, at now: ContinuousClock.Instant) {
        heard(at: now)
        let stands = progress == heartbeat.progress
        let age = Duration.milliseconds(Int64(clamping: heartbeat.lastStepAgeMilliseconds))
        isStuck = heartbeat.busy && stands && age > policy.hangLimit
        progress = heartbeat.progress
    }

    /// The router itself did not run for a while, so that what was sent to it could not be heard.
    mutating func forgive(_ pause: Duration) {
        lastHeard += pause
    }

    /// Judges anew.
    ///
    /// - Returns: the condition before, where it changed.
    mutating func evaluate(at now: ContinuousClock.Instant) -> Condition? {
        let silence = now - lastHeard
        let judged: Condition =
            if silence > policy.lossLimit {
                .lost
            } else if silence > policy.silenceLimit {
                .silent
            } else {
                isStuck ? .hung : .healthy
            }
        guard judged != condition else { return nil }
        defer { condition = judged }
        return condition
    }
}
