import Torch

/// The encoder of BERT: embeddings and the first of its layers, for one text of a single segment.
///
/// Devlin et al. 2018, <https://arxiv.org/abs/1810.04805>. Keys as transformers writes them.
struct BertEncoder {
    private typealias Linear = TransformerEncoderLayer.Linear
    private typealias LayerNorm = TransformerEncoderLayer.LayerNorm

    private let configuration: RoBERTaConfiguration
    private let words: Tensor
    private let positions: Tensor
    private let tokenType: Tensor
    private let norm: LayerNorm
    /// The layers that are run.
    let layers: [TransformerEncoderLayer]
    private let device: Device

    /// Reads the weights.
    ///
    /// - Parameters:
    ///   - layerCount: how many layers are read and run.
    ///   - weights: the scope of `embeddings` and `encoder`.
    /// - Throws: `TorchError` with code `weights` and the key and shapes in question.
    init(_ configuration: RoBERTaConfiguration, layerCount: Int, weights: WeightScope) throws(TorchError) {
        let embeddings = weights["embeddings"]
        let width = configuration.hiddenSize
        let inner = configuration.intermediateSize
        let eps = configuration.layerNormEpsilon
        words = try embeddings["word_embeddings"].get("weight", [configuration.vocabularySize, width])
        positions = try embeddings["position_embeddings"].get("weight", [configuration.maximumTokens, width])
        // Every text is one segment, so its type is always the first.
        tokenType = try embeddings["token_type_embeddings"].get("weight", [configuration.tokenTypeCount, width])
            .select(0, 0)
        norm = try LayerNorm(embeddings["LayerNorm"], width: width, eps: eps)
        var layers: [TransformerEncoderLayer] = []
        for index in 0..<layerCount {
            let scope = weights["encoder"]["layer"][index]
            let attention = scope["attention"]
            layers.append(
                TransformerEncoderLayer(
                    query: try Linear(attention["self"]["query"], from: width, to: width),
                    key: try Linear(attention["self"]["key"], from: width, to: width),
                    value: try Linear(attention["self"]["value"], from: width, to: width),
                    output: try Linear(attention["output"]["dense"], from: width, to: width),
                    attentionNorm: try LayerNorm(attention["output"]["LayerNorm"], width: width, eps: eps),
                    feedForwardIn: try Linear(scope["intermediate"]["dense"], from: width, to: inner),
                    feedForwardOut: try Linear(scope["output"]["dense"], from: inner, to: width),
                    feedForwardNorm: try LayerNorm(scope["output"]["LayerNorm"], width: width, eps: eps),
                    heads: configuration.headCount))
        }
        self.layers = layers
        self.configuration = configuration
        device = weights.device
    }

    /// The state behind the last layer that is run: `[1, tokens, hidden]`.
    ///
    /// - Throws: as ``embed(_:)``.
    func callAsFunction(_ tokenIDs: [Int]) throws -> Tensor {
        var hidden = try embed(tokenIDs)
        for layer in layers {
            hidden = try layer(hidden)
        }
        return hidden
    }

    /// The first hidden state: `[1, tokens, hidden]`.
    ///
    /// - Throws: ``ModelError`` with `input` for too many tokens and for ids outside the vocabulary, or `TorchError`.
    func embed(_ tokenIDs: [Int]) throws -> Tensor {
        guard !tokenIDs.isEmpty, tokenIDs.count <= configuration.maximumTokens else {
            throw ModelError(
                .input, "\(tokenIDs.count) tokens; 1 to \(configuration.maximumTokens) can be encoded: cut the text")
        }
        guard tokenIDs.allSatisfy({ (0..<configuration.vocabularySize).contains($0) }) else {
            throw ModelError(
                .input,
                "a token lies outside the vocabulary of \(configuration.vocabularySize): the tokenizer and the weights differ"
            )
        }
        let ids = try Tensor(ids: tokenIDs, shape: [1, tokenIDs.count], device: device)
        let embedded = try words.embedding(ids) + tokenType
        return try norm(embedded + positions.narrow(0, start: 0, length: tokenIDs.count))
    }
}
