/// The sources of settings in order of precedence: flag, environment, file, default.
///
/// Problems are collected and not thrown one at a time, so that a user sees all of them at once.
struct SettingLayers {
    /// Every key that was asked for, in the order of asking.
    private(set) var keys: [String] = []
    /// What is wrong, one sentence each, with the place: `chorus.yaml:3`, `CHORUS_PORT` or `--port`.
    private(set) var problems: [String] = []

    private let file: (path: String, entries: YAMLMapping)?
    private let environment: [String: String]
    private let flags: [String: String]
    private let workingDirectory: String

    init(
        file: (path: String, entries: YAMLMapping)?, environment: [String: String], flags: [String: String],
        workingDirectory: String
    ) {
        self.file = file
        self.environment = environment
        self.flags = flags
        self.workingDirectory = workingDirectory
    }

    /// The value of the highest layer that has the key, or nil. A null in the file counts as absent.
    mutating func value<Value>(_ key: String, _ format: SettingFormat<Value>) -> Value? {
        keys.append(key)
        if let text = flags[key] {
            return read(YAMLValue(.string(text)), format, in: workingDirectory, at: Self.flag(for: key), key: key)
        }
        if let text = environment[Self.variable(for: key)], !text.isEmpty {
            return read(YAMLValue(.string(text)), format, in: workingDirectory, at: Self.variable(for: key), key: key)
        }
        guard let file, let value = file.entries[key], value.content != .null else { return nil }
        let folder = SettingsFile.absolute(SettingsFile.folder(of: file.path), in: workingDirectory)
        return read(value, format, in: folder, at: "\(file.path):\(value.line)", key: key)
    }

    /// Adds a problem that concerns several keys.
    mutating func report(_ problem: String) {
        problems.append(problem)
    }

    /// Sentences about keys and variables that nobody asked for. Call after the last ``value(_:_:)``.
    func unknown(knownVariables: Set<String>) -> [String] {
        var sentences: [String] = []
        for entry in file?.entries.entries ?? [] {
            let name = entry.key.string ?? ""
            guard !keys.contains(name) else { continue }
            let hint = NearestName.hint(for: name, among: keys)
            sentences.append("\(file?.path ?? ""):\(entry.key.line): unknown key \(entry.key.summary)\(hint)")
        }
        let variables = keys.map(Self.variable(for:))
        for name in environment.keys.sorted() where name.hasPrefix("CHORUS_") {
            guard !variables.contains(name), !knownVariables.contains(name) else { continue }
            sentences.append("unknown environment variable \(name)\(NearestName.hint(for: name, among: variables))")
        }
        return sentences
    }

    /// `CHORUS_MAX_BODY_BYTES` for `max_body_bytes`.
    static func variable(for key: String) -> String { "CHORUS_" + key.uppercased() }

    /// `--max-body-bytes` for `max_body_bytes`.
    static func flag(for key: String) -> String {
        "--" + key.split(separator: "_").joined(separator: "-")
    }

    private mutating func read<Value>(
        _ value: YAMLValue, _ format: SettingFormat<Value>, in folder: String, at place: String, key: String
    ) -> Value? {
        if let result = format.read(value, folder) { return result }
        let isSecret = key == "admin_key"
        problems.append(
            "\(place): \(key) has to be \(format.allowed); it is \(isSecret ? "something else" : value.summary)")
        return nil
    }
}
