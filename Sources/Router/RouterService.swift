import Logging
import Messaging
import Wire

/// The shell around ``RouterStateMachine``: it owns the socket to the workers, feeds events in and performs what comes out.
///
/// Nothing in here decides anything. All calls are short; what waits, waits in a stream or a continuation.
actor RouterService {
    private var machine: RouterStateMachine
    private var exchanges: [UInt64: AsyncThrowingStream<SpeechEvent, any Error>.Continuation] = [:]
    /// How to break a connection whose answer has begun and cannot be completed.
    private var breakers: [UInt64: @Sendable () -> Void] = [:]
    private var switches: [UInt64: CheckedContinuation<SwitchOutcome, any Error>] = [:]
    private var idleWaiters: [CheckedContinuation<Void, Never>] = []
    private var lastID: UInt64 = 0
    private let socket: RouterSocket
    private let policy: RouterPolicy
    private let metrics: RouterMetrics
    private let logger: Logger
    private let clock = ContinuousClock()
    /// Requests whose client went away; filled from any thread.
    private let departures: (stream: AsyncStream<UInt64>, continuation: AsyncStream<UInt64>.Continuation)
    /// Sets that were committed, to be told to the owner of the settings, in order.
    private let commits: (stream: AsyncStream<Committed>, continuation: AsyncStream<Committed>.Continuation)
    private let onCommitted: RouterHooks.Committed

    private struct Committed {
        var model: String
        var set: CommittedSet
    }

    init(
        socket: RouterSocket, policy: RouterPolicy, routerID: String, metrics: RouterMetrics, logger: Logger,
        onCommitted: @escaping RouterHooks.Committed
    ) {
        machine = RouterStateMachine(policy: policy, routerID: routerID, now: clock.now)
        self.socket = socket
        self.policy = policy
        self.metrics = metrics
        self.logger = logger
        self.onCommitted = onCommitted
        departures = AsyncStream.makeStream()
        commits = AsyncStream.makeStream()
    }

    /// Serves until the task is cancelled; then everything that is open fails.
    nonisolated func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.receive() }
            group.addTask { await self.keepTime() }
            group.addTask {
                for await id in self.departures.stream { await self.leave(id) }
            }
            group.addTask {
                for await commit in self.commits.stream {
                    await self.onCommitted(commit.model, commit.set.gptPath, commit.set.sovitsPath)
                }
            }
            await group.waitForAll()
        }
        await stop()
    }

    private func receive() async {
        for await event in socket.events {
            let now = clock.now
            switch event {
            case .message(let message): perform(machine.received(message, at: now))
            case .unroutable(let peer): perform(machine.unroutable(peer, at: now))
            case .badFrame(let frame):
                metrics.violations.increment()
                logger.warning(
                    "a worker sent a bad frame", metadata: ["worker": "\(frame.peer)", "error": "\(frame.error)"])
            case .handshakeFailed(let reason):
                logger.warning("a worker could not connect", metadata: ["reason": "\(reason)"])
            case .connected, .disconnected: break
            }
        }
    }

    private func keepTime() async {
        // A twentieth of the silence limit: a silent worker is noticed within that after the limit.
        let interval = max(policy.silenceLimit / 20, .milliseconds(5))
        var measured = clock.now
        while !Task.isCancelled {
            perform(machine.tick(at: clock.now))
            if clock.now - measured >= .seconds(1) {
                measured = clock.now
                metrics.update(snapshot)
            }
            try? await clock.sleep(for: interval)
        }
    }

    // MARK: Requests

    /// Sends a task on its way.
    ///
    /// - Parameters:
    ///   - task: what is asked for.
    ///   - trace: the W3C `traceparent` that the worker is given.
    ///   - worker: the only worker that may take it, for tasks that concern one worker.
    func submit(_ task: WorkerTask, trace: String? = nil, worker: PeerID? = nil) -> SpeechExchange {
        lastID += 1
        let id = lastID
        let (stream, continuation) = AsyncThrowingStream<SpeechEvent, any Error>.makeStream()
        let departures = departures.continuation
        continuation.onTermination = { reason in
            if case .cancelled = reason { departures.yield(id) }
        }
        exchanges[id] = continuation
        let now = clock.now
        perform(
            machine.submit(
                id, task, deadline: now + policy.requestTimeout, trace: trace, pinned: worker, at: now))
        return SpeechExchange(id: id, events: stream)
    }

    /// An answer begins to be written. Should it fail, or its client stop reading, the connection is broken.
    func begin(_ id: UInt64, breaker: @escaping @Sendable () -> Void) {
        breakers[id] = breaker
    }

    /// The client took bytes of an answer.
    func took(_ bytes: Int, of id: UInt64) {
        perform(machine.took(bytes, of: id, at: clock.now))
        wakeIfIdle()
    }

    /// The client of a request went away, or has all of the answer. May be called from any thread, and more than once.
    nonisolated func depart(_ id: UInt64) {
        departures.continuation.yield(id)
    }

    private func leave(_ id: UInt64) {
        perform(machine.leave(id, at: clock.now))
        breakers[id] = nil
        exchanges.removeValue(forKey: id)?.finish(
            throwing: RouterError(.clientGone, "the client went away before the answer was complete"))
        wakeIfIdle()
    }

    /// Has every worker of a model that is in service encode a reference audio and keep it.
    ///
    /// - Throws: ``RouterError`` with each worker's reason, if one refused; `noWorker` if there is none, `unknownModel`.
    func cacheReference(path: String, model: String) async throws(RouterError) {
        try machine.dispatch.checkModel(model, machine.registry)
        let workers = machine.registry.routable(of: model).map(\.peer)
        guard !workers.isEmpty else {
            throw RouterError(
                .noWorker, "no worker is ready; try again", isRetriable: true,
                retryAfter: policy.unavailableRetryAfter)
        }
        let exchanges = workers.map { ($0, submit(.reference(path: path), worker: $0)) }
        var failures: [(PeerID, RouterError)] = []
        var successes = 0
        for (peer, exchange) in exchanges {
            do {
                for try await _ in exchange.events {}
                successes += 1
            } catch let error as RouterError {
                failures.append((peer, error))
            } catch {
                failures.append((peer, RouterError(.internal, "\(error)", underlying: error)))
            }
        }
        // A worker that was lost on the way will read the reference when it first needs it.
        if successes > 0 { failures.removeAll { $0.1.code == .workerLost } }
        guard let first = failures.first else { return }
        let message = failures.map { "\($0.0): \($0.1.message)" }.joined(separator: "; ")
        throw RouterError(
            first.1.code, message, underlying: first.1, isRetriable: first.1.isRetriable,
            retryAfter: first.1.retryAfter)
    }

    /// Switches the weights of all workers of a model.
    ///
    /// - Throws: ``RouterError`` with each worker's reason; the old set then serves everywhere.
    func switchWeights(_ change: WeightChange) async throws(RouterError) {
        let outcome: SwitchOutcome
        do {
            outcome = try await withCheckedThrowingContinuation { continuation in
                lastID += 1
                let id = lastID
                switches[id] = continuation
                do throws(RouterError) {
                    perform(try machine.switchWeights(id, change, at: clock.now))
                } catch {
                    switches.removeValue(forKey: id)?.resume(throwing: error)
                }
            }
        } catch let error as RouterError {
            throw error
        } catch {
            throw RouterError(.internal, "\(error)", underlying: error)
        }
        switch outcome {
        case .committed(let epoch, let fellOut):
            metrics.switches(succeeded: true).increment()
            logger.notice(
                "switched weights", metadata: ["epoch": "\(epoch)", "fell_out": "\(fellOut.map(\.description))"])
        case .failed(let reasons):
            metrics.switches(succeeded: false).increment()
            let text = reasons.map(\.description).joined(separator: "; ")
            logger.warning("weights were not switched", metadata: ["reasons": "\(text)"])
            guard !reasons.isEmpty else {
                throw RouterError(
                    .noWorker, "no worker is ready to switch its weights", isRetriable: true, retryAfter: 5)
            }
            throw RouterError(.badCheckpoint, text)
        }
    }

    // MARK: State

    /// What the router knows at the moment.
    var snapshot: RouterSnapshot {
        RouterSnapshot(machine: machine, now: clock.now)
    }

    /// The versions that are served, by the model's name.
    var modelVersions: [String: String] {
        machine.registry.commitments.compactMapValues { $0.described?.version }
    }

    // MARK: Stopping

    /// Takes nothing new from now on; what is under way goes on.
    func drain() {
        machine.drain()
    }

    /// Returns when no request is under way.
    func waitUntilIdle() async {
        guard !machine.dispatch.requests.isEmpty else { return }
        await withCheckedContinuation { idleWaiters.append($0) }
    }

    /// Ends everything that is under way.
    func stop() {
        machine.drain()
        perform(machine.stop())
        for (_, continuation) in switches {
            continuation.resume(throwing: RouterError(.draining, "this server stops", isRetriable: true, retryAfter: 5))
        }
        switches = [:]
        wakeIfIdle()
    }

    private func wakeIfIdle() {
        guard !idleWaiters.isEmpty, machine.dispatch.requests.isEmpty else { return }
        for waiter in idleWaiters { waiter.resume() }
        idleWaiters = []
    }

    // MARK: Performing

    private func perform(_ actions: [RouterAction]) {
        for action in actions {
            switch action {
            case .send(let peer, let incarnation, let requestID, let message):
                let outcome = socket.send(message, to: peer, incarnation: incarnation, requestID: requestID)
                if outcome != .queued, requestID != 0 {
                    perform(machine.undeliverable(peer, requestID: requestID, at: clock.now))
                }
            case .respond(let id, .end(let end)):
                metrics.audioSeconds.increment(by: end.audioSeconds)
                exchanges[id]?.yield(.end(end))
                exchanges.removeValue(forKey: id)?.finish()
            case .respond(let id, let event):
                exchanges[id]?.yield(event)
            case .fail(let id, let error):
                exchanges.removeValue(forKey: id)?.finish(throwing: error)
                breakers.removeValue(forKey: id)?()
            case .committed(let model, let set):
                commits.continuation.yield(Committed(model: model, set: set))
            case .switched(let id, let outcome):
                switches.removeValue(forKey: id)?.resume(returning: outcome)
            case .notice(let notice):
                notice.record(metrics, logger)
            }
        }
        wakeIfIdle()
    }
}
