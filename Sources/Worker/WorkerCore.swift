import Logging
import Messaging
import Wire

/// Performs what ``WorkerStateMachine`` decides: the thin shell around it.
actor WorkerCore {
    typealias TaskID = WorkerStateMachine.TaskID

    private struct Running {
        var flag: CancellationFlag
        var task: Task<Void, Never>
        /// The synthesizer's delivery that waits for credit.
        var delivery: CheckedContinuation<Void, any Error>?
    }

    private var machine: WorkerStateMachine
    private let synthesizer: any Synthesizing
    private let status: WorkerStatus
    private let sockets: [DealerSocket]
    private let logger: Logger
    private var running: [TaskID: Running] = [:]
    /// Model set operations run one after the other, in the order in which they were decided.
    private var switching: Task<Void, Never>?
    private let exits = AsyncStream<WorkerStateMachine.Exit>.makeStream()

    init(
        machine: WorkerStateMachine, synthesizer: any Synthesizing, status: WorkerStatus, sockets: [DealerSocket],
        logger: Logger
    ) {
        self.machine = machine
        self.synthesizer = synthesizer
        self.status = status
        self.sockets = sockets
        self.logger = logger
    }

    // MARK: Events

    func handle(_ event: PeerEvent, of router: Int) {
        switch event {
        case .connected(let connection): handle(.connected(router: router, connection: connection))
        case .disconnected: handle(.disconnected(router: router))
        case .message(let received): handle(.received(router: router, received))
        case .badFrame(let bad): handle(.badFrame(router: router, bad))
        case .handshakeFailed(let reason): logger.warning("no connection: \(reason)")
        case .unroutable: break
        }
    }

    func handle(_ event: WorkerStateMachine.Event) {
        let actions = machine.handle(event, now: .now)
        // Before anything is sent, so that no heartbeat after it tells of the state before it.
        status.update(from: machine)
        for action in actions { perform(action) }
    }

    /// Returns when the worker is to exit, `nil` when the task is cancelled.
    func exit() async -> WorkerStateMachine.Exit? {
        await exits.stream.first { _ in true }
    }

    /// Tells everything that runs to stop. It is not waited for: a device that hangs must not keep the process.
    func stopEverything() {
        for id in running.keys { cancel(id) }
        switching?.cancel()
    }

    // MARK: Actions

    private func perform(_ action: WorkerStateMachine.Action) {
        switch action {
        case .send(let router, let connection, let request, let message):
            send(message, router: router, connection: connection, request: request)
        case .start(let id, let work, let deadline, let trace):
            start(id, work, deadline: deadline, trace: trace)
        case .cancel(let id):
            cancel(id)
        case .resumeDelivery(let id):
            running[id]?.delivery?.resume()
            running[id]?.delivery = nil
        case .prepare(let prepare):
            enqueue { [synthesizer] in
                let result = await Self.attempt {
                    try await synthesizer.prepare(
                        gptPath: prepare.gptPath, sovitsPath: prepare.sovitsPath, epoch: prepare.epoch)
                }
                return .prepared(epoch: prepare.epoch, result)
            }
        case .commit(let epoch):
            enqueue { [synthesizer] in
                .committed(epoch: epoch, await Self.attempt { try await synthesizer.commit(epoch: epoch) })
            }
        case .abort(let epoch):
            enqueue { [synthesizer] in
                await synthesizer.abort(epoch: epoch)
                return nil
            }
        case .exit(let exit):
            exits.continuation.yield(exit)
        case .log(let level, let text):
            logger.log(level: level, "\(text)")
        }
    }

    private func send(_ message: Message, router: Int, connection: UInt64, request: UInt64) {
        guard sockets.indices.contains(router) else { return }
        switch sockets[router].send(message, requestID: request, connection: connection) {
        case .queued, .closed: break
        case .full: handle(.sendFailed(router: router))
        case .unencodable: logger.error("a \(message.kind) could not be put in a frame and was dropped")
        }
    }

    private func cancel(_ id: TaskID) {
        guard let work = running[id] else { return }
        running[id]?.delivery = nil
        work.flag.cancel()
        work.task.cancel()
        work.delivery?.resume(throwing: CancellationError())
    }

    private func enqueue(_ operation: @escaping @Sendable () async -> WorkerStateMachine.Event?) {
        let previous = switching
        switching = Task {
            await previous?.value
            guard let event = await operation() else { return }
            handle(event)
        }
    }

    // MARK: Tasks

    private func start(_ id: TaskID, _ work: WorkerTask, deadline: ContinuousClock.Instant, trace: String?) {
        // The ACCEPT before it may have found the router gone.
        guard machine.wantsOutput(id) else {
            return handle(.finished(id, .failure(SynthesisFailure(code: .cancelled, message: "nobody waits"))))
        }
        let flag = CancellationFlag()
        let context = SynthesisContext(requestID: id.request, deadline: deadline, cancellation: flag, trace: trace)
        let synthesizer = synthesizer
        let task = Task {
            let result = await Self.attempt { () async throws -> SynthesisSummary in
                switch work {
                case .speech(let request):
                    return try await synthesizer.synthesize(request, context: context) { output in
                        try await self.deliver(output, of: id)
                    }
                case .reference(let path):
                    try await synthesizer.cacheReference(path: path)
                    return SynthesisSummary(audioSeconds: 0)
                }
            }
            running[id] = nil
            handle(.finished(id, result))
        }
        running[id] = Running(flag: flag, task: task)
    }

    private func deliver(_ output: SynthesisOutput, of id: TaskID) async throws {
        guard machine.wantsOutput(id) else { throw CancellationError() }
        guard !machine.isParked(id) else {
            throw SynthesisFailure(code: .internal, message: "a piece was delivered before the last one was taken")
        }
        handle(.output(id, output))
        guard machine.wantsOutput(id) else { throw CancellationError() }
        guard machine.isParked(id), running[id] != nil else { return }
        try await withCheckedThrowingContinuation { running[id]?.delivery = $0 }
    }

    private static func attempt<T: Sendable>(
        _ operation: @Sendable () async throws -> T
    ) async -> Result<T, SynthesisFailure> {
        do {
            return .success(try await operation())
        } catch let failure as SynthesisFailure {
            return .failure(failure)
        } catch is CancellationError {
            return .failure(SynthesisFailure(code: .cancelled, message: "the task was stopped", retriable: true))
        } catch {
            return .failure(SynthesisFailure(code: .internal, message: "\(error)"))
        }
    }
}
