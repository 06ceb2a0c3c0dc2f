import Messaging
import Wire

/// Carries every request from the queue to a worker and its answer back.
///
/// A request is queued, then submitted to a worker, then streams, then is over. Each try on a worker is an attempt with an id of its
/// own on the wire, so that a frame of an earlier try can never be taken for one of a later. Before the first byte a request
/// whose worker is lost, or fails in a way that another try can mend, goes to another worker, within its deadline, its number of
/// attempts and the budget. After the first byte a loss is the client's to see.
struct DispatchStateMachine {
    struct Request {
        let task: WorkerTask
        let seconds: Double
        let deadline: ContinuousClock.Instant
        let trace: String?
        /// The only worker that may take it, for tasks that concern one worker.
        let pinned: PeerID?
        var attempts = 0
        var attempt: UInt64?
        var avoided: Set<PeerID> = []
        var ledger: StreamLedger?
        /// Whether the worker said END, so that only the client has still to take bytes.
        var isComplete = false

        var hasBegun: Bool { ledger?.hasBegun ?? false }
    }

    struct Attempt {
        let peer: PeerID
        let seconds: Double
        let submitted: ContinuousClock.Instant
        let neighbours: Int
        /// `nil` when nobody waits for it any longer and only its slot is still taken.
        var request: UInt64?
        var isAccepted = false
        /// When the whole of the audio existed: at the first chunk of a stream of known length.
        var finished: ContinuousClock.Instant?
    }

    var requests: [UInt64: Request] = [:]
    var queue: AdmissionQueue
    var loads: [PeerID: WorkerLoad] = [:]
    private(set) var isDraining = false
    var attempts: [UInt64: Attempt] = [:]
    var budget: RetryBudget
    private var lastAttempt: UInt64 = 0
    /// Since when a model with waiting requests has had no worker.
    private var workersGoneSince: [String: ContinuousClock.Instant] = [:]
    let policy: RouterPolicy

    init(policy: RouterPolicy) {
        self.policy = policy
        queue = AdmissionQueue(policy: policy)
        budget = RetryBudget(policy: policy)
    }

    /// Requests that a worker has.
    var inFlight: Int { requests.values.count { $0.attempt != nil } }

    // MARK: Clients

    /// Takes a new request. Ids are given in the order of arrival.
    mutating func submit(
        _ id: UInt64, _ task: WorkerTask, deadline: ContinuousClock.Instant, trace: String? = nil,
        pinned: PeerID? = nil, registry: WorkerRegistry, at now: ContinuousClock.Instant
    ) -> [DispatchAction] {
        guard !isDraining else {
            return [
                .fail(
                    id,
                    RouterError(
                        .draining, "this server is about to stop; send the request again, to another one if there is",
                        isRetriable: true, retryAfter: policy.unavailableRetryAfter))
            ]
        }
        let seconds = AudioEstimate.seconds(of: task)
        do throws(RouterError) {
            let suitable = try suitableWorkers(for: task, registry)
            let rate = suitable.reduce(0) { $0 + (registry.isRoutable($1) ? $1.rate : 0) }
            try queue.admit(
                id, seconds: seconds, hasProspect: suitable.contains { $0.isProspect }, rate: rate)
        } catch {
            return [.fail(id, error)]
        }
        budget.deposit()
        requests[id] = Request(task: task, seconds: seconds, deadline: deadline, trace: trace, pinned: pinned)
        return pump(registry: registry, at: now)
    }

    /// The client took bytes.
    mutating func took(_ bytes: Int, of id: UInt64, at now: ContinuousClock.Instant) -> [DispatchAction] {
        guard var ledger = requests[id]?.ledger else { return [] }
        let credit = ledger.take(bytes, at: now)
        requests[id]?.ledger = ledger
        if requests[id]?.isComplete == true {
            if ledger.pending == 0 { requests[id] = nil }
            return []
        }
        guard let credit, let attempt = requests[id]?.attempt, let peer = attempts[attempt]?.peer else { return [] }
        return [.send(peer, attempt: attempt, .credit(Credit(bytes: UInt64(credit))))]
    }

    /// The client went away, or has all that it wanted.
    mutating func leave(_ id: UInt64, reason: String) -> [DispatchAction] {
        guard let request = requests.removeValue(forKey: id) else { return [] }
        queue.remove(id)
        return request.isComplete ? [] : abandon(request.attempt, reason: reason)
    }

