import ArgumentParser
import Foundation
import Glibc
import Logging
import Messaging
import ServiceLifecycle
import Settings
import Synthesis
import Torch
import Wire
import Worker

/// `chorus worker`
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Runs one worker: one device with one model set, serving the routers it dials.",
        discussion: """
            The router need not be there yet; the worker dials until it is. On SIGTERM it finishes what it has begun.

              chorus worker --router tcp://10.0.0.1:9890 --device cuda:0 -c tts_infer.yaml
            """)

    @OptionGroup var voice: VoiceFlags
    @OptionGroup var worker: WorkerFlags
    @OptionGroup var link: LinkFlags
    @OptionGroup var process: ProcessFlags

    @Option(
        name: .customLong("router"),
        help: ArgumentHelp(
            "A router to serve, ipc:///path or tcp://host:port; may be given again.", valueName: "endpoint"))
    var routers: [String] = []

    @Option(help: ArgumentHelp("The router's public CURVE key.", valueName: "file"))
    var curveServerKeyFile: String?

    @Option(
        help: ArgumentHelp("A stable name, unique among the router's workers; default host:device.", valueName: "name"))
    var name: String?

    @Flag(help: "Exit when standard input closes, as under chorus serve.")
    var exitWithParent = false

    func run() async throws {
        PassiveWaiting.ensure()
        try await exitingWithMessage {
            let (settings, logger) = try ChorusConfiguration.load(
                process, worker.values, link.values,
                [
                    "router_endpoints": routers.isEmpty ? nil : routers.joined(separator: ","),
                    "curve_server_key_file": curveServerKeyFile,
                ], label: "chorus.worker")
            let configuration = try SynthesisConfiguration(voice, settings, logger: logger)
            for language in configuration.textResources.missingLanguages() {
                logger.warning("the text data for \(language.name) is missing; cluster/setup makes it")
            }
            logger.info("loading \(configuration.sovitsPath) on \(configuration.device)")
            let start = ContinuousClock.now
            let synthesizer = try await Self.load(configuration)
            let taken = ContinuousClock.now - start
            logger.info("models are loaded", metadata: ["seconds": "\(Seconds(taken))"])
            for (mediaType, reason) in EncoderList.here.missing.sorted(by: { $0.key < $1.key }) {
                logger.notice("media_type \(mediaType) is answered 400 by this worker: \(reason)")
            }
            let service = WorkerService(
                configuration: try workerConfiguration(settings, configuration.device),
                synthesizer: WorkerSynthesizer(
                    synthesizer, device: DeviceDescription(configuration.device),
                    precision: configuration.dtype.rawValue),
                logger: logger)
            try await ServiceGroup(ending: [service], logger: logger).run()
        }
    }

    /// Loads the models. What is missing or broken on the disk now will be so at the next start too, so it counts as a wrong
    /// configuration, which a supervisor does not try again and again.
    private static func load(_ configuration: SynthesisConfiguration) async throws -> Synthesizer {
        do {
            try configuration.textResources.check()
            return try await Synthesizer(configuration)
        } catch let error as SynthesisError where [.notFound, .badCheckpoint].contains(error.code) {
            throw SettingsError(
                code: .invalidValue,
                message: "\(error.message)\ntts_infer.yaml names the models; the README tells which files go where")
        }
    }

    private func workerConfiguration(_ settings: ChorusConfiguration, _ device: Device) throws -> WorkerConfiguration {
        var configuration = WorkerConfiguration(
            workerID: name ?? "\(HostName.current):\(device)\(voice.model.map { "@" + $0 } ?? "")",
            routers: try settings.routerEndpoints.map(Endpoint.init),
            slots: settings.workerSlots, software: "chorus \(Version.software)")
        if let model = voice.model { configuration.model = model }
        configuration.heartbeatInterval = .seconds(settings.heartbeatSeconds)
        configuration.drainTimeout = .seconds(settings.drainSeconds)
        configuration.exitOnStandardInputClose = exitWithParent
        configuration.security = try settings.workerSecurity()
        return configuration
    }
}

/// This machine's name.
enum HostName {
    static var current: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A duration in seconds with three digits, for logs.
struct Seconds: CustomStringConvertible {
    let description: String

    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        description = String(format: "%.3f", Double(seconds) + Double(attoseconds) / 1e18)
    }
}

extension DeviceDescription {
    init(_ device: Device) {
        switch device {
        case .cpu: self.init(kind: .cpu, name: CPUName.current)
        case .cuda(let index):
            let card = NVIDIACard.visible(index)
            self.init(kind: .cuda, index: index, uuid: card?.uuid, name: card?.name ?? "CUDA device \(index)")
        }
    }
}

/// The processor's name as the kernel tells it.
enum CPUName {
    static var current: String {
        let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = info.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "CPU"
    }
}
