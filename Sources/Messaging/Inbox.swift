import Synchronization

/// Events on their way from the socket thread to whoever awaits them. It holds a bounded amount: the thread asks
/// ``isFull`` before it receives, and is woken when there is room again.
final class Inbox: Sendable {
    private struct State {
        var events = FIFO<(event: PeerEvent, bytes: Int)>()
        var bytes = 0
        var isFinished = false
        var isThrottled = false
        var waiters: [(id: UInt64, continuation: CheckedContinuation<PeerEvent?, Never>)] = []
        var nextWaiter: UInt64 = 0
    }

    private let state = Mutex(State())
    private let mostBytes: Int
    private let mostEvents: Int
    private let wake: WakeSignal

    init(limits: MessagingLimits, wake: WakeSignal) {
        mostBytes = limits.inboxBytes
        mostEvents = limits.inboxEvents
        self.wake = wake
    }

    /// Whether the thread should leave the rest with libzmq for now. It is woken when this changes.
    var isFull: Bool {
        state.withLock { state in
            state.isThrottled = state.bytes >= mostBytes || state.events.count >= mostEvents
            return state.isThrottled
        }
    }

    func push(_ event: PeerEvent, bytes: Int = 0) {
        let waiter = state.withLock { state -> CheckedContinuation<PeerEvent?, Never>? in
            if !state.waiters.isEmpty { return state.waiters.removeFirst().continuation }
            if !state.isFinished {
                state.events.append((event, bytes))
                state.bytes += bytes
            }
            return nil
        }
        waiter?.resume(returning: event)
    }

    /// Ends the events after those that are there.
    func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
    }

    /// The next event; `nil` at the end or when the task is cancelled.
    func next() async -> PeerEvent? {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enum Step { case wait, give(PeerEvent?), giveAndWake(PeerEvent?) }
                let step = state.withLock { state -> Step in
                    // Cancellation that came before this point found no waiter to resume.
                    if Task.isCancelled { return .give(nil) }
                    if let (event, bytes) = state.events.popFirst() {
                        state.bytes -= bytes
                        guard state.isThrottled, state.bytes <= mostBytes / 2, state.events.count <= mostEvents / 2
                        else {
                            return .give(event)
                        }
                        state.isThrottled = false
                        return .giveAndWake(event)
                    }
                    if state.isFinished { return .give(nil) }
                    state.waiters.append((id, continuation))
                    return .wait
                }
                switch step {
                case .wait: break
                case .give(let event): continuation.resume(returning: event)
                case .giveAndWake(let event):
                    continuation.resume(returning: event)
                    wake.raise()
                }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<PeerEvent?, Never>? in
                guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
                return state.waiters.remove(at: index).continuation
            }
            waiter?.resume(returning: nil)
        }
    }
}
