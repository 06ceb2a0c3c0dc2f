/// The settings of router and workers, all that `tts_infer.yaml` does not know.
///
/// A key such as `max_body_bytes` is set, highest first, by the flag `--max-body-bytes`, the environment variable
/// `CHORUS_MAX_BODY_BYTES`, or the file `chorus.yaml`; otherwise it has its default. `cluster/chorus.yaml` lists every key.
/// Relative paths begin in the working directory, and those in the file in the file's folder.
public struct ChorusConfiguration: Sendable {
    /// The number format in which models compute.
    public enum Precision: String, CaseIterable, Sendable {
        /// float32 on the CPU and on cards whose float16 is slow or wrong, float16 elsewhere.
        case auto
        case float32, float16
        /// Half of float32 in size with all of its range; on the CPU too, though not faster on every one.
        case bfloat16
    }

    /// The least severe messages that are logged.
    public enum LogLevel: String, CaseIterable, Sendable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// How log lines look.
    public enum LogFormat: String, CaseIterable, Sendable {
        /// For people.
        case text
        /// One JSON object a line.
        case json
    }

    /// The address on which HTTP listens.
    public var address = "127.0.0.1"
    /// The TCP port on which HTTP listens; 0 lets the system choose.
    public var port = 9880
    /// What has to be known to use `/control` from another machine; nil allows it from the loopback address only.
    public var adminKey: String?
    /// The longest request body, in bytes.
    public var maxBodyBytes = 1 << 20
    /// The longest text of a request, in characters.
    public var maxTextCharacters = 10_000
    /// The folders under which requests may name weights and reference audio; empty means ``roots(inferenceFile:workingDirectory:)``'s.
    public var allowedRoots: [String] = []
    /// How many requests may wait for a worker.
    public var queueLimit = 64
    /// How long a request may take until its first byte, in seconds.
    public var deadlineSeconds = 300.0
    /// How long requests in flight may go on after SIGTERM, in seconds.
    public var drainSeconds = 30.0

    /// Where the router waits for workers.
    public var workerEndpoint = ""
    /// The routers that a worker dials.
    public var routerEndpoints: [String] = []
    /// How often router and worker tell each other that they live, in seconds.
    public var heartbeatSeconds = 0.5
    /// Whether `tcp://` may reach other machines without CURVE keys, on a network that nobody else is on.
    public var allowInsecureTCP = false
    /// The file with this process's secret CURVE key; nil leaves `tcp://` unencrypted.
    public var curveSecretKeyFile: String?
    /// For a worker: the file with the router's public CURVE key.
    public var curveServerKeyFile: String?
    /// For a router: the file with the public CURVE keys of the workers that may connect, one a line.
    public var curveClientKeysFile: String?

    /// The devices of this machine that get a worker each, a name twice for two workers, with `@` and a key of ``models`` for
    /// a worker with that set (see ``WorkerDevice``); empty means every GPU, or one CPU.
    public var devices: [String] = []
    /// Model sets that are served beside the one of `tts_infer.yaml`, by name.
    public var models: [String: ModelSetSettings] = [:]
    /// The number format of every worker that is started from here.
    public var precision = Precision.auto
    /// How many requests one worker takes at a time.
    public var workerSlots = 4
    /// The CPU threads of one worker; 0 divides the cores among the workers.
    public var cpuThreads = 0

    /// A file of words and how to read them; nil for none.
    public var userDictionary: String?
    /// fastText's `lid.176.bin`, which tells languages apart better than the small model that set-up fetches; nil looks where
    /// GPT-SoVITS keeps it, beside the RoBERTa folder.
    public var languageModel: String?
    /// `g2pW.onnx` or its folder; nil looks where the Python server has it.
    public var g2pwPath: String?

    /// The least severe messages that are logged.
    public var logLevel = LogLevel.info
    /// How log lines look.
    public var logFormat = LogFormat.text
    /// The folder with text data and libtorch, made by `cluster/setup`.
    public var home = ""
    /// The folder for sockets of running servers.
    public var runFolder = ""

    /// Keys and variables that are not understood, one sentence each, to be logged at the start.
    public private(set) var warnings: [String] = []

    /// Every key, in the order of `cluster/chorus.yaml`.
    public static let keys: [String] = {
        var layers = SettingLayers(file: nil, environment: [:], flags: [:], workingDirectory: "/")
        var configuration = ChorusConfiguration()
        configuration.apply(&layers, workingDirectory: "/")
        return layers.keys
    }()

    /// Variables that begin with `CHORUS_` and belong to the scripts.
    private static let scriptVariables: Set<String> = [
        "CHORUS_CONFIG", "CHORUS_NLTK_TAGGER", "CHORUS_TORCH_INDEX",
    ]

    private init() {}

