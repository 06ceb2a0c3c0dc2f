import Logging
import ServiceLifecycle

/// Keeps child processes running: starts them, starts them again with back-off when they end, and stops them stage by
/// stage on graceful shutdown.
///
/// A child that ends with `EX_CONFIG` (78) is not started again, for the same configuration would fail the same way. When
/// all children of a stage were given up, the others are stopped and ``run()`` throws.
public struct Supervisor: Service {
    private let configuration: SupervisorConfiguration
    private let logger: Logger
    private let observe: @Sendable (SupervisorEvent) -> Void

    /// Creates a supervisor.
    ///
    /// - Parameter observe: told what happens, in order; it must not wait.
    public init(
        configuration: SupervisorConfiguration, logger: Logger,
        observe: @escaping @Sendable (SupervisorEvent) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.observe = observe
    }

    /// Supervises until graceful shutdown, or until a stage is lost. When the task is cancelled, children are killed.
    ///
    /// - Throws: ``SupervisionError``.
    public func run() async throws {
        try configuration.validate()
        let (events, continuation) = AsyncStream<Input>.makeStream()
        var family = Family(configuration: configuration, logger: logger, observe: observe, inbox: continuation)
        family.start()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while (try? await Task.sleep(for: .milliseconds(50))) != nil { continuation.yield(.tick) }
            }
            group.addTask {
                guard (try? await gracefulShutdown()) != nil else { return }
                continuation.yield(.shutdown)
            }
            for await event in events {
                family.handle(event)
                if family.isOver { break }
            }
            group.cancelAll()
        }
        guard family.isOver else { return family.killEveryone() }
        if let stage = family.lostStage {
            throw SupervisionError(
                .stageLost,
                "every child of stage \(stage) ended with a configuration error (status 78); its own message above "
                    + "says what to correct")
        }
    }

    enum Input: Sendable {
        case exited(child: Int, ChildExit)
        case printed(child: Int, String)
        case shutdown
        case tick
    }
}

/// What happened to a child.
public enum SupervisorEvent: Hashable, Sendable {
    /// It runs.
    case started(name: String, processID: Int32)
    /// It wrote a line to its standard output, where that is reported.
    case printed(name: String, line: String)
    /// It ended without being asked to.
    case exited(name: String, ChildExit)
    /// It will not be started again.
    case givenUp(name: String)
    /// It was asked to end.
    case stopping(name: String)
    /// It did not end in time and was killed.
    case killed(name: String)
    /// It ended as it was asked to.
    case stopped(name: String)
}
