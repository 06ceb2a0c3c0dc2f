import Checkpoints
import Models
import Wire

/// How one request is spoken: the numbers of a `/tts` request after they were checked.
public struct SpeechOptions: Sendable {
    /// How semantic tokens are drawn.
    public var sampling: SamplingOptions
    /// Pieces that are decoded together.
    public var batchSize: Int
    /// How alike in length the pieces of a bucket must be.
    public var batchThreshold: Double
    /// Whether pieces are sorted into batches by length.
    public var splitBucket: Bool
    /// Whether the rows of a batch are decoded in parallel.
    public var parallel: Bool
    /// The pace of speech.
    public var speed: Double
    /// Silence after each piece, in seconds.
    public var fragmentInterval: Double
    /// How audio is handed out.
    public var delivery: Delivery
    /// Semantic tokens that streamed chunks share with their neighbours.
    public var overlapLength: Int
    /// Least semantic tokens of a streamed chunk.
    public var minChunkLength: Int
    /// Steps of flow matching, where the model needs them (v3 and v4).
    public var sampleSteps: Int
    /// Whether the band is widened to 48 kHz, where the model speaks at 24 kHz (v3).
    public var superSampling: Bool
    /// Most semantic tokens of a piece; nil for the checkpoint's own limit.
    public var tokenLimit: Int?

    /// How audio is handed out: the values of `streaming_mode`.
    public enum Delivery: Int, Sendable {
        /// All at once.
        case whole = 0
        /// One batch of pieces after the other.
        case fragments = 1
        /// While the tokens of a piece are still coming, cut where it pauses.
        case chunksAtPauses = 2
        /// The same, cut after a fixed number of tokens: sooner, and rougher.
        case chunksOfFixedLength = 3

        /// Whether pieces are spoken before all their tokens are known.
        public var isStreamed: Bool { self == .chunksAtPauses || self == .chunksOfFixedLength }
    }

    /// Checks a request's numbers.
    /// - Throws: `SynthesisError` with code `badRequest`, naming the field and what is allowed.
    public init(_ request: SpeechRequest) throws(SynthesisError) {
        if let problem = request.rangeProblem { throw SynthesisError(.badRequest, problem) }
        guard let delivery = Delivery(rawValue: request.streamingMode) else {
            throw SynthesisError(.badRequest, "streaming_mode is \(request.streamingMode); it must be 0, 1, 2 or 3")
        }
        sampling = SamplingOptions(
            topK: request.topK > 0 ? request.topK : nil, topP: request.topP, temperature: request.temperature,
            repetitionPenalty: request.repetitionPenalty)
        batchSize = request.batchSize
        batchThreshold = request.batchThreshold
        // Buckets bring pieces out of order, and speed other than 1 decodes pieces one by one: upstream switches them off.
        // What is handed out early has to come in order too.
        splitBucket = request.splitBucket && request.speedFactor == 1 && delivery == .whole
        self.delivery = delivery
        overlapLength = request.overlapLength
        minChunkLength = request.minChunkLength
        sampleSteps = request.sampleSteps
        superSampling = request.superSampling
        parallel = request.parallelInfer
        speed = request.speedFactor
        fragmentInterval = request.fragmentInterval
    }

    /// The order in which the texts of a batch are decoded.
    var decodingOrder: DecodingOrder {
        delivery.isStreamed ? .streamed : parallel ? .sideBySide : .oneByOne
    }

    /// The options as a model version can follow them: v3 and v4 need all tokens of a piece at once, so they hand out
    /// fragments in place of chunks, and their batches are decoded in the order of the text.
    func adapted(to version: ModelVersion) -> SpeechOptions {
        var adapted = self
        if version == .v3 || version == .v4 {
            if delivery.isStreamed { adapted.delivery = .fragments }
            if parallel { adapted.splitBucket = false }
        }
        if version != .v3 { adapted.superSampling = false }
        return adapted
    }
}
