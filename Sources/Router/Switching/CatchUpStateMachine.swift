import Messaging
import Wire

/// Brings workers that are behind to the committed model set before they are given work: late joiners, and workers
/// that fell out of a switch.
struct CatchUpStateMachine {
    private enum Stage: Equatable {
        case preparing(epoch: UInt64, until: ContinuousClock.Instant)
        case flipping(epoch: UInt64, until: ContinuousClock.Instant)
        case refused(epoch: UInt64, until: ContinuousClock.Instant)
    }

    private var stages: [PeerID: Stage] = [:]
    private let policy: RouterPolicy

    init(policy: RouterPolicy) {
        self.policy = policy
    }

    /// Asks a worker that is behind to load the set, unless that is under way already. May be called at any time.
    mutating func bring(
        _ peer: PeerID, to committed: CommittedSet, at now: ContinuousClock.Instant
    ) -> [SwitchAction] {
        var actions: [SwitchAction] = []
        switch stages[peer] {
        case .preparing(let epoch, let until):
            if epoch == committed.epoch, now < until { return [] }
            actions.append(.send(peer, .abort(EpochMessage(epoch: epoch))))
        case .flipping(let epoch, let until), .refused(let epoch, let until):
            if epoch == committed.epoch, now < until { return [] }
        case nil:
            break
        }
        stages[peer] = .preparing(epoch: committed.epoch, until: now + policy.prepareTimeout)
        let prepare = Prepare(epoch: committed.epoch, gptPath: committed.gptPath, sovitsPath: committed.sovitsPath)
        return actions + [.send(peer, .prepare(prepare))]
    }

    /// Takes in a vote. A worker that starts behind votes without being asked, when it could not load the committed set.
    mutating func prepared(
        _ vote: Prepared, from peer: PeerID, at now: ContinuousClock.Instant
    ) -> [SwitchAction] {
        guard vote.ok else {
            if case .preparing(let epoch, _) = stages[peer], epoch != vote.epoch { return [] }
            stages[peer] = .refused(epoch: vote.epoch, until: now + policy.catchUpRetryInterval)
            return []
        }
        guard case .preparing(vote.epoch, _) = stages[peer] else { return [] }
        stages[peer] = .flipping(epoch: vote.epoch, until: now + policy.commitTimeout)
        return [.flip(peer, epoch: vote.epoch)]
    }

    /// The worker serves the committed set, or is gone.
    mutating func settle(_ peer: PeerID) {
        stages[peer] = nil
    }
}
