/// The sizes of a second-stage model, out of its configuration and its tensors' shapes.
public struct SoVITSSizes: Sendable, Hashable, Codable {
    /// The diffusion transformer of v3 and v4.
    public struct Flow: Sendable, Hashable, Codable {
        /// Transformer layers.
        public let layerCount: Int
        /// Width of the layers.
        public let width: Int
    }

    /// Rate of the audio that references are resampled to, and that v1 and the v2 family speak at, in Hz.
    public let samplingRate: Int
    /// Width of the text encoder.
    public let hiddenWidth: Int
    /// Channels of the latent.
    public let latentWidth: Int
    /// Layers of the text encoder's phoneme part.
    public let layerCount: Int
    /// Attention heads of the text encoder.
    public let headCount: Int
    /// Width of the style embedding.
    public let styleWidth: Int
    /// Rows of the phoneme table; nil where the file has none, as LoRA files.
    public let symbolCount: Int?
    /// Semantic tokens; nil where the file has no codebook.
    public let tokenCount: Int?
    /// Channels after the wave decoder's first convolution; nil for v3 and v4.
    public let decoderWidth: Int?
    /// The diffusion transformer; nil for other versions.
    public let flow: Flow?

    /// Reads the sizes.
    ///
    /// - Throws: `missingConfiguration`, `invalidConfiguration`.
    init(
        config: CheckpointValue, weights: [String: TensorRecord], version: SoVITSVersion
    ) throws(CheckpointError) {
        let reader = ConfigurationReader(config)
        samplingRate = try reader.positiveInt("data", "sampling_rate")
        hiddenWidth = try reader.positiveInt("model", "hidden_channels")
        latentWidth = try reader.positiveInt("model", "inter_channels")
        layerCount = try reader.positiveInt("model", "n_layers")
        headCount = try reader.positiveInt("model", "n_heads")
        styleWidth = try reader.positiveInt("model", "gin_channels")
        symbolCount = weights[SoVITSCheckpoint.textEmbeddingName]?.shape.first
        tokenCount = weights["quantizer.vq.layers.0._codebook.embed"]?.shape.first
        let hasFlow = version.model.usesFlowMatching
        decoderWidth = hasFlow ? nil : try reader.positiveInt("model", "upsample_initial_channel")
        flow = hasFlow ? Self.flow(weights) : nil
    }

    /// The layers that whole weights or LoRA factors name; both have the layers' width as their columns.
    private static func flow(_ weights: [String: TensorRecord]) -> Flow? {
        var layerCount = 0
        var width: Int?
        for (name, tensor) in weights {
            let parts = name.split(separator: ".")
            guard let place = parts.firstIndex(of: "transformer_blocks"), place + 3 < parts.count,
                let layer = Int(parts[place + 1]), (0..<ConfigurationReader.largestInt).contains(layer)
            else { continue }
            layerCount = max(layerCount, layer + 1)
            if parts[place + 3] == "to_q", parts.last == "weight", !parts.contains("lora_B"), tensor.shape.count == 2 {
                width = tensor.shape[1]
            }
        }
        return width.map { Flow(layerCount: layerCount, width: $0) }
    }
}

extension ModelVersion {
    /// Where GPT-SoVITS keeps the whole model that LoRA factors of this version change; nil where there are none.
    public var publishedBase: String? {
        switch self {
        case .v3: "GPT_SoVITS/pretrained_models/s2Gv3.pth"
        case .v4: "GPT_SoVITS/pretrained_models/gsv-v4-pretrained/s2Gv4.pth"
        default: nil
        }
    }
}
