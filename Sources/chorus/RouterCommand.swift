import ArgumentParser
import Checkpoints
import Foundation
import Glibc
import Logging
import Messaging
import Metrics
import Router
import ServiceLifecycle
import Settings
import Telemetry
import Wire

/// `chorus router`
struct RouterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "router",
        abstract: "Runs the router: HTTP for clients on one side, workers on the other.",
        discussion: """
            Workers dial the router; it needs no list of them. Workers on other machines need CURVE keys \
            ('chorus keys' makes a pair), which keep out whoever does not have them.

              chorus router --workers tcp://0.0.0.0:9890 --curve-secret-key-file router.key -a 0.0.0.0
            """)

    @Option(
        name: [.customShort("c"), .customLong("tts-config"), .customLong("tts_config")],
        help: ArgumentHelp("tts_infer.yaml, where committed weights are saved.", valueName: "file"))
    var inferenceFile: String?

    @OptionGroup var http: HTTPFlags
    @OptionGroup var link: LinkFlags
    @OptionGroup var process: ProcessFlags

    @Option(
        name: .customLong("workers"),
        help: ArgumentHelp("The same as --worker-endpoint.", valueName: "endpoint"))
    var workers: String?

    @Flag(help: "Exit when standard input closes, as under chorus serve, and leave restarts to the parent.")
    var exitWithParent = false

    func run() async throws {
        try await exitingWithMessage {
            let (settings, logger) = try ChorusConfiguration.load(
                process, http.values, link.values, workers.map { ["worker_endpoint": $0] } ?? [:],
                label: "chorus.router")
            let registry = PrometheusRegistry()
            MetricsSystem.bootstrap(registry)
            let committed = CommittedWeights(inferenceFile: inferenceFile, logger: logger)
            let roots = try settings.roots(inferenceFile: inferenceFile)
            if settings.workerEndpoint.hasPrefix("ipc://\(settings.runFolder)/") {
                try RunFolder.prepare(settings.runFolder)
            }

            var hooks = RouterHooks()
            hooks.resolveWeights = { try resolved($0, under: roots) }
            hooks.resolveReference = { try resolved($0, under: roots) }
            hooks.metricsText = { registry.exposition() }
            hooks.onCommitted = { model, gpt, sovits in
                // The file knows one model; the others are named in chorus.yaml, which is nobody's to rewrite.
                guard model == ModelSetDescription.defaultName else { return }
                await committed.save(gptPath: gpt, sovitsPath: sovits)
            }
            let isSupervised = exitWithParent
            hooks.control = { command in Self.control(command, isSupervised: isSupervised) }
            let announcement = Announcement(reference: committed.reference)
            hooks.onListening = { address, port in
                logger.notice("listening", metadata: ["address": "\(address)", "port": "\(port)"])
                announcement.announce(address: address, port: port)
            }
            let service = RouterApplication(
                configuration: try routerConfiguration(settings), hooks: hooks, logger: logger)
            var services: [any Service] = [service]
            if exitWithParent { services.append(ParentWatch()) }
            try await ServiceGroup(ending: services, logger: logger).run()
        }
    }

    private func routerConfiguration(_ settings: ChorusConfiguration) throws -> RouterConfiguration {
        var configuration = RouterConfiguration()
        configuration.host = settings.address
        configuration.port = settings.port
        configuration.workerEndpoints = [try Endpoint(settings.workerEndpoint)]
        configuration.security = try settings.routerSecurity()
        configuration.softwareVersion = Version.software
        configuration.routerID = HostName.current
        configuration.maximumBodyBytes = settings.maxBodyBytes
        configuration.maximumTextCharacters = settings.maxTextCharacters
        configuration.adminKey = settings.adminKey
        configuration.drainTimeout = .seconds(settings.drainSeconds)
        configuration.policy.heartbeatInterval = .seconds(settings.heartbeatSeconds)
        configuration.policy.silenceLimit = .seconds(settings.heartbeatSeconds * 4)
        configuration.policy.expectedModels = Set(settings.models.keys)
        configuration.policy.queueLimit = settings.queueLimit
        configuration.policy.requestTimeout = .seconds(settings.deadlineSeconds)
        return configuration
    }

    /// `exit` and `restart`: of the whole server under `chorus serve`, of this process otherwise.
    private static func control(_ command: ControlCommand, isSupervised: Bool) {
        switch (command, isSupervised) {
        case (.exit, true): kill(getppid(), SIGTERM)
        case (.restart, true): kill(getppid(), SIGHUP)
        case (.exit, false): kill(getpid(), SIGTERM)
        case (.restart, false): ProcessImage.replace()
        }
    }
}

/// A path under the allowed roots, with the router's errors.
private func resolved(_ path: String, under roots: AllowedRoots) throws -> String {
    do {
        return try roots.resolve(path)
    } catch {
        throw RouterError(error.code == .notFound ? .notFound : .forbidden, error.message)
    }
}

/// Ends its service group when standard input closes: the parent is gone.
struct ParentWatch: Service {
    func run() async throws {
        let handle = FileHandle.standardInput
        let closed = AsyncStream<Void> { continuation in
            handle.readabilityHandler = { handle in
                if handle.availableData.isEmpty { continuation.finish() }
            }
            continuation.onTermination = { _ in handle.readabilityHandler = nil }
        }
        await cancelWhenGracefulShutdown {
            for await _ in closed {}
        }
    }
}

/// Saves committed weights to the `custom` section of `tts_infer.yaml`, as the Python server does after a switch.
actor CommittedWeights {
    /// The file; the Python server's default where none was given.
    nonisolated let path: String
    private nonisolated let isGiven: Bool
    private let logger: Logger

    init(inferenceFile: String?, logger: Logger) {
        path = inferenceFile ?? TTSInferConfiguration.defaultPath
        isGiven = inferenceFile != nil
        self.logger = logger
    }

    /// The recording beside the file, as the demo voice has one; relative to the working directory where it lies in there.
    nonisolated var reference: String? {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        let recording = folder.appendingPathComponent("reference.wav").path
        guard isGiven, FileManager.default.fileExists(atPath: recording) else { return nil }
        let here = FileManager.default.currentDirectoryPath + "/"
        return recording.hasPrefix(here) ? String(recording.dropFirst(here.count)) : recording
    }

    /// Writes the paths; a failure is logged and does not undo the switch. A router that was not told of a file leaves none.
    func save(gptPath: String?, sovitsPath: String?) {
        guard isGiven else { return }
        do {
            var configuration = try TTSInferConfiguration(path: path, cudaIsAvailable: true)
            if let gptPath { configuration.use(t2sWeights: gptPath) }
            if let sovitsPath {
                let checkpoint = try SoVITSCheckpoint(try CheckpointFile.open(path: sovitsPath))
                configuration.use(vitsWeights: sovitsPath, version: checkpoint.version.model)
            }
            try configuration.save()
        } catch {
            logger.error("the switched weights were not saved to \(path): \(error)")
        }
    }
}
