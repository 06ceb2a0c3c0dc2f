import Synchronization

/// A frame that is to be sent.
struct OutgoingFrame {
    var bytes: [UInt8]
    /// The worker's connection that it is meant for; 0 for a router's frames.
    var connection: UInt64
}

/// Frames on their way from any thread to the socket thread, and how much of each peer's backlog they take.
///
/// A frame counts from ``offer(_:to:)`` until the thread reports that libzmq took it or that it was dropped, so the
/// bound holds over this queue and the thread's own.
final class Outbox: Sendable {
    private struct Account {
        var frames = 0
        var bytes = 0
    }

    private struct State {
        var pending: [(peer: PeerID, frame: OutgoingFrame)] = []
        var accounts: [PeerID: Account] = [:]
        var linger: Duration?
        var isFinished = false
        var finishers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let mostBytes: Int
    private let mostFrames: Int
    private let wake: WakeSignal

    init(limits: MessagingLimits, wake: WakeSignal) {
        mostBytes = limits.backlogBytes
        mostFrames = limits.backlogFrames
        self.wake = wake
    }

    func offer(_ frame: OutgoingFrame, to peer: PeerID) -> SendOutcome {
        let (outcome, isFirst) = state.withLock { state -> (SendOutcome, Bool) in
            guard state.linger == nil, !state.isFinished else { return (.closed, false) }
            var account = state.accounts[peer] ?? Account()
            guard account.frames < mostFrames, account.bytes + frame.bytes.count <= mostBytes else {
                return (.full, false)
            }
            account.frames += 1
            account.bytes += frame.bytes.count
            state.accounts[peer] = account
            state.pending.append((peer, frame))
            return (.queued, state.pending.count == 1)
        }
        if isFirst { wake.raise() }
        return outcome
    }

    /// What was offered since the last call, and how long to linger where the socket is to close.
    func take() -> (frames: [(peer: PeerID, frame: OutgoingFrame)], linger: Duration?) {
        state.withLock { state in
            defer { state.pending = [] }
            return (state.pending, state.linger)
        }
    }

    /// Reports frames that left the thread's hands.
    func settle(frames: Int, bytes: Int, of peer: PeerID) {
        state.withLock { state in
            guard var account = state.accounts[peer] else { return }
            account.frames -= frames
            account.bytes -= bytes
            state.accounts[peer] = account.frames > 0 ? account : nil
        }
    }

    /// Bytes and frames that wait for a peer.
    func backlog(of peer: PeerID) -> (frames: Int, bytes: Int) {
        state.withLock { state in
            let account = state.accounts[peer] ?? Account()
            return (account.frames, account.bytes)
        }
    }

    /// Asks the thread to close the socket after it tried for this long to send what waits.
    func requestClose(linger: Duration) {
        state.withLock { state in
            if state.linger == nil { state.linger = linger }
        }
        wake.raise()
    }

    /// Reports that the socket is closed.
    func finish() {
        let finishers = state.withLock { state in
            state.isFinished = true
            state.pending = []
            state.accounts = [:]
            defer { state.finishers = [] }
            return state.finishers
        }
        for finisher in finishers { finisher.resume() }
    }

    /// Returns when the socket is closed.
    func waitUntilFinished() async {
        await withCheckedContinuation { continuation in
            let isFinished = state.withLock { state in
                if !state.isFinished { state.finishers.append(continuation) }
                return state.isFinished
            }
            if isFinished { continuation.resume() }
        }
    }
}
