/// A first-stage checkpoint (phonemes to semantic tokens), its configuration and tensors checked as strictly as
/// PyTorch's `load_state_dict` does.
public struct GPTCheckpoint: Sendable {
    /// The file that this was read from.
    public let file: CheckpointFile
    /// The tensors by their names, such as `model.ar_predict_layer.weight`.
    public let weights: [String: TensorRecord]
    /// The whole configuration.
    public let config: CheckpointValue
    /// What training wrote about itself, such as `GPT-e15`.
    public let info: String?
    /// The sizes of the model.
    public let sizes: GPTSizes

    /// Reads the entries and checks configuration, names and shapes.
    ///
    /// - Throws: `missingEntry`, `wrongStage`, `configurationNotDictionary`, `missingConfiguration`, `invalidConfiguration`,
    ///   `endOfSpeechNotLast`, `missingTensor`, `unexpectedTensor`, `wrongShape`.
    public init(_ file: CheckpointFile) throws(CheckpointError) {
        do throws(CheckpointError) {
            self.file = file
            weights = try file.unnamedTensors(under: "weight")
            try ModelStage.first.check(weights.keys)
            config = try file.unnamedEntry("config")
            info = file.root["info"]?.stringValue
            guard case .dictionary = config else {
                throw CheckpointError(
                    .configurationNotDictionary,
                    "its configuration is \(config.kindName); a first-stage model has a plain dictionary")
            }
            sizes = try GPTSizes(config: config, weights: weights)
            if let problem = sizes.problems(of: weights).first { throw problem }
        } catch {
            throw error.naming(path: file.path)
        }
    }
}

/// The sizes of a first-stage model: from the configuration, the BERT width from the weights.
public struct GPTSizes: Sendable, Hashable, Codable {
    /// Width of the transformer.
    public let hiddenSize: Int
    /// Attention heads of a layer.
    public let headCount: Int
    /// Layers.
    public let layerCount: Int
    /// Semantic tokens, the end-of-speech token included.
    public let vocabularySize: Int
    /// Rows of the phoneme table.
    public let phonemeVocabularySize: Int
    /// Width of the BERT features.
    public let bertSize: Int
    /// The end-of-speech token: the vocabulary's last.
    public let endOfSpeech: Int
    /// Decoding stops after this many seconds of speech.
    public let maxSeconds: Double

    private static let largestLayerCount = 1024

    /// Name of the tensor whose columns are the BERT features.
    static let bertProjectionName = "model.bert_proj.weight"

    /// Reads the sizes.
    ///
    /// - Throws: `missingConfiguration`, `invalidConfiguration`, `endOfSpeechNotLast`, `missingTensor`.
    public init(config: CheckpointValue, weights: [String: TensorRecord]) throws(CheckpointError) {
        let reader = ConfigurationReader(config)
        hiddenSize = try reader.positiveInt("model", "hidden_dim")
        headCount = try reader.positiveInt("model", "head")
        layerCount = try reader.positiveInt("model", "n_layer")
        vocabularySize = try reader.positiveInt("model", "vocab_size")
        phonemeVocabularySize = try reader.positiveInt("model", "phoneme_vocab_size")
        endOfSpeech = try reader.positiveInt("model", "EOS")
        maxSeconds = try reader.positiveNumber("data", "max_sec")
        let embeddingSize = try reader.positiveInt("model", "embedding_dim")
        guard embeddingSize == hiddenSize else {
            throw CheckpointError(
                .invalidConfiguration,
                "its embedding_dim is \(embeddingSize) and its hidden_dim \(hiddenSize); they must be equal")
        }
        guard hiddenSize.isMultiple(of: headCount) else {
            throw CheckpointError(
                .invalidConfiguration, "its hidden_dim \(hiddenSize) cannot be divided among \(headCount) heads")
        }
        guard layerCount <= Self.largestLayerCount else {
            throw CheckpointError(
                .invalidConfiguration, "its n_layer is \(layerCount); no model has more than \(Self.largestLayerCount)")
        }
        guard endOfSpeech == vocabularySize - 1 else {
            throw CheckpointError(
                .endOfSpeechNotLast,
                "its end-of-speech token is \(endOfSpeech), but must be the last of its \(vocabularySize) tokens")
        }
        guard let bert = weights[Self.bertProjectionName]?.shape else {
            throw CheckpointError(.missingTensor, "tensor \(Self.bertProjectionName) is missing")
        }
        bertSize = bert.count == 2 ? bert[1] : 0
    }

    /// Shapes of all tensors of the model, by name.
    func expectedShapes() -> [String: [Int]] {
        let width = hiddenSize
        var shapes: [String: [Int]] = [
            Self.bertProjectionName: [width, bertSize],
            "model.bert_proj.bias": [width],
            "model.ar_text_embedding.word_embeddings.weight": [phonemeVocabularySize, width],
            "model.ar_text_position.alpha": [1],
            "model.ar_audio_embedding.word_embeddings.weight": [vocabularySize, width],
            "model.ar_audio_position.alpha": [1],
            "model.ar_predict_layer.weight": [vocabularySize, width],
        ]
        for layer in 0..<layerCount {
            let prefix = "model.h.layers.\(layer)."
            shapes[prefix + "self_attn.in_proj_weight"] = [3 * width, width]
            shapes[prefix + "self_attn.in_proj_bias"] = [3 * width]
            shapes[prefix + "self_attn.out_proj.weight"] = [width, width]
            shapes[prefix + "self_attn.out_proj.bias"] = [width]
            // Four times the width, whatever linear_units says.
            shapes[prefix + "linear1.weight"] = [4 * width, width]
            shapes[prefix + "linear1.bias"] = [4 * width]
            shapes[prefix + "linear2.weight"] = [width, 4 * width]
            shapes[prefix + "linear2.bias"] = [width]
            for norm in ["norm1", "norm2"] {
                shapes[prefix + norm + ".weight"] = [width]
                shapes[prefix + norm + ".bias"] = [width]
            }
        }
        return shapes
    }

    /// Every tensor that is missing, has another shape or is not known, in the order of their names.
    func problems(of weights: [String: TensorRecord]) -> [CheckpointError] {
        let expected = expectedShapes()
        var problems: [CheckpointError] = []
        for (name, shape) in expected.sorted(by: { $0.key < $1.key }) {
            guard let found = weights[name]?.shape else {
                problems.append(CheckpointError(.missingTensor, "tensor \(name) is missing"))
                continue
            }
            if found != shape {
                problems.append(
                    CheckpointError(
                        .wrongShape, "tensor \(name) has shape \(found), where the configuration needs \(shape)"))
            }
        }
        for name in weights.keys.sorted() where expected[name] == nil {
            problems.append(
                CheckpointError(.unexpectedTensor, "tensor \(name) belongs to no first-stage model of this size"))
        }
        return problems
    }
}
