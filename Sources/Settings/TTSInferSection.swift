import Checkpoints

/// One section of `tts_infer.yaml`: a model set and where it runs. Paths are as they are written in the file.
public struct TTSInferSection: Sendable, Hashable {
    /// `cpu`, `cuda` or `cuda:N`.
    public var device: String
    /// Whether CUDA computes in float16.
    public var isHalf: Bool
    /// The version of the SoVITS model.
    public var version: ModelVersion
    /// The text-to-semantic (GPT) checkpoint.
    public var t2sWeightsPath: String
    /// The SoVITS checkpoint.
    public var vitsWeightsPath: String
    /// The folder of the RoBERTa model.
    public var bertBasePath: String
    /// The folder of the HuBERT model.
    public var cnhubertBasePath: String

    /// The section that the Python server has built in for a version, with paths from its own root folder.
    public init(defaultsOf version: ModelVersion) {
        let models = "GPT_SoVITS/pretrained_models/"
        let (t2s, vits) =
            switch version {
            case .v1: ("s1bert25hz-2kh-longer-epoch=68e-step=50232.ckpt", "s2G488k.pth")
            case .v2:
                (
                    "gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt",
                    "gsv-v2final-pretrained/s2G2333k.pth"
                )
            case .v3: ("s1v3.ckpt", "s2Gv3.pth")
            case .v4: ("s1v3.ckpt", "gsv-v4-pretrained/s2Gv4.pth")
            case .v2Pro: ("s1v3.ckpt", "v2Pro/s2Gv2Pro.pth")
            case .v2ProPlus: ("s1v3.ckpt", "v2Pro/s2Gv2ProPlus.pth")
            }
        self.device = "cpu"
        self.isHalf = false
        self.version = version
        self.t2sWeightsPath = models + t2s
        self.vitsWeightsPath = models + vits
        self.bertBasePath = models + "chinese-roberta-wwm-ext-large"
        self.cnhubertBasePath = models + "chinese-hubert-base"
    }

    /// The section as it stands in the file.
    var yaml: YAMLValue {
        var mapping = YAMLMapping()
        mapping["device"] = YAMLValue(.string(device))
        mapping["is_half"] = YAMLValue(.bool(isHalf))
        mapping["version"] = YAMLValue(.string(version.rawValue))
        for key in Self.pathKeys { mapping[key.name] = YAMLValue(.string(self[keyPath: key.path])) }
        return YAMLValue(.mapping(mapping))
    }

    /// The keys that hold paths, with the Python server's spelling.
    static var pathKeys: [(name: String, path: WritableKeyPath<Self, String>)] {
        [
            ("t2s_weights_path", \.t2sWeightsPath),
            ("vits_weights_path", \.vitsWeightsPath),
            ("bert_base_path", \.bertBasePath),
            ("cnhuhbert_base_path", \.cnhubertBasePath),
        ]
    }
}

extension TTSInferSection {
    /// Decodes a section. A key that is missing or null takes the Python server's fall-back: `cpu`, `false`, no path.
    struct Reader {
        let file: String
        let section: String
        private(set) var warnings: [String] = []

        init(file: String, section: String) {
            self.file = file
            self.section = section
        }

        mutating func section(_ value: YAMLValue) throws(SettingsError) -> TTSInferSection {
            guard let entries = value.mapping else {
                throw problem(value, "has to be a section with keys such as version: and device:")
            }
            let known = ["device", "is_half", "version"] + TTSInferSection.pathKeys.map(\.name)
            for entry in entries.entries where !known.contains(entry.key.string ?? "") {
                let hint = NearestName.hint(for: entry.key.string ?? "", among: known)
                warnings.append("\(file):\(entry.key.line): unknown key \(entry.key.summary) in \(section)\(hint)")
            }
            let versions = ModelVersion.allCases.map(\.rawValue).joined(separator: ", ")
            guard let named = entries["version"] else {
                throw problem(value, "needs the key version: one of \(versions)")
            }
            guard let version = named.string.flatMap(ModelVersion.init(rawValue:)) else {
                throw problem(named, "version has to be one of \(versions)")
            }
            var result = TTSInferSection(defaultsOf: version)
            result.device = try text(entries["device"], "device") ?? "cpu"
            result.isHalf = try truth(entries["is_half"], "is_half")
            for key in TTSInferSection.pathKeys {
                result[keyPath: key.path] = try text(entries[key.name], key.name) ?? ""
            }
            let ordinal = result.device.hasPrefix("cuda:") ? Int(result.device.dropFirst(5)) : nil
            guard ["cpu", "cuda"].contains(result.device) || ordinal.map({ $0 >= 0 }) == true else {
                throw problem(entries["device"] ?? value, "device has to be cpu, cuda or cuda: and a number")
            }
            return result
        }

        private func text(_ value: YAMLValue?, _ key: String) throws(SettingsError) -> String? {
            switch value?.content {
            case nil, .null: return nil
            case .string(let text):
                guard !text.utf8.contains(0) else { break }
                return text
            default: break
            }
            throw problem(value ?? YAMLValue(.null), "\(key) has to be text")
        }

        private func truth(_ value: YAMLValue?, _ key: String) throws(SettingsError) -> Bool {
            switch value?.content {
            case nil, .null: return false
            case .bool(let truth): return truth
            case .int(0): return false
            case .int(1): return true
            default: throw problem(value ?? YAMLValue(.null), "\(key) has to be true or false")
            }
        }

        private func problem(_ value: YAMLValue, _ wanted: String) -> SettingsError {
            SettingsError(
                code: .invalidValue,
                message: "\(file):\(value.line): \(section) \(wanted); it holds \(value.summary)")
        }
    }
}
