/// One polyphonic character in its sentence, whose reading is asked for.
public struct PolyphoneQuery: Sendable, Equatable {
    /// WordPiece ids of the sentence (or of a window of it), [CLS] and [SEP] included; at most 512.
    public let tokenIDs: [Int]
    /// The index of the character's token in `tokenIDs`, so that 0 is [CLS].
    public let position: Int
    /// The character's index among the polyphonic characters sorted by code point.
    public let characterID: Int
    /// For each label (bopomofo syllable with tone, sorted by code point) whether the character can have this reading.
    public let allowedLabels: [Bool]

    /// Puts a query together from its parts.
    public init(tokenIDs: [Int], position: Int, characterID: Int, allowedLabels: [Bool]) {
        self.tokenIDs = tokenIDs
        self.position = position
        self.characterID = characterID
        self.allowedLabels = allowedLabels
    }
}

/// Chooses readings of polyphonic characters by their context: the network of g2pW.
///
/// Chen et al., "g2pW: A Conditional Weighted Softmax BERT for Polyphone Disambiguation in Mandarin" (2022). Upstream:
/// `text/g2pw/onnx_api.py`. `predict` may be called from several threads at once.
public protocol PolyphoneNetwork: Sendable {
    /// The index of the likeliest label for each query; of equally likely ones the first.
    ///
    /// Queries of one sentence stand beside each other and have equal `tokenIDs`: the encoder need run only once for them.
    ///
    /// - Parameter queries: the queries of one or several sentences; possibly none.
    /// - Returns: one label index for each query, in their order.
    func predict(_ queries: [PolyphoneQuery]) throws -> [Int]
}
