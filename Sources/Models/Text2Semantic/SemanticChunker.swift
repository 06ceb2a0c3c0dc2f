/// Cuts a growing sequence of semantic tokens into the chunks in which streamed speech is spoken.
///
/// Follows the streaming part of `infer_panel_naive` (GPT-SoVITS `AR/models/t2s_model.py`). At pauses it hands out all
/// tokens that wait but moves on only to the pause, so that what comes after it is handed out again with the next chunk.
public struct SemanticChunker: Sendable {
    /// Where a chunk may end.
    public enum Rule: Sendable, Hashable {
        /// After a fixed number of tokens.
        case fixedLength
        /// At the token that, with the one after it, is the most like the mute token.
        /// - Parameters:
        ///   - similarity: cosine similarity of each token of the vocabulary to the mute token.
        ///   - threshold: a token less like it does not end a chunk.
        case atPauses(similarity: [Float], threshold: Float)
    }

    /// Tokens to be spoken.
    public struct Chunk: Sendable, Hashable {
        /// Semantic tokens; some may be those at the end of the chunk before.
        public let tokens: [Int]
        /// Whether no other chunk follows.
        public let isFinal: Bool
    }

    /// Tokens after a pause that must be known before a chunk ends there.
    private static let lookahead = 2

    private let rule: Rule
    private let length: Int
    private var tokens: [Int] = []
    private var start = 0

    /// A chunker for one text.
    /// - Parameter length: least number of tokens of a chunk; below 1 counts as 1.
    public init(_ rule: Rule, length: Int) {
        self.rule = rule
        self.length = max(1, length)
    }

    /// Takes the next token of a text that goes on.
    /// - Returns: a chunk, where one ends.
    public mutating func append(_ token: Int) -> Chunk? {
        tokens.append(token)
        let waiting = tokens.count - start
        switch rule {
        case .fixedLength:
            guard waiting >= length else { return nil }
            return advance(by: waiting)
        case .atPauses(let similarity, let threshold):
            guard waiting >= length + Self.lookahead else { return nil }
            guard let end = pause(similarity, threshold), end >= length else { return nil }
            return advance(by: end)
        }
    }

    /// Ends the text.
    /// - Parameter last: the token at which a text was stopped that had not found its end.
    /// - Returns: the last chunk; nil where nothing waits.
    public mutating func finish(_ last: Int?) -> Chunk? {
        if let last { tokens.append(last) }
        return start < tokens.count ? Chunk(tokens: Array(tokens[start...]), isFinal: true) : nil
    }

    private mutating func advance(by count: Int) -> Chunk {
        let chunk = Chunk(tokens: Array(tokens[start...]), isFinal: false)
        start += count
        return chunk
    }

    /// How many waiting tokens the likeliest pause ends; nil where nothing is like one.
    private func pause(_ similarity: [Float], _ threshold: Float) -> Int? {
        var scores = tokens[start...].map { token -> Float in
            let score = (similarity.indices.contains(token) ? similarity[token] : -1) - threshold
            return score < 0 ? -1 : score
        }
        // A pause of two tokens beats a single one. Each score takes its neighbour's before that one is changed.
        for index in scores.indices.dropLast() { scores[index] += scores[index + 1] }
        guard let best = scores.indices.max(by: { scores[$0] < scores[$1] || (scores[$0] == scores[$1] && $0 > $1) }),
            scores[best] >= 0
        else { return nil }
        return best + 1
    }
}

extension Text2Semantic {
    /// The token that stands for silence, in every published model.
    public static let muteToken = 486

    /// Cosine similarity of each token to the mute token, by the table of speech embeddings; nil for a vocabulary without one.
    /// - Throws: `TorchError`.
    public func muteSimilarity() throws -> [Float]? {
        guard Self.muteToken < configuration.vocabularySize else { return nil }
        let width = configuration.hiddenSize
        let table = try speechTable.to(.float32, device: .cpu).floats()
        func row(_ token: Int) -> ArraySlice<Float> { table[token * width..<(token + 1) * width] }
        func dot(_ left: ArraySlice<Float>, _ right: ArraySlice<Float>) -> Double {
            zip(left, right).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        let mute = row(Self.muteToken)
        let muteLength = max(dot(mute, mute).squareRoot(), 1e-8)
        return (0..<configuration.vocabularySize).map { token in
            let other = row(token)
            return Float(dot(mute, other) / (muteLength * max(dot(other, other).squareRoot(), 1e-8)))
        }
    }
}
