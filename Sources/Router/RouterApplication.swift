import Hummingbird
import Logging
import Messaging
import ServiceLifecycle

/// The router: HTTP on one side, workers over ZeroMQ on the other.
///
/// It drains when it is told to shut down gracefully: new requests get 503, those under way finish, and after the drain
/// time what is left is broken off.
public struct RouterApplication: Service, CustomStringConvertible {
    /// What logs of services say; the configuration holds keys.
    public var description: String { "router" }

    private let configuration: RouterConfiguration
    private let hooks: RouterHooks
    private let logger: Logger

    /// Creates a router; nothing is opened before ``run()``.
    public init(configuration: RouterConfiguration, hooks: RouterHooks = RouterHooks(), logger: Logger) {
        self.configuration = configuration
        self.hooks = hooks
        self.logger = logger
    }

    /// Listens and serves until a graceful shutdown or cancellation.
    ///
    /// - Throws: ``RouterError`` `badConfiguration` for settings that cannot work and an address that cannot be listened at;
    ///   `MessagingError` for endpoints of workers that cannot be used.
    public func run() async throws {
        try configuration.validate()
        let socket = try RouterSocket(
            endpoints: configuration.workerEndpoints, security: configuration.security,
            limits: configuration.messagingLimits)
        let metrics = RouterMetrics()
        let service = RouterService(
            socket: socket, policy: configuration.policy, routerID: configuration.routerID, metrics: metrics,
            logger: logger, onCommitted: hooks.onCommitted)
        let application = HTTPShell.application(
            configuration: configuration, hooks: hooks, service: service, metrics: metrics, logger: logger)
        do {
            try await serve(application, service)
        } catch {
            await socket.close()
            throw error
        }
        await socket.close(linger: .milliseconds(200))
    }

    private func serve(_ application: Application<RouteTable>, _ service: RouterService) async throws {
        // In a group of its own: HTTP goes on listening while a drain lasts, and says so to whoever comes.
        let http = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: application, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: logger))
        // Detached, because what runs inside of this task would hear of a graceful shutdown at once.
        let listening = Task.detached { try await http.run() }
        defer { listening.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await service.run() }
            group.addTask {
                do {
                    try await withTaskCancellationHandler {
                        try await listening.value
                    } onCancel: {
                        listening.cancel()
                    }
                } catch is CancellationError {
                    return
                } catch {
                    throw RouterError(
                        .badConfiguration,
                        "HTTP cannot listen at \(configuration.host):\(configuration.port); "
                            + "stop what listens there or choose another port", underlying: error)
                }
            }
            group.addTask {
                // Ends without an error only by a graceful shutdown.
                do { try await gracefulShutdown() } catch { return }
                await drain(service)
                await http.triggerGracefulShutdown()
                // Answers of the requests just ended go out before HTTP is stopped.
                try? await Task.sleep(for: .seconds(1))
            }
            defer { group.cancelAll() }
            // The first that ends, ends all: HTTP after its last connection, the drain when its time is over, or an error.
            try await group.next()
        }
    }

    private func drain(_ service: RouterService) async {
        logger.notice("draining", metadata: ["seconds": "\(configuration.drainTimeout)"])
        await service.drain()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await service.waitUntilIdle() }
            group.addTask { try? await Task.sleep(for: configuration.drainTimeout) }
            await group.next()
            await service.stop()
            group.cancelAll()
        }
    }
}