    /// Takes nothing new from now on.
    mutating func drain() {
        isDraining = true
    }

    /// Ends everything, because the time to drain is over.
    mutating func stop() -> [DispatchAction] {
        requests.keys.sorted().flatMap { id in
            fail(
                id,
                RouterError(
                    .draining, "this server stops and could not finish the request in time", isRetriable: true,
                    retryAfter: policy.unavailableRetryAfter))
        }
    }

    // MARK: Workers

    /// Takes in a message under an attempt's id.
    mutating func received(
        _ message: Message, from peer: PeerID, attempt id: UInt64, at now: ContinuousClock.Instant
    ) -> [DispatchAction] {
        guard let attempt = attempts[id], attempt.peer == peer else {
            // A stream that nobody knows must not hold a slot. Late answers that end one are expected, and nobody's fault.
            switch message {
            case .accept, .chunk: return [.send(peer, attempt: id, .cancel(Cancel(reason: "the task is not known")))]
            default: return []
            }
        }
        guard let request = attempt.request else {
            switch message {
            case .busy, .cancelled, .end, .error: release(id)
            default: break
            }
            return []
        }
        switch message {
        case .accept:
            attempts[id]?.isAccepted = true
            return []
        case .busy(let busy):
            release(id)
            loads[peer, default: WorkerLoad()].limit = (loads[peer]?.count ?? 0) + busy.slotsFree
            requests[request]?.attempts -= 1
            requeue(request)
            return []
        case .chunk(let chunk):
            return receive(chunk, attempt: id, request: request, peer: peer, at: now)
        case .end(let end):
            return finish(end, attempt: id, request: request, peer: peer, at: now)
        case .error(let failure):
            release(id)
            return failed(request, RouterError(failure), on: peer, retriable: failure.retriable, at: now)
        case .cancelled:
            release(id)
            let error = RouterError(.workerLost, "worker \(peer) cancelled the task by itself", isRetriable: true)
            return failed(request, error, on: peer, retriable: true, at: now)
        default:
            return [.violated(peer, "a \(message.kind) came under the id of a task")]
        }
    }

    /// A heartbeat says anew how many slots are free.
    mutating func refreshed(_ peer: PeerID) {
        loads[peer]?.limit = nil
    }

    /// A worker left the rotation and may come back: what has not begun to stream goes elsewhere.
    mutating func suspended(_ peer: PeerID, isHung: Bool, at now: ContinuousClock.Instant) -> [DispatchAction] {
        var actions: [DispatchAction] = []
        for (id, request) in requestsOf(peer) {
            guard let attempt = request.attempt else { continue }
            if request.hasBegun, !isHung { continue }
            actions += abandon(attempt, reason: "the worker did not answer in time")
            let state = isHung ? "its device hangs" : "it is silent"
            actions += failed(id, lost(peer, state), on: peer, retriable: true, at: now)
        }
        return actions
    }

    /// A worker, or a connection of it, is gone with all that it had.
    mutating func lost(_ peer: PeerID, reason: String, at now: ContinuousClock.Instant) -> [DispatchAction] {
        let affected = requestsOf(peer)
        attempts = attempts.filter { $0.value.peer != peer }
        loads[peer] = nil
        var actions: [DispatchAction] = []
        for (id, _) in affected {
            actions += failed(id, lost(peer, reason), on: peer, retriable: true, at: now)
        }
        return actions
    }

    /// A frame could not be handed to the socket: the worker does not read.
    mutating func undeliverable(
        _ peer: PeerID, attempt id: UInt64, at now: ContinuousClock.Instant
    ) -> [DispatchAction] {
        guard let attempt = attempts[id], attempt.peer == peer else { return [] }
        release(id)
        guard let request = attempt.request else { return [] }
        return failed(request, lost(peer, "it does not take what it is sent"), on: peer, retriable: true, at: now)
    }

    private func lost(_ peer: PeerID, _ reason: String) -> RouterError {
        RouterError(.workerLost, "worker \(peer) was lost: \(reason)", isRetriable: true)
    }

    private func requestsOf(_ peer: PeerID) -> [(UInt64, Request)] {
        attempts.values.filter { $0.peer == peer }.compactMap(\.request).sorted().compactMap { id in
            requests[id].map { (id, $0) }
        }
    }

    // MARK: Time

