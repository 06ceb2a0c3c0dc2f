/// How a semantic token is chosen among the likely ones.
public struct SamplingOptions: Sendable, Hashable {
    /// Only this many of the likeliest tokens can be chosen, and those as likely as the last of them; nil for all.
    public var topK: Int?
    /// Only the likeliest tokens whose probabilities sum up to at most this can be chosen, and always the likeliest;
    /// nil, or 1 and above, for all.
    public var topP: Double?
    /// Above 1 flattens the distribution, below 1 sharpens it; not above 0 counts as 0.00001.
    public var temperature: Double
    /// Divides the logits of tokens that came before (multiplies negative ones); 1 for none.
    public var repetitionPenalty: Double

    /// The decoder's own repetition penalty, which also holds where the reference loses the caller's.
    public static let defaultRepetitionPenalty = 1.35

    /// Names all options; what is left out has the Python server's default.
    public init(
        topK: Int? = 15, topP: Double? = 1, temperature: Double = 1,
        repetitionPenalty: Double = SamplingOptions.defaultRepetitionPenalty
    ) {
        self.topK = topK
        self.topP = topP
        self.temperature = temperature
        self.repetitionPenalty = repetitionPenalty
    }

    /// Refuses numbers that no distribution can be made with.
    /// - Throws: `ModelError` with code `input`, naming the option and its range.
    public func validate() throws(ModelError) {
        if let topK, topK < 1 { throw ModelError(.input, "top_k is \(topK); it must be at least 1") }
        if let topP, topP.isNaN { throw ModelError(.input, "top_p is not a number; it must be from 0 to 1") }
        guard !temperature.isNaN else { throw ModelError(.input, "temperature is not a number; it must be above 0") }
        guard repetitionPenalty > 0, repetitionPenalty.isFinite else {
            throw ModelError(.input, "repetition_penalty is \(repetitionPenalty); it must be above 0")
        }
    }
}
