import Checkpoints
import Glibc
import Torch

/// Reads polyphonic Chinese characters in their context: g2pW.
///
/// Chen et al. 2022, <https://arxiv.org/abs/2203.10430>: a BERT encoder whose state at the character is classified; the
/// readings' weights in the softmax depend on the character and on its part of speech, which is guessed first. The
/// published network (`g2pW.onnx` of G2PWModel 1.1) tells 1305 readings of 3582 characters apart. Follows `G2PW.forward`
/// of g2pw's `module.py` with its published configuration (conditional softmax of bias, character, and character with part
/// of speech).
public struct G2PW {
    /// A character that is asked for.
    public struct Target: Sendable {
        /// The index of its token.
        public let position: Int
        /// Its index among the polyphonic characters.
        public let characterID: Int
        /// For each reading whether the character can have it.
        public let allowedLabels: [Bool]

        /// Puts a target together.
        public init(position: Int, characterID: Int, allowedLabels: [Bool]) {
            self.position = position
            self.characterID = characterID
            self.allowedLabels = allowedLabels
        }
    }

    /// What the network says of a character.
    public struct Answer: Sendable {
        /// The classifier's output for each reading, before the conditions.
        public let logits: [Float]
        /// The probability of each reading; those that are not allowed have the smallest that there is, 1e-6.
        public let probabilities: [Float]
        /// The likeliest reading; of equally likely ones the first.
        public let label: Int
    }

    /// The sizes.
    public let configuration: G2PWConfiguration
    private let path: String
    private let encoder: BertEncoder
    private let classifier: TransformerEncoderLayer.Linear
    private let tagger: TransformerEncoderLayer.Linear
    // These tables are two fifths of the file and few of their rows are ever needed: they stay in the file.
    private let bias: [Float]
    private let characters: TensorRecord
    private let charactersWithTags: TensorRecord

    private static let smallestProbability: Float = 1e-6

    /// The weights of a file that was found to hold a whole network of fitting shapes.
    public struct Checkpoint: Sendable {
        /// The sizes.
        public let configuration: G2PWConfiguration
        fileprivate let path: String
        fileprivate let tensors: [String: TensorRecord]

        /// Opens a file and checks what it holds; the weights are read by ``G2PW/init(_:)`` only.
        ///
        /// - Parameter path: `g2pW.onnx`, or what `chorus inspect --convert` made of it.
        /// - Throws: `CheckpointError`, or ``ModelError`` with `weights`; both name the file.
        public init(path: String) throws {
            let file = try CheckpointFile.open(path: path)
            let tensors = try file.tensors(under: nil)
            configuration = try G2PWConfiguration(file, tensors)
            self.path = path
            self.tensors = tensors
        }
    }

    /// Reads the weights, in float32 for the CPU.
    ///
    /// - Throws: ``ModelError`` with `weights` for weights that are missing, of other shapes or not finite.
    public init(_ checkpoint: Checkpoint) throws {
        let configuration = checkpoint.configuration
        let tensors = checkpoint.tensors
        let weights = WeightScope(tensors, dtype: .float32, device: .cpu)
        let width = configuration.encoder.hiddenSize
        do throws(TorchError) {
            encoder = try BertEncoder(
                configuration.encoder, layerCount: configuration.encoder.layerCount, weights: weights["bert"])
            classifier = try TransformerEncoderLayer.Linear(
                weights["classifier"], from: width, to: configuration.labelCount)
            tagger = try TransformerEncoderLayer.Linear(
                weights["pos_classifier"], from: width, to: configuration.tagCount)
        } catch {
            throw ModelError(.weights, "\(checkpoint.path): \(error.message)", underlying: error)
        }
        guard let bias = tensors["descriptor_bias.weight"]?.row(0), let characters = tensors["char_descriptor.weight"],
            let charactersWithTags = tensors["second_order_descriptor.weight"], characters.row(0) != nil,
            charactersWithTags.row(0) != nil
        else {
            throw ModelError(.weights, "\(checkpoint.path): its descriptors are no tables of floating-point numbers")
        }
        // The weights were copied out of the file's pages.
        characters.storage.releaseFilePages()
        self.bias = bias
        self.characters = characters
        self.charactersWithTags = charactersWithTags
        self.configuration = configuration
        path = checkpoint.path
    }

