import Messaging
import Wire

/// Switches the set of all workers of one model in two phases.
///
/// PREPARE goes to every worker in service; when all have PREPARED, the epoch flips and COMMIT goes out. One refusal, or the
/// time limit, keeps the old set everywhere: ABORT goes to all. The answer waits for every vote, so that the caller gets each
/// worker's reason and not only the first.
///
/// A worker that is lost on the way takes no part any longer: the switch completes without it as long as one worker
/// has prepared the set, because a worker that comes back has to load the committed set before it is given work. If none is
/// left, the switch fails. One switch runs at a time, the others wait in order.
struct WeightSwitchStateMachine {
    private enum Vote: Equatable {
        case pending
        case prepared(ModelSetDescription?)
        case refused(String)
        case lost(String)
        case serving
    }

    private struct Round {
        let id: UInt64
        let epoch: UInt64
        let change: WeightChange
        var votes: [PeerID: Vote]
        var deadline: ContinuousClock.Instant
        var isFlipped = false
    }

    private var round: Round?
    private var waiting: [(id: UInt64, change: WeightChange)] = []
    private var lastEpoch: UInt64 = 0
    private let policy: RouterPolicy

    init(policy: RouterPolicy) {
        self.policy = policy
    }

    /// Whether a switch runs.
    var isRunning: Bool { round != nil }
    /// The model that the running switch is about.
    var model: String? { round?.change.model }
    /// The model that the switch is about whose turn comes next.
    var nextModel: String? { waiting.first?.change.model }

    /// Whether the worker takes part in the switch that runs.
    func involves(_ peer: PeerID) -> Bool {
        switch round?.votes[peer] {
        case .pending, .prepared, .refused: true
        case .lost, .serving, nil: false
        }
    }

    /// Takes a request for a switch; `begin` starts it when its turn comes.
    ///
    /// - Returns: whether there was room to wait.
    mutating func request(_ id: UInt64, _ change: WeightChange) -> Bool {
        guard waiting.count < policy.switchQueueLimit else { return false }
        waiting.append((id, change))
        return true
    }

    /// Begins the next switch, if none runs and one waits.
    ///
    /// - Parameters:
    ///   - workers: those of ``nextModel`` in service.
    ///   - committed: what they serve.
    mutating func begin(
        workers: [PeerID], committed: CommittedSet?, at now: ContinuousClock.Instant
    ) -> [SwitchAction] {
        guard round == nil, !waiting.isEmpty else { return [] }
        let (id, change) = waiting.removeFirst()
        guard !workers.isEmpty, let committed else {
            return [.finish(id, .failed([]))]
        }
        // Epochs of failed switches are not used again, so that a late vote cannot be taken for a new one.
        lastEpoch = max(lastEpoch, committed.epoch) + 1
        round = Round(
            id: id, epoch: lastEpoch, change: change,
            votes: Dictionary(workers.map { ($0, .pending) }, uniquingKeysWith: { first, _ in first }),
            deadline: now + policy.prepareTimeout)
        let prepare = Prepare(epoch: lastEpoch, gptPath: change.gptPath, sovitsPath: change.sovitsPath)
        return workers.map { .send($0, .prepare(prepare)) }
    }

    /// Takes in a vote.
    mutating func prepared(
        _ vote: Prepared, from peer: PeerID, committed: CommittedSet?, at now: ContinuousClock.Instant
    ) -> [SwitchAction] {
        guard let running = round, !running.isFlipped, running.epoch == vote.epoch,
            running.votes[peer] == .pending
        else { return [] }
        round?.votes[peer] =
            vote.ok ? .prepared(vote.modelSet) : .refused(vote.error ?? "it refused the set without a reason")
        return decide(committed: committed, at: now)
    }

    /// Takes in that a worker serves an epoch.
    mutating func serving(_ peer: PeerID, epoch: UInt64) -> [SwitchAction] {
        guard let running = round, running.isFlipped, running.epoch == epoch, running.votes[peer] != nil else {
            return []
        }
        round?.votes[peer] = .serving
        return finishIfAllServe()
    }

    /// Takes in that a worker left the rotation or is gone.
    mutating func left(
        _ peer: PeerID, reason: String, committed: CommittedSet?, at now: ContinuousClock.Instant
    ) -> [SwitchAction] {
        guard let running = round, let vote = running.votes[peer] else { return [] }
        switch vote {
        case .lost, .refused, .serving:
            return []
        case .pending, .prepared:
            round?.votes[peer] = .lost(reason)
            return running.isFlipped ? finishIfAllServe() : decide(committed: committed, at: now)
        }
    }

    /// Ends what takes too long.
    mutating func tick(committed: CommittedSet?, at now: ContinuousClock.Instant) -> [SwitchAction] {
        guard let running = round, now >= running.deadline else { return [] }
        for (peer, vote) in running.votes where vote == .pending || (running.isFlipped && vote != .serving) {
            if case .lost = vote { continue }
            let late: Vote =
                running.isFlipped
                ? .lost("it did not say that it serves within \(policy.commitTimeout)")
                : .refused("it did not answer within \(policy.prepareTimeout)")
            round?.votes[peer] = late
        }
        return running.isFlipped ? finishIfAllServe() : decide(committed: committed, at: now)
    }

    // MARK: Deciding

    private mutating func decide(committed: CommittedSet?, at now: ContinuousClock.Instant) -> [SwitchAction] {
        guard let running = round, let committed, !running.votes.values.contains(.pending) else { return [] }
        let peers = running.votes.keys.sorted { $0.description < $1.description }
        var prepared: [PeerID] = []
        var isRefused = false
        for peer in peers {
            switch running.votes[peer] {
            case .prepared: prepared.append(peer)
            case .refused: isRefused = true
            default: break
            }
        }
        guard !isRefused, let first = prepared.first else {
            round = nil
            // Also to those that were lost: a worker that comes back must not keep a prepared set in memory.
            let aborts = peers.map { SwitchAction.send($0, .abort(EpochMessage(epoch: running.epoch))) }
            return aborts + [.finish(running.id, .failed(reasons(running)))]
        }
        var modelSet: ModelSetDescription?
        if case .prepared(let described) = running.votes[first] { modelSet = described }
        let set = CommittedSet(
            epoch: running.epoch, gptPath: running.change.gptPath ?? committed.gptPath,
            sovitsPath: running.change.sovitsPath ?? committed.sovitsPath)
        let deadline = now + policy.commitTimeout
        round?.isFlipped = true
        round?.deadline = deadline
        var actions: [SwitchAction] = [.commit(running.change.model, set, modelSet)]
        for peer in peers where !prepared.contains(peer) {
            actions.append(.send(peer, .abort(EpochMessage(epoch: running.epoch))))
        }
        return actions + prepared.map { .flip($0, epoch: running.epoch) }
    }

    private mutating func finishIfAllServe() -> [SwitchAction] {
        guard let running = round else { return [] }
        let isComplete = running.votes.values.allSatisfy {
            switch $0 {
            case .serving, .lost: true
            case .pending, .prepared, .refused: false
            }
        }
        guard isComplete else { return [] }
        round = nil
        return [.finish(running.id, .committed(epoch: running.epoch, fellOut: reasons(running)))]
    }

    private func reasons(_ round: Round) -> [WorkerReason] {
        round.votes.keys.sorted { $0.description < $1.description }.compactMap { peer in
            switch round.votes[peer] {
            case .refused(let reason), .lost(let reason): WorkerReason(worker: peer.description, reason: reason)
            default: nil
            }
        }
    }
}
