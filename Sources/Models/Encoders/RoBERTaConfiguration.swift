/// The sizes of a BERT encoder: the fields of `config.json` that inference needs, with the defaults of transformers.
public struct RoBERTaConfiguration: Sendable, Equatable {
    /// Rows of the word embedding.
    public let vocabularySize: Int
    /// Width of the hidden states.
    public let hiddenSize: Int
    /// Width inside the feed-forward blocks.
    public let intermediateSize: Int
    /// Number of layers of the whole model.
    public let layerCount: Int
    /// Attention heads of each layer.
    public let headCount: Int
    /// Most tokens, with the two special ones.
    public let maximumTokens: Int
    /// Rows of the token-type embedding.
    public let tokenTypeCount: Int
    /// Epsilon of every layer normalisation.
    public let layerNormEpsilon: Double

    /// Layers to run for the features: the third hidden state from the end, where the embedding is the first.
    public var usedLayerCount: Int { layerCount - 2 }

    /// Reads `config.json`.
    ///
    /// - Throws: ``ModelError`` with `weights`, also for another variant.
    public init(path: String) throws(ModelError) {
        try self.init(JSONFile.decode(File.self, path: path, keys: .convertFromSnakeCase), path: path)
    }

    /// Puts the sizes together; the caller has checked them.
    init(
        vocabularySize: Int, hiddenSize: Int, intermediateSize: Int, layerCount: Int, headCount: Int,
        maximumTokens: Int,
        tokenTypeCount: Int, layerNormEpsilon: Double
    ) {
        self.vocabularySize = vocabularySize
        self.hiddenSize = hiddenSize
        self.intermediateSize = intermediateSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.maximumTokens = maximumTokens
        self.tokenTypeCount = tokenTypeCount
        self.layerNormEpsilon = layerNormEpsilon
    }

    private init(_ file: File, path: String) throws(ModelError) {
        vocabularySize = file.vocabSize ?? 30522
        hiddenSize = file.hiddenSize ?? 768
        intermediateSize = file.intermediateSize ?? 3072
        layerCount = file.numHiddenLayers ?? 12
        headCount = file.numAttentionHeads ?? 12
        maximumTokens = file.maxPositionEmbeddings ?? 512
        tokenTypeCount = file.typeVocabSize ?? 2
        layerNormEpsilon = file.layerNormEps ?? 1e-12
        let sizes = [vocabularySize, hiddenSize, intermediateSize, headCount, maximumTokens, tokenTypeCount]
        guard sizes.allSatisfy({ (1...1 << 24).contains($0) }), hiddenSize % headCount == 0,
            (2...1024).contains(layerCount)
        else {
            throw ModelError(
                .weights,
                "\(path): sizes must be positive, heads divide the hidden size, and at least 2 layers are needed")
        }
        guard (file.hiddenAct ?? "gelu") == "gelu", (file.positionEmbeddingType ?? "absolute") == "absolute" else {
            throw ModelError(.weights, "\(path): only BERT with GELU and absolute positions is supported")
        }
    }

    private struct File: Decodable {
        var vocabSize: Int?
        var hiddenSize: Int?
        var intermediateSize: Int?
        var numHiddenLayers: Int?
        var numAttentionHeads: Int?
        var maxPositionEmbeddings: Int?
        var typeVocabSize: Int?
        var layerNormEps: Double?
        var hiddenAct: String?
        var positionEmbeddingType: String?
    }
}
