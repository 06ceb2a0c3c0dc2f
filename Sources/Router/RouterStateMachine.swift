import Messaging
import Wire

/// Everything that the router decides: an event goes in, a list of actions comes out, the clock is the caller's.
///
/// It joins the registry of workers, dispatch and weight switching; each of them is a state machine of its own.
struct RouterStateMachine {
    private(set) var registry: WorkerRegistry
    private(set) var dispatch: DispatchStateMachine
    private(set) var weights: WeightSwitchStateMachine
    private var catchUp: CatchUpStateMachine

    init(policy: RouterPolicy, routerID: String, now: ContinuousClock.Instant) {
        registry = WorkerRegistry(policy: policy, routerID: routerID, now: now)
        dispatch = DispatchStateMachine(policy: policy)
        weights = WeightSwitchStateMachine(policy: policy)
        catchUp = CatchUpStateMachine(policy: policy)
    }

    // MARK: Clients

    /// Takes a request; ids grow from one request to the next.
    mutating func submit(
        _ id: UInt64, _ task: WorkerTask, deadline: ContinuousClock.Instant, trace: String? = nil,
        pinned: PeerID? = nil, at now: ContinuousClock.Instant
    ) -> [RouterAction] {
        translate(
            dispatch.submit(
                id, task, deadline: deadline, trace: trace, pinned: pinned, registry: registry, at: now))
    }

    /// The client of a request took bytes.
    mutating func took(_ bytes: Int, of id: UInt64, at now: ContinuousClock.Instant) -> [RouterAction] {
        translate(dispatch.took(bytes, of: id, at: now))
    }

    /// The client of a request went away.
    mutating func leave(_ id: UInt64, at now: ContinuousClock.Instant) -> [RouterAction] {
        translate(dispatch.leave(id, reason: "the client went away")) + settle(at: now)
    }

    /// Someone asks for other weights.
    mutating func switchWeights(
        _ id: UInt64, _ change: WeightChange, at now: ContinuousClock.Instant
    ) throws(RouterError) -> [RouterAction] {
        guard !dispatch.isDraining else {
            throw RouterError(.draining, "this server is about to stop", isRetriable: true, retryAfter: 5)
        }
        try dispatch.checkModel(change.model, registry)
        guard !registry.routable(of: change.model).isEmpty || weights.model == change.model else {
            throw RouterError(
                .noWorker, "no worker is ready to switch its weights; try again", isRetriable: true, retryAfter: 5)
        }
        guard weights.request(id, change) else {
            throw RouterError(
                .switchQueueFull, "other weight switches are waiting already; try again later", isRetriable: true,
                retryAfter: 10)
        }
        return settle(at: now)
    }

    /// Takes nothing new from now on.
    mutating func drain() {
        dispatch.drain()
    }

    /// Ends every request, because the time to drain is over.
    mutating func stop() -> [RouterAction] {
        translate(dispatch.stop())
    }

    // MARK: Workers

    /// Takes in a message of a worker.
    mutating func received(_ received: ReceivedMessage, at now: ContinuousClock.Instant) -> [RouterAction] {
        let peer = received.peer
        if case .hello(let hello) = received.message {
            return apply(registry.hello(hello, from: peer, incarnation: received.incarnation, at: now), at: now)
                + settle(at: now)
        }
        if let refusal = registry.admit(from: peer, incarnation: received.incarnation, at: now) {
            return apply(refusal, at: now)
        }
        var actions: [RouterAction] = []
        switch received.message {
        case .ready(let ready):
            actions = apply(registry.ready(ready, from: peer), at: now)
        case .heartbeat(let heartbeat):
            actions = apply(registry.heartbeat(heartbeat, from: peer, at: now), at: now)
            dispatch.refreshed(peer)
        case .prepared(let vote):
            actions = perform(
                weights.prepared(vote, from: peer, committed: committedOfSwitch, at: now), at: now)
            if !weights.involves(peer) {
                actions += perform(catchUp.prepared(vote, from: peer, at: now), at: now)
                // A refusal of a switch that failed meanwhile says nothing about the committed set.
                if !vote.ok, vote.epoch == committed(of: peer)?.epoch {
                    let reason = vote.error ?? "it refused the set without a reason"
                    registry.refused(peer, reason: reason)
                    actions.append(.notice(.refused(peer, reason: reason)))
                }
            }
        case .accept, .busy, .chunk, .end, .error, .cancelled:
            actions = translate(
                dispatch.received(received.message, from: peer, attempt: received.requestID, at: now))
        case .hello, .welcome, .reject, .submit, .credit, .cancel, .drain, .prepare, .commit, .abort:
            actions = [.notice(.violated(peer, "a worker does not send \(received.message.kind)"))]
        }
        return actions + settle(at: now)
    }

    /// The socket has no connection with the worker.
    mutating func unroutable(_ peer: PeerID, at now: ContinuousClock.Instant) -> [RouterAction] {
        apply(registry.unroutable(peer), at: now) + settle(at: now)
    }

    /// A message could not be handed to the socket.
    mutating func undeliverable(
        _ peer: PeerID, requestID: UInt64, at now: ContinuousClock.Instant
    ) -> [RouterAction] {
        translate(dispatch.undeliverable(peer, attempt: requestID, at: now)) + settle(at: now)
    }

