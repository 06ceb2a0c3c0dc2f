/// A model set that is served beside the one of `tts_infer.yaml`, under a name.
public struct ModelSetSettings: Sendable, Hashable {
    /// The GPT checkpoint.
    public var gptWeights: String
    /// The SoVITS checkpoint.
    public var sovitsWeights: String
    /// The number format of its workers; nil takes that of all.
    public var precision: ChorusConfiguration.Precision?

    /// Whether a name may be given to a set: 1 to 64 letters, digits, `-`, `_` and `.`, and not the name of the set that has none.
    public static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count) && name != "default"
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }
}

extension SettingFormat where Value == [String: ModelSetSettings] {
    /// A mapping in the file from names to checkpoints.
    static let modelSets = SettingFormat(
        allowed: "a mapping in the file from names (letters, digits, '-', '_' and '.'; not 'default') to gpt_weights, "
            + "sovits_weights and, where wanted, precision"
    ) { value, folder in
        guard let sets = value.mapping else { return nil }
        var result: [String: ModelSetSettings] = [:]
        for entry in sets.entries {
            guard let name = entry.key.string, ModelSetSettings.isName(name),
                let set = ModelSetSettings(entry.value, folder: folder)
            else { return nil }
            result[name] = set
        }
        return result
    }
}

extension ModelSetSettings {
    fileprivate init?(_ value: YAMLValue, folder: String) {
        guard let fields = value.mapping,
            fields.entries.allSatisfy({ ["gpt_weights", "sovits_weights", "precision"].contains($0.key.string) }),
            let gpt = fields["gpt_weights"].flatMap({ SettingFormat<String>.path.read($0, folder) }),
            let sovits = fields["sovits_weights"].flatMap({ SettingFormat<String>.path.read($0, folder) })
        else { return nil }
        gptWeights = gpt
        sovitsWeights = sovits
        guard let given = fields["precision"] else { return }
        guard let precision = SettingFormat<ChorusConfiguration.Precision>.choice.read(given, folder) else {
            return nil
        }
        self.precision = precision
    }
}

/// A device of this machine, and the model set that its worker serves.
public struct WorkerDevice: Sendable, Hashable {
    /// `cpu`, `cuda:N` or a card's UUID.
    public let device: String
    /// The name of the set; nil for that of `tts_infer.yaml`.
    public let model: String?

    /// Reads `cuda:1` or `cuda:1@name`.
    public init(_ entry: String) {
        let parts = entry.split(separator: "@", maxSplits: 1)
        device = parts.first.map(String.init) ?? entry
        model = parts.count > 1 ? String(parts[1]) : nil
    }
}
