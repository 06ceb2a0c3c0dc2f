/// A second-stage checkpoint (semantic tokens to sound) with its version known and its content checked against it.
public struct SoVITSCheckpoint: Sendable {
    /// The file that this was read from.
    public let file: CheckpointFile
    /// The tensors by their names.
    public let weights: [String: TensorRecord]
    /// The configuration: a dictionary in base files, a record of `utils.HParams` in fine-tuned ones.
    public let config: CheckpointValue
    /// What training wrote about itself, such as `8epoch_128iteration`.
    public let info: String?
    /// The version of the model.
    public let version: SoVITSVersion
    /// Rank of the LoRA factors; nil for a whole model.
    public let loraRank: Int?

    /// Name of the tensor whose rows are the symbols.
    static let textEmbeddingName = "enc_p.text_embedding.weight"

    /// Reads the entries and finds the version.
    ///
    /// - Parameter knownHashes: versions by the MD5 of the first 8192 bytes.
    /// - Throws: `missingEntry`, `wrongStage`, `missingConfiguration`, `invalidConfiguration`, `versionContradiction`, `missingLoRA`.
    public init(
        _ file: CheckpointFile, knownHashes: [String: SoVITSVersion] = SoVITSVersion.publishedHashes
    ) throws(CheckpointError) {
        do throws(CheckpointError) {
            self.file = file
            weights = try file.unnamedTensors(under: "weight")
            try ModelStage.second.check(weights.keys)
            config = try file.unnamedEntry("config")
            info = file.root["info"]?.stringValue
            let content = SoVITSContent(weights.keys)
            version = SoVITSVersion.detect(
                headDigest: file.headDigest, headTag: file.headTag, byteCount: file.byteCount, knownHashes: knownHashes
            ).refined(textEmbeddingRows: weights[Self.textEmbeddingName]?.shape.first)
                .refined(by: content, path: file.path)
            try Self.checkConfiguration(config, version: version)
            try content.check(against: version)
            loraRank = version.isLoRA ? try content.loraRank(declared: file.root["lora_rank"], weights: weights) : nil
        } catch {
            throw error.naming(path: file.path)
        }
    }

    /// The fields that building the model needs.
    private static func checkConfiguration(
        _ config: CheckpointValue, version: SoVITSVersion
    ) throws(CheckpointError) {
        let reader = ConfigurationReader(config)
        for name in ["filter_length", "sampling_rate", "hop_length", "win_length"] {
            _ = try reader.positiveInt("data", name)
        }
        for name in ["inter_channels", "hidden_channels", "filter_channels", "n_heads", "n_layers", "kernel_size"] {
            _ = try reader.positiveInt("model", name)
        }
        _ = try reader.positiveInt("model", "gin_channels")
        guard !version.model.usesFlowMatching else { return }
        for name in ["upsample_rates", "upsample_kernel_sizes", "resblock_kernel_sizes"] {
            _ = try reader.positiveInts("model", name)
        }
        _ = try reader.positiveInt("model", "upsample_initial_channel")
    }
}

/// Which parts of a SoVITS model the names of its tensors show.
struct SoVITSContent {
    let hasFlowMatching: Bool
    let hasSpeakerEmbedding: Bool
    let loraFactorNames: [String]

    init(_ names: some Sequence<String>) {
        var hasFlowMatching = false
        var hasSpeakerEmbedding = false
        var loraFactorNames: [String] = []
        for name in names {
            if name.hasPrefix("cfm.") { hasFlowMatching = true }
            if name.hasPrefix("sv_emb.") { hasSpeakerEmbedding = true }
            if name.contains(".lora_A.") || name.contains(".lora_B.") { loraFactorNames.append(name) }
        }
        self.hasFlowMatching = hasFlowMatching
        self.hasSpeakerEmbedding = hasSpeakerEmbedding
        self.loraFactorNames = loraFactorNames.sorted()
    }

    /// Throws when the file claims to be something that its tensors are not.
    func check(against version: SoVITSVersion) throws(CheckpointError) {
        let claim: String
        switch version.evidence {
        case .publishedHash: claim = "its digest says \(version.model.rawValue)"
        case .headTag: claim = "its head tag says \(version.model.rawValue)"
        case .fileSize: claim = "its size and symbols say \(version.model.rawValue)"
        case .content: claim = "its content says \(version.model.rawValue)"
        }
        func contradiction(_ found: String) -> CheckpointError {
            CheckpointError(
                .versionContradiction,
                "\(claim), but \(found); the file was converted or renamed wrongly: take the original")
        }
        if version.isLoRA {
            guard !loraFactorNames.isEmpty else {
                throw CheckpointError(
                    .missingLoRA, "\(claim) LoRA, but it holds no LoRA factors; train or export it again")
            }
            return
        }
        guard loraFactorNames.isEmpty else { throw contradiction("it holds LoRA factors (\(loraFactorNames[0]))") }
        if version.model.usesSpeakerEmbedding != hasSpeakerEmbedding {
            throw contradiction(
                hasSpeakerEmbedding
                    ? "it holds a speaker embedding (sv_emb), as only v2Pro and v2ProPlus do"
                    : "it holds no speaker embedding (sv_emb), which v2Pro and v2ProPlus need")
        }
        if version.model.usesFlowMatching != hasFlowMatching {
            throw contradiction(
                hasFlowMatching
                    ? "it holds a flow-matching model (cfm), as only v3 and v4 do"
                    : "it holds no flow-matching model (cfm), which v3 and v4 need")
        }
    }

    /// The rank that the file states and that all its factors have.
    func loraRank(
        declared: CheckpointValue?, weights: [String: TensorRecord]
    ) throws(CheckpointError) -> Int {
        guard let rank = declared?.intValue, rank > 0 else {
            throw CheckpointError(.missingLoRA, "it holds LoRA factors, but no rank (entry 'lora_rank')")
        }
        for name in loraFactorNames {
            guard let shape = weights[name]?.shape else { continue }
            let found = name.contains(".lora_A.") ? shape.first : shape.last
            guard shape.count == 2, found == rank else {
                throw CheckpointError(.missingLoRA, "its LoRA rank is \(rank), but \(name) has shape \(shape)")
            }
        }
        return rank
    }
}
