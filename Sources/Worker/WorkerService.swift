import Glibc
import Logging
import Messaging
import ServiceLifecycle
import Wire

/// A worker: serves one synthesizer to every router that it is told of.
///
/// It dials the routers, tells them who it is and what it holds, warms up, takes tasks up to its slots, streams results
/// under credit, switches model sets, and reports how the device is doing. On graceful shutdown it takes nothing new,
/// finishes what runs, and returns.
public struct WorkerService: Service {
    private let configuration: WorkerConfiguration
    private let synthesizer: any Synthesizing
    private let logger: Logger
    private let incarnation: UInt64

    /// Creates a worker.
    public init(configuration: WorkerConfiguration, synthesizer: any Synthesizing, logger: Logger) {
        self.configuration = configuration
        self.synthesizer = synthesizer
        self.logger = logger
        incarnation = UInt64.random(in: 1...UInt64.max)
    }

    /// Serves until it is drained, its standard input closes (where that is watched), or its task is cancelled.
    ///
    /// - Throws: ``WorkerError``; `MessagingError` where an endpoint or a key cannot be used.
    public func run() async throws {
        try configuration.validate()
        let status = WorkerStatus(synthesizer: synthesizer, interval: configuration.heartbeatInterval)
        var sockets: [DealerSocket] = []
        for (router, endpoint) in configuration.routers.enumerated() {
            sockets.append(
                try DealerSocket(
                    endpoint: endpoint, name: configuration.workerID, incarnation: incarnation,
                    security: configuration.security, ticker: status.ticker(for: router),
                    limits: configuration.limits))
        }
        let core = WorkerCore(
            machine: await machine(), synthesizer: synthesizer, status: status, sockets: sockets, logger: logger)
        logger.info("worker \(configuration.workerID) dials \(configuration.routers)")

        let outcome = await Result { try await serve(core, sockets) }
        await core.stopEverything()
        for socket in sockets { await socket.close(linger: .seconds(2)) }
        if Task.isCancelled { return }
        try outcome.get()
    }

    private enum Ending: Sendable {
        case exit(WorkerStateMachine.Exit)
        case inputClosed
        case cancelled
        case goesOn
    }

    private func serve(_ core: WorkerCore, _ sockets: [DealerSocket]) async throws {
        // Not a child: a device that hangs in its self-test must not keep the process from exiting.
        let warmUp = Task { [synthesizer] in try await synthesizer.warmUp() }
        defer { warmUp.cancel() }
        let ending = try await withThrowingTaskGroup(of: Ending.self) { group in
            for (router, socket) in sockets.enumerated() {
                group.addTask {
                    for await event in socket.events { await core.handle(event, of: router) }
                    return .cancelled
                }
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: .milliseconds(50))
                    await core.handle(.tick)
                }
            }
            group.addTask {
                let rate = try await Self.result(of: warmUp)
                await core.handle(.warmedUp(rate: rate))
                return .goesOn
            }
            group.addTask {
                try await gracefulShutdown()
                await core.handle(.drain)
                return .goesOn
            }
            group.addTask { await core.exit().map(Ending.exit) ?? .cancelled }
            if configuration.exitOnStandardInputClose {
                let descriptor = configuration.standardInput
                group.addTask {
                    await InputWatcher.waitForEnd(of: descriptor)
                    return .inputClosed
                }
            }
            defer { group.cancelAll() }
            while let ending = try await group.next() {
                if case .goesOn = ending { continue }
                return ending
            }
            return .cancelled
        }
        try report(ending)
    }

    private func report(_ ending: Ending) throws {
        switch ending {
        case .exit(.drained): logger.info("drained")
        case .exit(.drainTimedOut): logger.warning("some tasks did not finish within \(configuration.drainTimeout)")
        case .exit(.commitFailed(let reason)):
            throw WorkerError(.commitFailed, "the prepared model set could not be taken into service: \(reason)")
        case .inputClosed: logger.info("standard input closed; exiting")
        case .cancelled, .goesOn: break
        }
    }

    /// Waits for the self-test, or until the waiting task is cancelled.
    private static func result(of warmUp: Task<Double, any Error>) async throws -> Double {
        let results = AsyncThrowingStream<Double, any Error> { continuation in
            let waiter = Task {
                do {
                    continuation.yield(try await warmUp.value)
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in waiter.cancel() }
        }
        do {
            guard let rate = try await results.first(where: { _ in true }) else { throw CancellationError() }
            guard rate.isFinite, rate >= 0 else {
                throw WorkerError(.warmUpFailed, "the self-test measured a rate of \(rate)")
            }
            return rate
        } catch let error as WorkerError {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw WorkerError(
                .warmUpFailed, "the self-test failed; check the weights and the device", underlying: error)
        }
    }

    private func machine() async -> WorkerStateMachine {
        WorkerStateMachine(
            identity: WorkerStateMachine.Identity(
                incarnation: incarnation, workerID: configuration.workerID, software: configuration.software,
                device: synthesizer.device, precision: synthesizer.precision,
                hasG2PW: synthesizer.hasG2PW, pid: getpid(),
                model: configuration.model, encoders: synthesizer.encoders, slots: configuration.slots,
                chunkBytes: configuration.chunkBytes,
                helloInterval: configuration.helloInterval, rejectedInterval: configuration.rejectedInterval,
                drainTimeout: configuration.drainTimeout),
            routers: configuration.routers.count, modelSet: await synthesizer.modelSet())
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
