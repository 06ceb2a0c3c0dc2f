import FakeSupport
import Foundation
import Logging
import Messaging
import ServiceLifecycle
import Synchronization
import TestSupport
import Wire
import Worker

@testable import Router

/// A router on a free port with workers whose synthesizers are fakes, over real sockets.
final class RouterHarness: Sendable {
    let port: Int
    let endpoint: Endpoint
    private let services: ServiceGroup
    private let workers: Mutex<[String: Task<Void, any Error>]> = Mutex([:])

    private init(port: Int, endpoint: Endpoint, services: ServiceGroup) {
        self.port = port
        self.endpoint = endpoint
        self.services = services
    }

    private static var quiet: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = ProcessInfo.processInfo.environment["ROUTER_TEST_LOG"] == nil ? .critical : .debug
        return logger
    }

    /// Runs a router, waits until every worker is ready, runs the test, and ends all of it.
    static func run(
        workers: [String: FakeSynthesizer] = [:], slots: Int = 2,
        _ configure: (inout RouterConfiguration, inout RouterHooks) -> Void = { _, _ in },
        _ test: @escaping @Sendable (RouterHarness) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "chorus-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let endpoint = try Endpoint("ipc://\(folder.path)/r.sock")
        var configuration = RouterConfiguration()
        configuration.port = 0
        configuration.workerEndpoints = [endpoint]
        configuration.softwareVersion = "1.2.3"
        var hooks = RouterHooks()
        configure(&configuration, &hooks)
        let listening = Observed<Int?>(nil)
        let told = hooks.onListening
        hooks.onListening = { address, port in
            told(address, port)
            listening.update { $0 = port }
        }
        let application = RouterApplication(configuration: configuration, hooks: hooks, logger: quiet)
        let services = ServiceGroup(configuration: .init(services: [application], logger: quiet))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            group.addTask {
                guard let port = try await listening.wait(until: { $0 != nil }) else { return }
                let harness = RouterHarness(port: port, endpoint: endpoint, services: services)
                for (name, synthesizer) in workers { harness.start(name, synthesizer, slots: slots) }
                try await harness.waitFor(workers.keys.map { ($0, "ready") })
                do {
                    try await test(harness)
                } catch {
                    await harness.end()
                    throw error
                }
                await harness.end()
            }
            for try await _ in group {}
        }
    }

    /// Starts a worker.
    func start(_ name: String, _ synthesizer: FakeSynthesizer, slots: Int = 2) {
        var configuration = WorkerConfiguration(workerID: name, routers: [endpoint], slots: slots, software: "fake")
        configuration.model = synthesizer.model
        configuration.limits.reconnect = (first: .milliseconds(20), longest: .milliseconds(100))
        let service = WorkerService(configuration: configuration, synthesizer: synthesizer, logger: Self.quiet)
        workers.withLock { $0[name] = Task { try await service.run() } }
    }

    /// Ends a worker without a word, as a crash does: its connection is gone, with all that it had.
    func crash(_ name: String) async {
        let task = workers.withLock { $0.removeValue(forKey: name) }
        task?.cancel()
        _ = await task?.result
    }

    /// Tells the router to shut down gracefully.
    func shutDown() async {
        await services.triggerGracefulShutdown()
    }

    private func end() async {
        await shutDown()
        for name in workers.withLock({ Array($0.keys) }) { await crash(name) }
    }

    // MARK: HTTP

    func get(_ target: String, headers: [String: String] = [:]) async throws -> HTTPConnection.Reply {
        let port = port
        return try await blocking { try HTTPConnection(port: port).request("GET", target, headers: headers) }
    }

    func post(
        _ target: String, _ body: String, headers: [String: String] = ["Content-Type": "application/json"]
    ) async throws -> HTTPConnection.Reply {
        let port = port
        return try await blocking {
            try HTTPConnection(port: port).request("POST", target, headers: headers, body: Array(body.utf8))
        }
    }

    static func speech(_ text: String = "Hello.", seed: Int = -1) -> String {
        """
        {"text": "\(text)", "text_lang": "en", "ref_audio_path": "/ref.wav", "prompt_lang": "en", "seed": \(seed)}
        """
    }

    /// `/health` as JSON.
    func health() async throws -> JSONValue {
        try JSONParser.parse(try await get("/health").text)
    }

    /// The states of workers as `/health` tells them.
    func states() async throws -> [String: String] {
        guard case .array(let workers)? = try await health()["workers"] else { return [:] }
        return workers.reduce(into: [:]) { states, worker in
            guard case .string(let id)? = worker["id"], case .string(let state)? = worker["state"] else { return }
            states[id] = state
        }
    }

    /// Waits until workers are in these states; asks every 20 ms, for 30 seconds at most.
    func waitFor(_ wanted: [(String, String)]) async throws {
        let limit = ContinuousClock.now + .seconds(30)
        var states: [String: String] = [:]
        while ContinuousClock.now < limit {
            states = try await self.states()
            if wanted.allSatisfy({ states[$0.0] == $0.1 }) { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw HTTPConnection.Failure(description: "wanted \(wanted), found \(states)")
    }
}

/// A worker whose every message the test sends itself.
final class PuppetWorker: Sendable {
    let name: String
    private let socket: DealerSocket
    private let state = Observed((connection: UInt64(0), messages: [(UInt64, Message)]()))
    private let reader: Task<Void, Never>
    private let heart = Mutex<Task<Void, Never>?>(nil)

    init(_ name: String, _ endpoint: Endpoint) throws {
        self.name = name
        let socket = try DealerSocket(endpoint: endpoint, name: name, incarnation: .random(in: 1 ... .max))
        self.socket = socket
        let state = state
        reader = Task {
            for await event in socket.events {
                switch event {
                case .connected(let number): state.update { $0.connection = number }
                case .message(let received): state.update { $0.messages.append((received.requestID, received.message)) }
                default: break
                }
            }
        }
    }

    /// Connects, greets and says that it is ready.
    func join(slots: Int = 2) async throws {
        try await state.wait { $0.connection > 0 }
        let set = ModelSetDescription(gptPath: "g", sovitsPath: "s", version: "v2", languages: ["en"])
        send(
            .hello(
                Hello(
                    workerID: name, software: "puppet", device: DeviceDescription(kind: .cpu, name: "puppet"),
                    precision: "float32", slots: slots, pid: 1, modelSet: set, epoch: 0)))
        _ = try await receive(.welcome)
        send(.ready(Ready(epoch: 0, rate: 1000, modelSet: set)))
    }

    func send(_ message: Message, request: UInt64 = 0) {
        socket.send(message, requestID: request, connection: state.value.connection)
    }

    /// Waits for the first message of a kind that was not taken yet, and takes it.
    func receive(_ kind: FrameKind) async throws -> (request: UInt64, message: Message) {
        while true {
            try await state.wait { $0.messages.contains { $0.1.kind == kind } }
            let found = state.update { state -> (UInt64, Message)? in
                guard let index = state.messages.firstIndex(where: { $0.1.kind == kind }) else { return nil }
                return state.messages.remove(at: index)
            }
            if let found { return (found.0, found.1) }
        }
    }

    func beat() {
        send(
            .heartbeat(
                Heartbeat(
                    progress: 0, busy: false, lastStepAgeMilliseconds: 0, active: 0, slotsFree: 2, residentBytes: 1,
                    epoch: 0, draining: false)))
    }

    /// Sends heartbeats until ``fallSilent()``.
    func startBeating() {
        heart.withLock { heart in
            heart = Task {
                while !Task.isCancelled {
                    self.beat()
                    try? await Task.sleep(for: .milliseconds(100))
                }
            }
        }
    }

    func fallSilent() {
        heart.withLock { heart in
            heart?.cancel()
            heart = nil
        }
    }

    func close() async {
        fallSilent()
        await socket.close()
        await reader.value
    }
}