    /// Gives waiting requests to workers with free slots, oldest first.
    mutating func pump(registry: WorkerRegistry, at now: ContinuousClock.Instant) -> [DispatchAction] {
        guard queue.depth > 0 else { return [] }
        var routable = registry.routable
        var actions: [DispatchAction] = []
        for id in queue.waiting {
            guard let request = requests[id] else {
                queue.remove(id)
                continue
            }
            routable.removeAll { !(loads[$0.peer] ?? WorkerLoad()).hasRoom(slots: $0.hello.slots) }
            guard !routable.isEmpty else { break }
            var candidates = Placement.suitable(routable, for: request.task)
            if let pinned = request.pinned {
                candidates = routable.filter { $0.peer == pinned }
            } else if candidates.contains(where: { !request.avoided.contains($0.peer) }) {
                candidates = candidates.filter { !request.avoided.contains($0.peer) }
            }
            guard let peer = Placement.choose(seconds: request.seconds, workers: candidates, loads: loads) else {
                continue
            }
            actions.append(give(id, to: peer, at: now))
        }
        return actions
    }

    private mutating func give(_ id: UInt64, to peer: PeerID, at now: ContinuousClock.Instant) -> DispatchAction {
        queue.remove(id)
        lastAttempt += 1
        let attempt = lastAttempt
        let request = requests[id]
        let seconds = request?.seconds ?? 0
        loads[peer, default: WorkerLoad()].add(attempt, seconds: seconds)
        attempts[attempt] = Attempt(
            peer: peer, seconds: seconds, submitted: now, neighbours: loads[peer]?.count ?? 1, request: id)
        let ledger = StreamLedger(window: policy.creditWindow, at: now)
        requests[id]?.attempts += 1
        requests[id]?.attempt = attempt
        requests[id]?.ledger = ledger
        let remaining = max(0, ((request?.deadline ?? now) - now) / .milliseconds(1))
        let submit = Submit(
            task: request?.task ?? .reference(path: ""),
            deadlineMilliseconds: min(UInt64(remaining), Message.maximumMilliseconds),
            credit: UInt64(policy.creditWindow), trace: request?.trace)
        return .send(peer, attempt: attempt, .submit(submit))
    }

    /// Ends what takes too long. To be called several times a second.
    mutating func tick(registry: WorkerRegistry, at now: ContinuousClock.Instant) -> [DispatchAction] {
        noteModels(without: registry, at: now)
        var actions: [DispatchAction] = []
        for (id, request) in requests.sorted(by: { $0.key < $1.key }) {
            if let ledger = request.ledger, ledger.pending > 0, now - ledger.lastMove >= policy.clientStallLimit {
                actions += fail(
                    id, RouterError(.clientGone, "the client took nothing for \(policy.clientStallLimit)"))
            } else if request.hasBegun {
                continue
            } else if now >= request.deadline {
                let message =
                    "no audio within the time limit; try a shorter text, or raise the limit of the server"
                actions += fail(id, RouterError(.deadline, message, isRetriable: true))
            } else if request.attempt == nil, let since = workersGoneSince[request.task.model],
                now - since >= policy.noWorkerGrace
            {
                let message = "every worker is gone and none came back within \(policy.noWorkerGrace)"
                actions += fail(
                    id,
                    RouterError(
                        .noWorker, message, isRetriable: true, retryAfter: policy.unavailableRetryAfter))
            } else if request.attempt == nil, let pinned = request.pinned, registry.workers[pinned] == nil {
                actions += fail(id, lost(pinned, "it left before its turn came"))
            } else if let attempt = request.attempt, let state = attempts[attempt], !state.isAccepted,
                now - state.submitted >= policy.acceptLimit
            {
                actions += abandon(attempt, reason: "not accepted in time")
                actions += failed(
                    id, lost(state.peer, "it did not accept the task in time"), on: state.peer, retriable: true,
                    at: now)
            }
        }
        return actions + pump(registry: registry, at: now)
    }

    /// Keeps since when the models of waiting requests have had nobody to wait for.
    private mutating func noteModels(without registry: WorkerRegistry, at now: ContinuousClock.Instant) {
        let waiting = Set(queue.waiting.compactMap { requests[$0]?.task.model })
        let served = Set(registry.workers.values.filter(\.isProspect).map(\.model))
        workersGoneSince = workersGoneSince.filter { waiting.contains($0.key) && !served.contains($0.key) }
        for model in waiting.subtracting(served) where workersGoneSince[model] == nil { workersGoneSince[model] = now }
    }
}
