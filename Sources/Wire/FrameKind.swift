/// What a frame says. The raw value is the byte in the header.
public enum FrameKind: UInt8, Sendable, CaseIterable {
    /// Worker to router: who I am and what I hold.
    case hello = 1
    /// Router to worker: you are known; this is what is committed.
    case welcome = 2
    /// Router to worker: not accepted, with the reason.
    case reject = 3
    /// Worker to router: warm, and serving this epoch.
    case ready = 4
    /// Router to worker: one task.
    case submit = 5
    /// Worker to router: the task has a slot.
    case accept = 6
    /// Worker to router: no slot, or draining; the task was not begun.
    case busy = 7
    /// Worker to router: a piece of the result.
    case chunk = 8
    /// Router to worker: this many more bytes may be sent on this stream.
    case credit = 9
    /// Router to worker: nobody waits for this task any longer.
    case cancel = 10
    /// Worker to router: the cancelled task has stopped and its slot is free.
    case cancelled = 11
    /// Worker to router: the result is complete.
    case end = 12
    /// Worker to router: the task failed.
    case error = 13
    /// Worker to router: alive, and how the device is doing.
    case heartbeat = 14
    /// Router to worker: take nothing new, finish, exit.
    case drain = 15
    /// Router to worker: load and check this model set beside the serving one.
    case prepare = 16
    /// Worker to router: whether the set is ready to be flipped to.
    case prepared = 17
    /// Router to worker: flip to the prepared set.
    case commit = 18
    /// Router to worker: drop the prepared set.
    case abort = 19

    /// Whether a frame of this kind belongs to one request and so needs its id.
    public var belongsToRequest: Bool {
        switch self {
        case .submit, .accept, .busy, .chunk, .credit, .cancel, .cancelled, .end, .error: true
        case .hello, .welcome, .reject, .ready, .heartbeat, .drain, .prepare, .prepared, .commit, .abort: false
        }
    }
}