    // MARK: Time

    /// Judges everything anew. To be called several times a second.
    mutating func tick(at now: ContinuousClock.Instant) -> [RouterAction] {
        var actions = apply(registry.tick(at: now), at: now)
        actions += perform(weights.tick(committed: committedOfSwitch, at: now), at: now)
        actions += translate(dispatch.tick(registry: registry, at: now))
        return actions + settle(at: now)
    }

    // MARK: Joining the parts

    /// Starts what can be started now: a waiting switch, a worker that is behind, waiting requests.
    private mutating func settle(at now: ContinuousClock.Instant) -> [RouterAction] {
        var actions: [RouterAction] = []
        while !weights.isRunning, let model = weights.nextModel {
            let workers = registry.routable(of: model).map(\.peer)
            actions += perform(
                weights.begin(workers: workers, committed: registry.committed(model), at: now), at: now)
        }
        for worker in registry.workers.values.sorted(by: { $0.hello.workerID < $1.hello.workerID })
        where needsCatchUp(worker) {
            guard let committed = registry.committed(worker.model) else { continue }
            actions += perform(catchUp.bring(worker.peer, to: committed, at: now), at: now)
        }
        return actions + translate(dispatch.pump(registry: registry, at: now))
    }

    /// What the workers serve that the running switch is about.
    private var committedOfSwitch: CommittedSet? { weights.model.flatMap { registry.committed($0) } }

    /// What the worker is to serve.
    private func committed(of peer: PeerID) -> CommittedSet? {
        registry.workers[peer].flatMap { registry.committed($0.model) }
    }

    private func needsCatchUp(_ worker: WorkerRecord) -> Bool {
        guard worker.health.condition == .healthy, !worker.isDraining, !weights.involves(worker.peer) else {
            return false
        }
        switch worker.phase {
        case .serving(let epoch): return registry.isBehind(worker, epoch: epoch)
        // A starting worker loads the committed set by itself; it is asked only when it said that it could not.
        case .starting: return worker.refusal != nil
        // Told to flip, and nothing came of it: asked again when its time is over.
        case .flipping: return true
        }
    }

    private mutating func apply(
        _ changes: [WorkerRegistry.Change], at now: ContinuousClock.Instant
    ) -> [RouterAction] {
        var actions: [RouterAction] = []
        for change in changes {
            switch change {
            case .reply(let peer, let incarnation, let message):
                actions.append(.send(peer, incarnation: incarnation, requestID: 0, message))
            case .joined(let peer):
                actions.append(.notice(.joined(peer)))
            case .serving(let peer, let epoch):
                if epoch == committed(of: peer)?.epoch { catchUp.settle(peer) }
                actions.append(.notice(.serving(peer, epoch: epoch)))
                actions += perform(weights.serving(peer, epoch: epoch), at: now)
            case .suspended(let peer, let condition):
                actions.append(.notice(.suspended(peer, condition)))
                actions += translate(dispatch.suspended(peer, isHung: condition == .hung, at: now))
                let reason = condition == .hung ? "its device hangs" : "it went silent"
                actions += perform(
                    weights.left(peer, reason: reason, committed: committedOfSwitch, at: now), at: now)
            case .recovered(let peer):
                actions.append(.notice(.recovered(peer)))
            case .lost(let peer, let reason):
                catchUp.settle(peer)
                actions.append(.notice(.lost(peer, reason: reason)))
                actions += translate(dispatch.lost(peer, reason: reason, at: now))
                actions += perform(
                    weights.left(peer, reason: reason, committed: committedOfSwitch, at: now), at: now)
            }
        }
        return actions
    }

    private mutating func perform(_ steps: [SwitchAction], at now: ContinuousClock.Instant) -> [RouterAction] {
        var actions: [RouterAction] = []
        for step in steps {
            switch step {
            case .send(let peer, let message):
                actions += send(peer, 0, message)
            case .flip(let peer, let epoch):
                registry.flipping(peer, to: epoch)
                actions += send(peer, 0, .commit(EpochMessage(epoch: epoch)))
            case .commit(let model, let set, let modelSet):
                registry.commit(model, set, modelSet: modelSet)
                actions.append(.committed(model, set))
            case .finish(let id, let outcome):
                actions.append(.switched(id, outcome))
            }
        }
        return actions
    }

    private mutating func translate(_ steps: [DispatchAction]) -> [RouterAction] {
        var actions: [RouterAction] = []
        for step in steps {
            switch step {
            case .send(let peer, let attempt, let message): actions += send(peer, attempt, message)
            case .respond(let id, let event): actions.append(.respond(id, event))
            case .fail(let id, let error): actions.append(.fail(id, error))
            case .retried(_, let peer, let reason): actions.append(.notice(.retried(from: peer, reason: reason)))
            case .measured(let peer, let rate): registry.observe(rate: rate, of: peer)
            case .violated(let peer, let text): actions.append(.notice(.violated(peer, text)))
            }
        }
        return actions
    }

    private func send(_ peer: PeerID, _ requestID: UInt64, _ message: Message) -> [RouterAction] {
        // A worker that is gone takes nothing; what it had was failed over when it left.
        guard let worker = registry.workers[peer] else { return [] }
        return [.send(peer, incarnation: worker.incarnation, requestID: requestID, message)]
    }
}
