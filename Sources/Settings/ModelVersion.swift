/// The generations of GPT-SoVITS models, by the names that the Python server's settings use.
public enum ModelVersion: String, CaseIterable, Sendable {
    case v1, v2, v3, v4, v2Pro, v2ProPlus

    /// The language names that requests may use with this version, as the Python server lists them.
    public var languages: [String] {
        self == .v1
            ? ["auto", "en", "zh", "ja", "all_zh", "all_ja"]
            : ["auto", "auto_yue", "en", "zh", "ja", "yue", "ko", "all_zh", "all_ja", "all_yue", "all_ko"]
    }
}
