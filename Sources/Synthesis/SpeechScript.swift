/// What a request speaks. Lives on the device thread.
public struct SpeechScript {
    /// The length of each piece's normalised text in code points, by which pieces are sorted into batches.
    public let lengths: [Int]
    /// Makes a piece, by its index, when its turn comes: streamed speech begins before the features of the last piece are
    /// known. Throws what its encoder throws.
    public let piece: (Int) throws -> PreparedPiece
    /// The reference's transcript; nil for none.
    public let prompt: PreparedPiece?
    /// The reference's semantic tokens.
    public let promptTokens: [Int]
    /// Semantic tokens to speak, piece by piece, in place of decoding some; nil to decode them.
    public let tokens: [[Int]]?

    /// Makes a script.
    public init(
        lengths: [Int], prompt: PreparedPiece?, promptTokens: [Int], tokens: [[Int]]? = nil,
        piece: @escaping (Int) throws -> PreparedPiece
    ) {
        self.lengths = lengths
        self.piece = piece
        self.prompt = prompt
        self.promptTokens = promptTokens
        self.tokens = tokens
    }
}
