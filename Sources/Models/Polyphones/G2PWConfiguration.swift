import Checkpoints

/// The sizes of a g2pW network, all of them from its file.
public struct G2PWConfiguration: Sendable, Equatable {
    /// Readings that can be told apart: syllables in bopomofo with tone, sorted by code point.
    public let labelCount: Int
    /// Polyphonic characters.
    public let characterCount: Int
    /// Parts of speech that the network guesses on the way.
    public let tagCount: Int
    /// The encoder.
    let encoder: RoBERTaConfiguration

    /// Reads the sizes off the tensors' shapes; the number of heads and epsilon off the model's operations.
    ///
    /// - Parameter file: `g2pW.onnx`, or what `chorus inspect --convert` made of it.
    /// - Throws: ``ModelError`` with `weights`, naming the file and what is missing or does not fit.
    init(_ file: CheckpointFile, _ tensors: [String: TensorRecord]) throws(ModelError) {
        func shape(_ name: String) throws(ModelError) -> (rows: Int, columns: Int) {
            guard let tensor = tensors[name] else {
                throw ModelError(.weights, "\(file.path): no tensor \(name), so no g2pW network")
            }
            guard tensor.shape.count == 2, tensor.shape.allSatisfy({ (1...1 << 24).contains($0) }) else {
                throw ModelError(.weights, "\(file.path): \(name) has shape \(tensor.shape), where a matrix is needed")
            }
            return (tensor.shape[0], tensor.shape[1])
        }
        let words = try shape("bert.embeddings.word_embeddings.weight")
        let width = words.columns
        let layer = "bert.encoder.layer."
        var layerCount = 0
        while tensors["\(layer)\(layerCount).attention.self.query.weight"] != nil { layerCount += 1 }
        let epsilon = file.metadata["layer_norm_eps"].flatMap(Double.init) ?? Self.publishedEpsilon
        let heads = file.metadata["num_attention_heads"].flatMap { Int($0) } ?? max(1, width / Self.publishedHeadSize)
        guard heads > 0, width % heads == 0, epsilon > 0, epsilon < 0.01 else {
            throw ModelError(
                .weights, "\(file.path): \(heads) heads do not divide width \(width), or epsilon \(epsilon) is none")
        }
        encoder = RoBERTaConfiguration(
            vocabularySize: words.rows, hiddenSize: width,
            intermediateSize: try shape("\(layer)0.intermediate.dense.weight").rows, layerCount: layerCount,
            headCount: heads, maximumTokens: try shape("bert.embeddings.position_embeddings.weight").rows,
            tokenTypeCount: try shape("bert.embeddings.token_type_embeddings.weight").rows, layerNormEpsilon: epsilon)
        labelCount = try shape("classifier.weight").rows
        characterCount = try shape("char_descriptor.weight").rows
        tagCount = try shape("pos_classifier.weight").rows
        for (name, rows) in [
            ("descriptor_bias.weight", 1), ("char_descriptor.weight", characterCount),
            ("second_order_descriptor.weight", characterCount * tagCount),
        ] {
            let found = try shape(name)
            guard found.rows == rows, found.columns == labelCount else {
                throw ModelError(
                    .weights,
                    "\(file.path): \(name) has shape [\(found.rows), \(found.columns)], where \(characterCount) characters, "
                        + "\(tagCount) parts of speech and \(labelCount) readings need [\(rows), \(labelCount)]")
            }
        }
    }

    // Of bert-base-chinese, for files that do not tell.
    private static let publishedEpsilon = 1e-12
    private static let publishedHeadSize = 64
}
