/// A loaded pair of checkpoints.
public struct ModelSetDescription: Hashable, Sendable, Codable {
    /// The name of the set of which nobody said a name: what requests without a name are spoken with.
    public static let defaultName = "default"

    /// Where the GPT (text to semantic) checkpoint came from.
    public var gptPath: String
    /// Where the SoVITS (semantic to waveform) checkpoint came from.
    public var sovitsPath: String
    /// The model version, as the Python server names it: `v1`, `v2`, `v2Pro`, `v2ProPlus`, `v3`, `v4`.
    public var version: String
    /// The language codes that the set speaks, as `text_lang` takes them.
    public var languages: [String]
    /// A digest of the GPT checkpoint's content, where it was computed.
    public var gptDigest: String?
    /// A digest of the SoVITS checkpoint's content, where it was computed.
    public var sovitsDigest: String?

    /// Creates a description.
    public init(
        gptPath: String, sovitsPath: String, version: String, languages: [String], gptDigest: String? = nil,
        sovitsDigest: String? = nil
    ) {
        self.gptPath = gptPath
        self.sovitsPath = sovitsPath
        self.version = version
        self.languages = languages
        self.gptDigest = gptDigest
        self.sovitsDigest = sovitsDigest
    }

    private enum CodingKeys: String, CodingKey {
        case gptPath = "gpt_path"
        case sovitsPath = "sovits_path"
        case version
        case languages
        case gptDigest = "gpt_digest"
        case sovitsDigest = "sovits_digest"
    }
}
