/// What a request speaks. Lives on the device thread.
public struct SpeechScript {
    /// The length of each piece's normalised text in code points, by which pieces are sorted into batches.
    public let lengths: [Int]
    /// Makes a piece, when its turn comes: streamed speech begins before the features of the last piece are known.
    public let piece: (Int) throws -> PreparedPiece
    /// The reference's transcript; nil for none.
    public let prompt: PreparedPiece?
    /// The reference's semantic tokens.
    public let promptTokens: [Int]

    /// Makes a script.
    public init(
        lengths: [Int], prompt: PreparedPiece?, promptTokens: [Int], piece: @escaping (Int) throws -> PreparedPiece
    ) {
        self.lengths = lengths
        self.piece = piece
        self.prompt = prompt
        self.promptTokens = promptTokens
    }
}