    /// Reads the settings.
    ///
    /// - Parameters:
    ///   - path: The file; nil takes the variable `CHORUS_CONFIG` and, without it, no file.
    ///   - environment: The process's environment.
    ///   - flags: The flags that were given, by key: `["port": "9880"]`. A list has commas between its items.
    ///   - workingDirectory: Where relative paths begin; nil is the process's own.
    /// - Throws: ``SettingsError`` that names every wrong key with its place, what is wrong, and what is allowed.
    public init(
        path: String?, environment: [String: String], flags: [String: String] = [:], workingDirectory: String? = nil
    ) throws(SettingsError) {
        let base = workingDirectory ?? SettingsFile.workingDirectory
        let path = path ?? environment["CHORUS_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        var file: (path: String, entries: YAMLMapping)?
        if let path {
            let bytes = try SettingsFile.read(
                SettingsFile.absolute(path, in: base), limit: YAMLReader.Limits().bytes)
            let root = try YAMLReader.parse(bytes, name: path)
            guard root.content == .null || root.mapping != nil else {
                throw SettingsError(
                    code: .invalidValue,
                    message: "\(path): keys such as port: are wanted, and the file holds \(root.summary)")
            }
            file = (path, root.mapping ?? YAMLMapping())
        }
        var layers = SettingLayers(file: file, environment: environment, flags: flags, workingDirectory: base)
        apply(&layers, workingDirectory: base)
        for flag in flags.keys.sorted() where !layers.keys.contains(flag) {
            let hint = NearestName.hint(for: flag, among: layers.keys)
            layers.report("\(SettingLayers.flag(for: flag)): there is no such setting\(hint)")
        }
        guard layers.problems.isEmpty else {
            throw SettingsError(code: .invalidValue, message: layers.problems.joined(separator: "\n"))
        }
        warnings = layers.unknown(knownVariables: Self.scriptVariables)
    }

    private mutating func apply(_ layers: inout SettingLayers, workingDirectory: String) {
        address = layers.value("address", .text) ?? address
        port = layers.value("port", .integer(0...65_535)) ?? port
        adminKey = layers.value("admin_key", .text)
        maxBodyBytes = layers.value("max_body_bytes", .integer(1_024...(1 << 30))) ?? maxBodyBytes
        maxTextCharacters = layers.value("max_text_characters", .integer(1...10_000_000)) ?? maxTextCharacters
        allowedRoots = layers.value("allowed_roots", .list(of: .path)) ?? allowedRoots
        queueLimit = layers.value("queue_limit", .integer(0...1_000_000)) ?? queueLimit
        deadlineSeconds = layers.value("deadline_seconds", .seconds(0.1...86_400)) ?? deadlineSeconds
        drainSeconds = layers.value("drain_seconds", .seconds(0...86_400)) ?? drainSeconds

        let givenEndpoint = layers.value("worker_endpoint", .endpoint)
        let givenRouters = layers.value("router_endpoints", .list(of: .endpoint))
        heartbeatSeconds = layers.value("heartbeat_seconds", .seconds(0.05...60)) ?? heartbeatSeconds
        allowInsecureTCP = layers.value("allow_insecure_tcp", .truth) ?? allowInsecureTCP
        curveSecretKeyFile = layers.value("curve_secret_key_file", .path)
        curveServerKeyFile = layers.value("curve_server_key_file", .path)
        curveClientKeysFile = layers.value("curve_client_keys_file", .path)

        devices = layers.value("devices", .list(of: .device)) ?? devices
        models = layers.value("models", .modelSets) ?? models
        precision = layers.value("precision", .choice) ?? precision
        workerSlots = layers.value("worker_slots", .integer(1...1_024)) ?? workerSlots
        cpuThreads = layers.value("cpu_threads", .integer(0...1_024)) ?? cpuThreads

        userDictionary = layers.value("user_dictionary", .path)
        languageModel = layers.value("language_model", .path)
        g2pwPath = layers.value("g2pw_path", .path)

        logLevel = layers.value("log_level", .choice) ?? logLevel
        logFormat = layers.value("log_format", .choice) ?? logFormat
        home = layers.value("home", .path) ?? workingDirectory + "/.chorus"
        runFolder = layers.value("run_folder", .path) ?? RunFolder.defaultPath(home: home)

        workerEndpoint = givenEndpoint ?? "ipc://\(runFolder)/workers-\(port).ipc"
        routerEndpoints = givenRouters ?? [workerEndpoint]
        if givenEndpoint == nil, SettingFormat<String>.endpoint.read(YAMLValue(.string(workerEndpoint)), "/") == nil {
            layers.report("run_folder: \(runFolder) is too long for a socket's address; set it to a shorter path")
        }
        for model in Set(devices.compactMap { WorkerDevice($0).model }).subtracting(models.keys).sorted() {
            layers.report(
                "devices: there is no model '\(model)'\(NearestName.hint(for: model, among: models.keys.sorted()))")
        }
        if (curveServerKeyFile != nil || curveClientKeysFile != nil) && curveSecretKeyFile == nil {
            layers.report("curve_secret_key_file: it is needed as soon as another CURVE key is set")
        }
    }

    /// The folders under which requests may name files: ``allowedRoots`` where it is set, otherwise the working directory and
    /// the folder of `tts_infer.yaml`.
    ///
    /// - Parameter inferenceFile: the `tts_infer.yaml` that was given; nil for none, as a router on a machine without voices.
    public func roots(inferenceFile: String?, workingDirectory: String? = nil) throws(SettingsError) -> AllowedRoots {
        let base = workingDirectory ?? SettingsFile.workingDirectory
        let folders =
            allowedRoots.isEmpty ? [base] + (inferenceFile.map { [SettingsFile.folder(of: $0)] } ?? []) : allowedRoots
        return try AllowedRoots(folders, workingDirectory: base)
    }
}
