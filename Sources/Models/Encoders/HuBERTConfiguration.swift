/// The sizes of a HuBERT encoder: the fields of `config.json` that inference needs, with the defaults of transformers.
public struct HuBERTConfiguration: Sendable, Equatable {
    /// Width of the hidden states.
    public let hiddenSize: Int
    /// Width inside the feed-forward blocks.
    public let intermediateSize: Int
    /// Number of transformer layers.
    public let layerCount: Int
    /// Attention heads of each layer.
    public let headCount: Int
    /// Output channels, kernel width and stride of each convolution of the feature extractor.
    public let convolutions: [Convolution]
    /// Whether these convolutions have a bias.
    public let convolutionBias: Bool
    /// Whether the features are normalised before their projection.
    public let normalizesFeatures: Bool
    /// Kernel width of the positional convolution.
    public let positionKernel: Int
    /// Groups of the positional convolution.
    public let positionGroups: Int
    /// Epsilon of every layer normalisation; the group normalisation's is fixed at 1e-5.
    public let layerNormEpsilon: Double
    /// The smallest input, in samples, that gives one frame.
    public let minimumSamples: Int

    /// One convolution of the feature extractor.
    public struct Convolution: Sendable, Equatable {
        /// Output channels.
        public let channels: Int
        /// Kernel width in input frames.
        public let kernel: Int
        /// Stride in input frames.
        public let stride: Int
    }

    /// Reads `config.json`.
    ///
    /// - Throws: ``ModelError`` with `weights`, also for a variant other than chinese-hubert-base.
    public init(path: String) throws(ModelError) {
        try self.init(JSONFile.decode(File.self, path: path, keys: .convertFromSnakeCase), path: path)
    }

    private init(_ file: File, path: String) throws(ModelError) {
        let widths = file.convDim ?? Array(repeating: 512, count: 7)
        let kernels = file.convKernel ?? [10, 3, 3, 3, 3, 2, 2]
        let strides = file.convStride ?? [5, 2, 2, 2, 2, 2, 2]
        guard !widths.isEmpty, widths.count == kernels.count, widths.count == strides.count else {
            throw ModelError(
                .weights,
                "\(path): conv_dim, conv_kernel and conv_stride have \(widths.count), \(kernels.count), \(strides.count) entries"
            )
        }
        convolutions = zip(widths, zip(kernels, strides)).map {
            Convolution(channels: $0, kernel: $1.0, stride: $1.1)
        }
        hiddenSize = file.hiddenSize ?? 768
        intermediateSize = file.intermediateSize ?? 3072
        layerCount = file.numHiddenLayers ?? 12
        headCount = file.numAttentionHeads ?? 12
        convolutionBias = file.convBias ?? false
        normalizesFeatures = file.featProjLayerNorm ?? true
        positionKernel = file.numConvPosEmbeddings ?? 128
        positionGroups = file.numConvPosEmbeddingGroups ?? 16
        layerNormEpsilon = file.layerNormEps ?? 1e-5

        let reach = zip(kernels, strides).reversed().reduce(1.0) { ($0 - 1) * Double($1.1) + Double($1.0) }
        minimumSamples = reach < 1e9 ? Int(max(1, reach)) : 0

        let sizes = [hiddenSize, intermediateSize, headCount, positionKernel, positionGroups]
        guard minimumSamples > 0, (sizes + widths + kernels + strides).allSatisfy({ (1...1 << 20).contains($0) }),
            (0...1024).contains(layerCount), hiddenSize % headCount == 0, hiddenSize % positionGroups == 0
        else {
            throw ModelError(
                .weights, "\(path): sizes are not positive, or heads or groups do not divide the hidden size")
        }
        guard file.doStableLayerNorm != true, (file.featExtractNorm ?? "group") == "group",
            file.convPosBatchNorm != true, (file.hiddenAct ?? "gelu") == "gelu",
            (file.featExtractActivation ?? "gelu") == "gelu"
        else {
            throw ModelError(
                .weights,
                "\(path): only HuBERT with group norm, GELU and post-norm layers, as chinese-hubert-base, is supported")
        }
    }

    private struct File: Decodable {
        var hiddenSize: Int?
        var intermediateSize: Int?
        var numHiddenLayers: Int?
        var numAttentionHeads: Int?
        var convDim: [Int]?
        var convKernel: [Int]?
        var convStride: [Int]?
        var convBias: Bool?
        var convPosBatchNorm: Bool?
        var featExtractNorm: String?
        var featExtractActivation: String?
        var featProjLayerNorm: Bool?
        var numConvPosEmbeddings: Int?
        var numConvPosEmbeddingGroups: Int?
        var layerNormEps: Double?
        var doStableLayerNorm: Bool?
        var hiddenAct: String?
    }
}
