import Audio
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
    /// Most semantic tokens of a piece; nil for the checkpoint's own limit.
    public var tokenLimit: Int?

    /// Checks a request's numbers.
    /// - Throws: `SynthesisError` with code `badRequest`, naming the field, its value and what is allowed.
    public init(_ request: SpeechRequest) throws(SynthesisError) {
        func check(_ fits: Bool, _ field: String, _ value: Any, _ rule: String) throws(SynthesisError) {
            guard fits else { throw SynthesisError(.badRequest, "\(field) is \(value); it must be \(rule)") }
        }
        try check(request.temperature.isFinite, "temperature", request.temperature, "a number")
        try check(request.topP.isFinite, "top_p", request.topP, "a number")
        try check(
            request.repetitionPenalty.isFinite && request.repetitionPenalty > 0, "repetition_penalty",
            request.repetitionPenalty, "above 0")
        try check((1...256).contains(request.batchSize), "batch_size", request.batchSize, "1 to 256")
        try check(request.batchThreshold.isFinite, "batch_threshold", request.batchThreshold, "a number")
        try check(
            request.speedFactor >= 0.05 && request.speedFactor <= 20, "speed_factor", request.speedFactor, "0.05 to 20")
        try check(
            request.fragmentInterval >= 0 && request.fragmentInterval <= Fragments.maximumInterval, "fragment_interval",
            request.fragmentInterval, "0 to 60 seconds")
        sampling = SamplingOptions(
            topK: request.topK > 0 ? request.topK : nil, topP: request.topP, temperature: request.temperature,
            repetitionPenalty: request.repetitionPenalty)
        batchSize = request.batchSize
        batchThreshold = request.batchThreshold
        // Buckets bring pieces out of order, and speed other than 1 decodes pieces one by one: upstream switches them off.
        splitBucket = request.splitBucket && request.speedFactor == 1
        parallel = request.parallelInfer
        speed = request.speedFactor
        fragmentInterval = request.fragmentInterval
    }
}
