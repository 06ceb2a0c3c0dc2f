import Torch

/// Chinese RoBERTa: one feature vector per character, repeated for the character's phones.
///
/// Cui et al. 2019, <https://arxiv.org/abs/1906.08101>: a BERT encoder (<https://arxiv.org/abs/1810.04805>). The features
/// are its third hidden state from the end, so the last two layers are neither read nor run. Follows
/// `get_bert_feature` of the Python server's `TextPreprocessor.py`.
public struct RoBERTa {
    /// The sizes.
    public let configuration: RoBERTaConfiguration

    private let encoder: BertEncoder
    private let device: Device

    /// Reads the weights.
    ///
    /// - Parameters:
    ///   - configuration: The sizes, from `config.json`.
    ///   - weights: The whole checkpoint; keys may stand behind `bert.`.
    /// - Throws: `TorchError` with code `weights` and the key and shapes in question.
    public init(_ configuration: RoBERTaConfiguration, weights: WeightScope) throws(TorchError) {
        let root = weights.contains("bert.embeddings.word_embeddings.weight") ? weights["bert"] : weights
        encoder = try BertEncoder(configuration, layerCount: configuration.usedLayerCount, weights: root)
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
        let characters = try encoder(tokenIDs).select(0, 0).narrow(0, start: 1, length: phonesPerCharacter.count)
        let repeats = try Tensor(ids: phonesPerCharacter, device: device)
        return try characters.repeatInterleave(repeats, dimension: 0).transpose(0, 1)  // [hidden, phones]
    }

    /// The layers that are run.
    var layers: [TransformerEncoderLayer] { encoder.layers }

    /// The first hidden state: `[1, tokens, hidden]`.
    func embed(_ tokenIDs: [Int]) throws -> Tensor { try encoder.embed(tokenIDs) }
}
