import Foundation

/// What onnxruntime answers for a network of g2pW's form: `narrow.json` and `wide.json` beside the networks.
public struct G2PWExpectations: Decodable, Sendable {
    /// One character of one sentence.
    public struct Query: Decodable, Sendable {
        /// The sentence's token ids.
        public let tokens: [Int]
        /// Where the character's token stands.
        public let position: Int
        /// The character's number in the network's list.
        public let character: Int
        /// The readings that it can have.
        public let allowed: [Int]
        /// The reading that it has.
        public let answer: Int
        /// Of each allowed reading.
        public let probabilities: [Float]
        /// Of each reading; only some queries have them.
        public let logits: [Float]?
    }

    /// Attention heads.
    public let heads: Int
    /// Readings.
    public let labels: Int
    /// What was asked, with the answers.
    public let queries: [Query]

    /// Where the committed networks lie.
    public static let folder = Fixtures.folder.appending(path: "g2pw")

    /// Reads the file beside a network.
    public init(of network: URL) throws {
        let file = network.deletingPathExtension().appendingPathExtension("json")
        self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
    }

    /// For each reading, whether the query's character can have it.
    public func allowed(_ query: Query) -> [Bool] { (0..<labels).map(query.allowed.contains) }
}