    /// Asks for characters of one sentence; the encoder runs once for all of them.
    ///
    /// - Parameter tokenIDs: WordPiece ids of the sentence, special tokens included.
    /// - Returns: one answer for each target.
    /// - Throws: ``ModelError`` with `input` for targets outside the sentence or the tables, with `notFinite` where the
    ///   weights are damaged; or `TorchError`.
    public func answers(tokenIDs: [Int], _ targets: [Target]) throws -> [Answer] {
        guard !targets.isEmpty else { return [] }
        for target in targets { try check(target, tokenCount: tokenIDs.count) }
        let positions = try Tensor(ids: targets.map(\.position))
        let states = try encoder(tokenIDs).select(0, 0).indexSelect(0, positions)  // [targets, hidden]
        let logits: [Float] = try classifier(states).array()
        let tags: [Float] = try tagger(states).array()
        let (labels, tagCount) = (configuration.labelCount, configuration.tagCount)
        return try targets.enumerated().map { index, target in
            let tag = Self.likeliest(tags[index * tagCount..<(index + 1) * tagCount])
            return try answer(target, tag: tag, logits: Array(logits[index * labels..<(index + 1) * labels]))
        }
    }

    private func check(_ target: Target, tokenCount: Int) throws(ModelError) {
        guard (0..<tokenCount).contains(target.position),
            (0..<configuration.characterCount).contains(target.characterID),
            target.allowedLabels.count == configuration.labelCount, target.allowedLabels.contains(true)
        else {
            throw ModelError(
                .input,
                "character \(target.characterID) at token \(target.position) of \(tokenCount) with "
                    + "\(target.allowedLabels.count) readings does not fit a network of \(configuration.characterCount) "
                    + "characters and \(configuration.labelCount) readings: is \(path) of another version than the lists "
                    + "of characters?")
        }
    }

    /// The softmax over the allowed readings, each weighted by how usual it is for the character as this part of speech.
    private func answer(_ target: Target, tag: Int, logits: [Float]) throws(ModelError) -> Answer {
        guard let ofCharacter = characters.row(target.characterID),
            let ofTag = charactersWithTags.row(target.characterID * configuration.tagCount + tag)
        else {
            throw ModelError(.weights, "\(path): the descriptors of character \(target.characterID) cannot be read")
        }
        let allowed = logits.indices.filter { target.allowedLabels[$0] }
        // Upstream subtracts the maximum over all readings, where the allowed ones may vanish.
        let largest = allowed.reduce(-Float.infinity) { max($0, logits[$1]) }
        let weights = allowed.map { label in
            let condition = bias[label] + ofCharacter[label] + ofTag[label]
            return exp(logits[label] - largest) / (1 + exp(-condition))
        }
        let sum = weights.reduce(0, +)
        guard sum.isFinite, sum > 0 else {
            throw ModelError(.notFinite, "\(path): a reading has no finite probability; the file is damaged")
        }
        var probabilities = [Float](repeating: Self.smallestProbability, count: logits.count)
        for (label, weight) in zip(allowed, weights) {
            probabilities[label] = min(max(weight / sum, Self.smallestProbability), 1 - Self.smallestProbability)
        }
        return Answer(logits: logits, probabilities: probabilities, label: Self.likeliest(probabilities[...]))
    }

    /// The place of the largest value, the first of equals.
    private static func likeliest(_ values: ArraySlice<Float>) -> Int {
        var best = values.startIndex
        for index in values.indices where values[index] > values[best] { best = index }
        return best - values.startIndex
    }
}
