/// Joining of synthesized fragments, as `audio_postprocess` of the Python server does it.
public enum Fragments {
    /// Longest pause between fragments, in seconds.
    public static let maximumInterval = 60.0

    /// Divides a fragment by its peak when that is above 1; other fragments pass unchanged.
    public static func limitPeak(_ fragment: [Float]) -> [Float] {
        let peak = self.peak(fragment)
        return peak > 1 ? fragment.map { $0 / peak } : fragment
    }

    /// The largest magnitude, 0 for no samples. NaN samples do not count; ``PCM16/quantize(_:)`` refuses them.
    public static func peak(_ samples: [Float]) -> Float {
        var peak: Float = 0
        for sample in samples where abs(sample) > peak {
            peak = abs(sample)
        }
        return peak
    }

    /// The pause after each fragment, in samples: `interval × rate` truncated, none for an interval of 0 or less.
    ///
    /// - Parameters:
    ///   - interval: In seconds.
    ///   - rate: The rate of the model's configuration in Hz: 32,000 whatever rate the audio has.
    /// - Throws: ``AudioError`` with `invalidArgument` for an interval that is not a number or above
    ///   ``maximumInterval``, or a negative rate.
    public static func silenceCount(interval: Double, rate: Int = 32000) throws -> Int {
        guard interval <= maximumInterval, rate >= 0, rate <= SincResampler.maximumRate else {
            throw AudioError(
                .invalidArgument,
                "a pause of \(interval) s at \(rate) Hz is not possible; \(maximumInterval) s are the longest")
        }
        return interval > 0 ? Int(Double(rate) * interval) : 0
    }

    /// Limits the peak of each fragment, puts a pause behind each, brings them into order and joins them.
    ///
    /// - Parameters:
    ///   - batches: Fragments of mono samples, batch by batch.
    ///   - order: For each fragment of each batch the place where it belongs, a permutation of all places; nil keeps
    ///     the order given.
    ///   - interval: The pause in seconds.
    ///   - rate: The rate that the pause is counted at, in Hz.
    /// - Throws: ``AudioError`` with `invalidArgument` when `order` is no permutation of the shape of `batches`, or for
    ///   an impossible pause.
    public static func join(
        _ batches: [[[Float]]], order: [[Int]]? = nil, interval: Double, rate: Int = 32000
    ) throws -> [Float] {
        let silence = try silenceCount(interval: interval, rate: rate)
        let ordered = try reorder(batches, order: order)
        var joined = [Float]()
        joined.reserveCapacity(ordered.reduce(0) { $0 + $1.count + silence })
        for fragment in ordered {
            joined.append(contentsOf: limitPeak(fragment))
            joined.append(contentsOf: repeatElement(0, count: silence))
        }
        return joined
    }

    private static func reorder(_ batches: [[[Float]]], order: [[Int]]?) throws -> [[Float]] {
        let fragments = Array(batches.joined())
        guard let order else { return fragments }
        let places = Array(order.joined())
        guard order.map(\.count) == batches.map(\.count), places.sorted() == Array(fragments.indices) else {
            throw AudioError(
                .invalidArgument, "the order \(order) does not fit batches of \(batches.map(\.count)) fragments")
        }
        return zip(places, fragments).sorted { $0.0 < $1.0 }.map(\.1)
    }
}
