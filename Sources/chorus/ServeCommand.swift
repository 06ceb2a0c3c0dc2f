import ArgumentParser
import Foundation
import Glibc
import Logging
import ServiceLifecycle
import Settings
import Supervision

/// `chorus serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs a whole server on this machine: one router, and one worker per GPU or one on the CPU.",
        discussion: """
            What crashes is started again. SIGTERM and Ctrl-C let requests in flight finish; SIGHUP does so and starts anew.

              chorus serve -c cluster/demo-voice/tts_infer.yaml -a 0.0.0.0 -p 9880
            """)

    @Option(
        name: [.customShort("c"), .customLong("tts-config"), .customLong("tts_config")],
        help: ArgumentHelp("tts_infer.yaml of GPT-SoVITS.", valueName: "file"))
    var inferenceFile: String?

    @Option(help: ArgumentHelp("One worker for each, with commas: cpu, cuda:N or a card's UUID.", valueName: "devices"))
    var devices: String?

    @OptionGroup var http: HTTPFlags
    @OptionGroup var worker: WorkerFlags
    @OptionGroup var link: LinkFlags
    @OptionGroup var process: ProcessFlags

    func run() async throws {
        try await exitingWithMessage {
            let (settings, logger) = try ChorusConfiguration.load(
                process, http.values, worker.values, link.values, ["devices": devices], label: "chorus.serve")
            try RunFolder.prepare(settings.runFolder)
            // A file that cannot be used is reported once, here, and not by every worker again and again.
            _ = try TTSInferConfiguration(path: inferenceFile, cudaIsAvailable: true)
            var configuration = SupervisorConfiguration(children: try children(settings))
            configuration.drainTimeout = .seconds(settings.drainSeconds + 5)
            let restart = RestartRequest()
            let supervisor = Supervisor(configuration: configuration, logger: logger)
            let group = ServiceGroup(ending: [supervisor], logger: logger)
            restart.onHangUp { await group.triggerGracefulShutdown() }
            try await group.run()
            if restart.wasAsked {
                logger.notice("starting anew")
                ProcessImage.replace()
            }
        }
    }

    /// The router in the first stage, so that it stops taking requests before its workers are stopped.
    private func children(_ settings: ChorusConfiguration) throws -> [ChildSpecification] {
        let shared = try sharedArguments(settings)
        let router = ChildSpecification(
            name: "router", executable: "/proc/self/exe",
            arguments: ["router", "--exit-with-parent"] + flags(http.values.merging(link.values) { $1 }) + shared)
        let devices = settings.devices.isEmpty ? Self.allDevices() : settings.devices
        let threads =
            settings.cpuThreads > 0
            ? settings.cpuThreads : max(1, ProcessInfo.processInfo.activeProcessorCount / devices.count)
        let workers = devices.enumerated().map { number, entry in
            let worker = WorkerDevice(entry)
            let device = worker.device
            var environment = ProcessInfo.processInfo.environment
            var name = device
            if device != "cpu" {
                // Pinned by the driver's own id, so that a worker sees one card and a fault stays with that card.
                environment["CUDA_VISIBLE_DEVICES"] = device.hasPrefix("cuda:") ? String(device.dropFirst(5)) : device
                name = "cuda:0"
            }
            return ChildSpecification(
                name: "worker-\(number)", executable: "/proc/self/exe",
                arguments: [
                    "worker", "--exit-with-parent", "--device", name, "--router", settings.workerEndpoint,
                    "--name", "\(HostName.current):\(number):\(entry)", "--cpu-threads", "\(threads)",
                ] + (worker.model.map { ["--model", $0] } ?? [])
                    + flags(self.worker.values.merging(link.values) { $1 }.filter { $0.key != "cpu_threads" }) + shared,
                environment: environment, stage: 1)
        }
        return [router] + workers
    }

    /// Every card by its id or, where there is none, the CPU.
    private static func allDevices() -> [String] {
        let cards = NVIDIACard.all()
        guard let visible = ProcessInfo.processInfo.environment["CUDA_VISIBLE_DEVICES"] else {
            return cards.isEmpty ? ["cpu"] : cards.map(\.uuid)
        }
        let chosen = visible.split(separator: ",").compactMap { name in
            cards.first { $0.uuid.hasPrefix(name) || String($0.index) == name }?.uuid
        }
        return chosen.isEmpty ? ["cpu"] : chosen
    }

    private func sharedArguments(_ settings: ChorusConfiguration) throws -> [String] {
        var result = flags(process.values)
        if let inferenceFile { result += ["-c", inferenceFile] }
        if let config = process.config { result += ["--config", config] }
        // Chosen by this process where it was not set, so that router and workers meet.
        if process.runFolder == nil { result += ["--run-folder", settings.runFolder] }
        return result
    }

    private func flags(_ values: [String: String?]) -> [String] {
        values.sorted { $0.key < $1.key }.flatMap { key, value in
            value.map { ["--" + key.replacingOccurrences(of: "_", with: "-"), $0] } ?? []
        }
    }
}

/// SIGHUP: finish, then start anew with the same arguments.
///
/// `@unchecked Sendable`: the source is set up once, by `onHangUp`, and Dispatch's own objects are safe from any thread.
private final class RestartRequest: @unchecked Sendable {
    private let source: any DispatchSourceSignal
    private let asked = DispatchSemaphore(value: 0)

    init() {
        signal(SIGHUP, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
    }

    /// Whether SIGHUP came.
    var wasAsked: Bool {
        guard asked.wait(timeout: .now()) == .success else { return false }
        asked.signal()
        return true
    }

    func onHangUp(_ body: @escaping @Sendable () async -> Void) {
        source.setEventHandler { [asked] in
            asked.signal()
            Task { await body() }
        }
        source.resume()
    }
}
