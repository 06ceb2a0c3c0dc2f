import Checkpoints

/// `tts_infer.yaml`, read and written as the Python server does (`TTS_Config` in `GPT_SoVITS/TTS_infer_pack/TTS.py`).
///
/// The file has one section a model version and `custom`, the section in use. A section that the file lacks has its
/// built-in default; without `custom` the section `v2` is used. A path that is missing or leads nowhere is replaced by the
/// default of the section's version, with a warning.
///
/// The Python server takes relative paths from the working directory. Here a path that does not exist there is looked for
/// beside the file, so that a folder of weights with its own `tts_infer.yaml` can be moved as a whole. Paths are kept as they
/// are written; ``resolve(_:)`` makes them absolute.
public struct TTSInferConfiguration: Sendable {
    /// Where the Python server looks when it is not told, from the working directory.
    public static let defaultPath = "GPT_SoVITS/configs/tts_infer.yaml"

    /// The file.
    public let path: String
    /// The section in use, after the fall-backs.
    public private(set) var active: TTSInferSection
    /// What was replaced or not understood while the file was read, one sentence each.
    public private(set) var warnings: [String] = []

    private let workingDirectory: String
    /// Every section but `custom`, defaults included, which is what a save keeps.
    private var sections: YAMLMapping

    /// Reads a file; where there is none it is first created with the built-in sections.
    ///
    /// - Parameters:
    ///   - path: The file; nil or an empty text is ``defaultPath``.
    ///   - cudaIsAvailable: Whether a section that asks for CUDA can have it; otherwise its device becomes the CPU.
    ///   - workingDirectory: Where relative paths begin; nil is the process's own.
    /// - Throws: ``SettingsError`` when the file is not YAML, holds a wrong type, names an unknown version, or cannot be read
    ///   or created.
    public init(
        path: String?, cudaIsAvailable: Bool, workingDirectory: String? = nil
    ) throws(SettingsError) {
        let folder = workingDirectory ?? SettingsFile.workingDirectory
        let given = path ?? ""
        let file = SettingsFile.absolute(given.isEmpty ? Self.defaultPath : given, in: folder)
        self.path = file
        self.workingDirectory = folder
        if !SettingsFile.exists(file) {
            if given.isEmpty { try SettingsFile.createFolder(SettingsFile.folder(of: file)) }
            try SettingsFile.replace(file, with: YAMLWriter.text(YAMLValue(.mapping(Self.builtIn))))
            warnings.append("\(file) did not exist and was created with the default settings")
        }
        let root = try YAMLReader.parse(SettingsFile.read(file, limit: YAMLReader.Limits().bytes), name: file)
        guard let content = root.mapping else {
            throw SettingsError(
                code: .invalidValue,
                message: "\(file): sections such as custom: and v2: are wanted, and the file holds \(root.summary)")
        }
        var merged = Self.builtIn
        for entry in content.entries { merged[entry.key] = entry.value }
        for entry in content.entries where !Self.isKnownSection(entry.key) {
            warnings.append("\(file):\(entry.key.line): unknown section \(entry.key.summary) is ignored")
        }
        let chosen = merged["custom"] ?? merged["v2"] ?? YAMLValue(.null)
        let name = merged["custom"] == nil ? "v2" : "custom"
        var reader = TTSInferSection.Reader(file: file, section: name)
        active = try reader.section(chosen)
        warnings += reader.warnings
        sections = merged
        sections["custom"] = nil
        adjustDevice(cudaIsAvailable: cudaIsAvailable)
        replaceMissingPaths(by: merged[active.version.rawValue]?.mapping)
    }

    /// The absolute path for a path of this configuration: in the working directory where it exists there, otherwise beside
    /// the file where it exists there, otherwise in the working directory.
    public func resolve(_ path: String) -> String {
        let here = SettingsFile.absolute(path, in: workingDirectory)
        guard !path.hasPrefix("/"), !SettingsFile.exists(here) else { return here }
        let beside = SettingsFile.absolute(path, in: SettingsFile.folder(of: self.path))
        return SettingsFile.exists(beside) ? beside : here
    }

    /// Takes a new text-to-semantic checkpoint into use; ``save()`` makes it last.
    public mutating func use(t2sWeights path: String) {
        active.t2sWeightsPath = path
    }

    /// Takes a new SoVITS checkpoint, and with it its version, into use; ``save()`` makes it last.
    public mutating func use(vitsWeights path: String, version: ModelVersion) {
        active.vitsWeightsPath = path
        active.version = version
    }

    /// Writes the file with the section in use as `custom`.
    ///
    /// As with the Python server every other section stays, the built-in ones are added where they were missing, and
    /// comments and unknown keys of `custom` are lost.
    ///
    /// - Throws: ``SettingsError/Code/notWritable``, for example where the file lies on a read-only mount.
    public func save() throws(SettingsError) {
        try SettingsFile.replace(path, with: text())
    }

    /// What ``save()`` writes.
    public func text() throws(SettingsError) -> String {
        var all = sections
        all["custom"] = active.yaml
        return try YAMLWriter.text(YAMLValue(.mapping(all)))
    }

    // MARK: - Fall-backs

    private static let builtIn: YAMLMapping = {
        var mapping = YAMLMapping()
        for version in ModelVersion.allCases {
            mapping[version.rawValue] = TTSInferSection(defaultsOf: version).yaml
        }
        return mapping
    }()

    private static func isKnownSection(_ key: YAMLValue) -> Bool {
        key.string == "custom" || key.string.flatMap(ModelVersion.init(rawValue:)) != nil
    }

    private mutating func adjustDevice(cudaIsAvailable: Bool) {
        if active.device.contains("cuda"), !cudaIsAvailable {
            warnings.append("\(path): CUDA is not available, so device \(active.device) becomes cpu")
            active.device = "cpu"
        }
        if active.device == "cpu", active.isHalf {
            warnings.append("\(path): half precision does not exist on the CPU, so is_half becomes false")
            active.isHalf = false
        }
    }

    private mutating func replaceMissingPaths(by section: YAMLMapping?) {
        let builtIn = TTSInferSection(defaultsOf: active.version)
        for key in TTSInferSection.pathKeys {
            let given = active[keyPath: key.path]
            guard given.isEmpty || !SettingsFile.exists(resolve(given)) else { continue }
            let fallBack = section?[key.name]?.string ?? builtIn[keyPath: key.path]
            guard fallBack != given else {
                warnings.append("\(path): \(key.name) \(given) does not exist")
                continue
            }
            let reason = given.isEmpty ? "is not set" : "\(given) does not exist"
            warnings.append("\(path): \(key.name) \(reason), so the default \(fallBack) is used")
            active[keyPath: key.path] = fallBack
        }
    }
}
