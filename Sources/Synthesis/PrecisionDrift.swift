import Glibc
import Torch
import Wire

/// How far a voice in another precision is from the same voice in float32, by one request.
public struct PrecisionDrift: Sendable {
    /// Semantic tokens of the request in float32.
    public let tokenCount: Int
    /// How many tokens are alike before the first that differs, piece by piece; nil where all are.
    public let divergence: Int?
    /// Energy of the float32 audio over that of the difference in decibels, both spoken from the same tokens; infinite
    /// where they are alike.
    public let signalToNoise: Double
    /// The largest difference of those two, in steps of int16.
    public let largestDifference: Int
    /// Loudness against float32, in decibels.
    public let levelDifference: Double

    /// Speaks a request in float32 and in another precision: once decoding freely, once from float32's tokens.
    ///
    /// - Parameters:
    ///   - request: streaming is left out of it.
    ///   - configuration: the voice and the device; its own element type does not count.
    ///   - precision: what is compared with float32.
    /// - Throws: `SynthesisError`, also where nothing could be spoken.
    public static func measure(
        _ request: SpeechRequest, _ configuration: SynthesisConfiguration, precision: DType
    ) async throws -> PrecisionDrift {
        var exact = configuration
        exact.dtype = .float32
        let free = try await Synthesizer(exact).recorded(request, speaking: nil)
        let tokens = free.tokens
        // Spoken again from its tokens, because the draws that decoding takes would make another noise.
        let reference = try await Synthesizer(exact).recorded(request, speaking: tokens).samples
        var other = configuration
        other.dtype = precision
        let synthesizer = try await Synthesizer(other)
        let otherTokens = try await synthesizer.recorded(request, speaking: nil).tokens
        return PrecisionDrift(
            tokens, otherTokens, reference, try await synthesizer.recorded(request, speaking: tokens).samples)
    }

    init(_ tokens: [[Int]], _ otherTokens: [[Int]], _ samples: [Int16], _ otherSamples: [Int16]) {
        let (flat, otherFlat) = (Array(tokens.joined()), Array(otherTokens.joined()))
        tokenCount = flat.count
        let alike = zip(flat, otherFlat).prefix { $0 == $1 }.count
        divergence = flat == otherFlat ? nil : alike
        func energy(_ samples: some Sequence<Int>) -> Double { samples.reduce(0) { $0 + Double($1 * $1) } }
        let differences = zip(samples, otherSamples).map { Int($0) - Int($1) }
        let (signal, other) = (energy(samples.map(Int.init)), energy(otherSamples.map(Int.init)))
        let noise = energy(differences)
        signalToNoise = noise == 0 ? .infinity : decibels(signal / noise)
        largestDifference = differences.map(abs).max() ?? 0
        levelDifference = signal == 0 || other == 0 ? 0 : decibels(other / signal)
    }
}

extension Synthesizer {
    /// Speaks a request in one piece and tells the semantic tokens.
    fileprivate func recorded(
        _ request: SpeechRequest, speaking tokens: [[Int]]?
    ) async throws -> (tokens: [[Int]], samples: [Int16]) {
        var request = request
        request.streamingMode = 0
        return try await translatingErrors { [self, request] in
            try await leasing { lease in
                guard var job = try await job(request, lease, {}) else {
                    throw SynthesisError(.badRequest, "there is nothing to speak in the text")
                }
                job.tokens = tokens
                let samples = try await collect(job, lease).samples
                return (await speech.tokens(lease), samples)
            }
        }
    }
}

private func decibels(_ ratio: Double) -> Double { 10 * log10(ratio) }
