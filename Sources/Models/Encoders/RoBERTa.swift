import Torch

/// Chinese RoBERTa: one feature vector per character, repeated for the character's phones.
///
/// Cui et al. 2019, <https://arxiv.org/abs/1906.08101>: a BERT encoder (<https://arxiv.org/abs/1810.04805>). The features
/// are its third hidden state from the end, so the last two layers are neither read nor run. Follows
/// `get_bert_feature` of the Python server's `TextPreprocessor.py`.
public struct RoBERTa {
    private typealias Linear = TransformerEncoderLayer.Linear
    private typealias LayerNorm = TransformerEncoderLayer.LayerNorm

    /// The sizes.
    public let configuration: RoBERTaConfiguration

    private let words: Tensor
    private let positions: Tensor
    private let tokenType: Tensor
    private let norm: LayerNorm
    let layers: [TransformerEncoderLayer]
    private let device: Device

    /// Reads the weights.
    ///
    /// - Parameters:
    ///   - configuration: The sizes, from `config.json`.
    ///   - weights: The whole checkpoint; keys may stand behind `bert.`.
    /// - Throws: `TorchError` with code `weights` and the key and shapes in question.
    public init(_ configuration: RoBERTaConfiguration, weights: WeightScope) throws(TorchError) {
        let root = weights.contains("bert.embeddings.word_embeddings.weight") ? weights["bert"] : weights
        let embeddings = root["embeddings"]
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
        for index in 0..<configuration.usedLayerCount {
            let scope = root["encoder"]["layer"][index]
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

    /// Computes the features of a text.
    ///
    /// - Parameters:
    ///   - tokenIDs: From ``WordPieceTokenizer/encode(_:)``, with the special tokens around them.
    ///   - phonesPerCharacter: How often each token's feature is repeated (`word2ph`).
    /// - Returns: `[hidden, phones]` in the weights' element type and on their device.
    /// - Throws: ``ModelError`` with `input` when there are more tokens than positions, ids outside the vocabulary, or
    ///   more entries in `phonesPerCharacter` than tokens; or `TorchError`.
    public func features(tokenIDs: [Int], phonesPerCharacter: [Int]) throws -> Tensor {
        guard phonesPerCharacter.count <= tokenIDs.count - 2, phonesPerCharacter.allSatisfy({ $0 >= 0 }) else {
            throw ModelError(
                .input,
                "\(phonesPerCharacter.count) characters with phones do not fit \(tokenIDs.count) tokens of the text")
        }
        var hidden = try embed(tokenIDs)
        for layer in layers {
            hidden = try layer(hidden)
        }
        let characters = try hidden.select(0, 0).narrow(0, start: 1, length: phonesPerCharacter.count)
        let repeats = try Tensor(ids: phonesPerCharacter, device: device)
        return try characters.repeatInterleave(repeats, dimension: 0).transpose(0, 1)  // [hidden, phones]
    }

    /// The first hidden state: `[1, tokens, hidden]`.
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
