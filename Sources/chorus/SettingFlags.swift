import ArgumentParser
import Foundation
import Logging
import Settings
import Telemetry

/// Flags that every command with settings has.
struct ProcessFlags: ParsableArguments {
    @Option(help: ArgumentHelp("chorus.yaml: settings beyond tts_infer.yaml.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    @Option(help: ArgumentHelp("text or json.", valueName: "format"))
    var logFormat: String?

    @Option(help: ArgumentHelp("The folder with text data, made by cluster/setup.", valueName: "folder"))
    var home: String?

    @Option(help: ArgumentHelp("The folder for the sockets of running servers.", valueName: "folder"))
    var runFolder: String?

    var values: [String: String?] {
        ["log_level": logLevel, "log_format": logFormat, "home": home, "run_folder": runFolder]
    }
}

/// Flags of whatever listens for HTTP.
struct HTTPFlags: ParsableArguments {
    @Option(
        name: [.customShort("a"), .customLong("address"), .customLong("bind_addr")],
        help: ArgumentHelp("The address to listen on, default 127.0.0.1.", valueName: "host"))
    var address: String?

    @Option(
        name: [.customShort("p"), .customLong("port")],
        help: ArgumentHelp("The port to listen on, default 9880; 0 lets the system choose.", valueName: "port"))
    var port: Int?

    @Option(help: ArgumentHelp("Where workers dial: ipc:///path or tcp://host:port.", valueName: "endpoint"))
    var workerEndpoint: String?

    @Option(help: ArgumentHelp("How many requests may wait for a worker.", valueName: "count"))
    var queueLimit: Int?

    @Option(help: ArgumentHelp("Seconds that a request may take until its first byte.", valueName: "seconds"))
    var deadlineSeconds: Double?

    @Option(help: ArgumentHelp("The longest request body.", valueName: "bytes"))
    var maxBodyBytes: Int?

    @Option(help: ArgumentHelp("The longest text of a request.", valueName: "characters"))
    var maxTextCharacters: Int?

    @Option(help: ArgumentHelp("Folders under which requests may name files, with commas.", valueName: "folders"))
    var allowedRoots: String?

    @Option(help: ArgumentHelp("The public CURVE keys of workers that may connect.", valueName: "file"))
    var curveClientKeysFile: String?

    var values: [String: String?] {
        [
            "address": address, "port": port.map(String.init), "worker_endpoint": workerEndpoint,
            "queue_limit": queueLimit.map(String.init), "deadline_seconds": deadlineSeconds.map { "\($0)" },
            "max_body_bytes": maxBodyBytes.map(String.init), "max_text_characters": maxTextCharacters.map(String.init),
            "allowed_roots": allowedRoots, "curve_client_keys_file": curveClientKeysFile,
        ]
    }
}

/// Flags of whatever loads models.
struct WorkerFlags: ParsableArguments {
    @Option(help: ArgumentHelp("auto, float32, bfloat16 or float16.", valueName: "format"))
    var precision: String?

    @Option(help: ArgumentHelp("Requests that one worker takes at a time.", valueName: "count"))
    var workerSlots: Int?

    @Option(help: ArgumentHelp("CPU threads of one worker; 0 divides the cores.", valueName: "count"))
    var cpuThreads: Int?

    @Option(help: ArgumentHelp("g2pW.onnx, which reads polyphonic characters, or its folder.", valueName: "path"))
    var g2pwPath: String?

    var values: [String: String?] {
        [
            "g2pw_path": g2pwPath, "precision": precision, "worker_slots": workerSlots.map(String.init),
            "cpu_threads": cpuThreads.map(String.init),
        ]
    }
}

/// Flags that routers and workers on several machines share.
struct LinkFlags: ParsableArguments {
    @Option(help: ArgumentHelp("How often router and worker tell each other that they live.", valueName: "seconds"))
    var heartbeatSeconds: Double?

    @Option(help: ArgumentHelp("Seconds that requests in flight may go on after SIGTERM.", valueName: "seconds"))
    var drainSeconds: Double?

    @Option(help: ArgumentHelp("This process's secret CURVE key.", valueName: "file"))
    var curveSecretKeyFile: String?

    var values: [String: String?] {
        [
            "heartbeat_seconds": heartbeatSeconds.map { "\($0)" }, "drain_seconds": drainSeconds.map { "\($0)" },
            "curve_secret_key_file": curveSecretKeyFile,
        ]
    }
}

extension ChorusConfiguration {
    /// Settings from flags, the environment and `chorus.yaml`, in this order; sets up logging and logs what was not understood.
    static func load(_ process: ProcessFlags, _ flags: [String: String?]..., label: String) throws -> (
        ChorusConfiguration, Logger
    ) {
        var given: [String: String] = [:]
        for group in flags + [process.values] { given.merge(group.compactMapValues { $0 }) { $1 } }
        let settings = try ChorusConfiguration(
            path: process.config, environment: ProcessInfo.processInfo.environment, flags: given)
        let logger = Log.bootstrap(settings, label: label)
        for warning in settings.warnings { logger.warning("\(warning)") }
        return (settings, logger)
    }
}

/// Logging of this process.
enum Log {
    /// Sends all log lines to standard error, in the form and from the level that the settings ask for.
    static func bootstrap(_ settings: ChorusConfiguration, label: String) -> Logger {
        let level = Logger.Level(rawValue: settings.logLevel.rawValue) ?? .info
        let format: LogLineFormat = settings.logFormat == .json ? .json : .text
        LoggingSystem.bootstrap { label in
            var handler = LineLogHandler(label: label, format: format)
            handler.logLevel = level
            return handler
        }
        return Logger(label: label)
    }
}
