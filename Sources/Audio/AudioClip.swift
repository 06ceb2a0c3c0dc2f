/// Decoded audio: one array of samples per channel, full scale at ±1.
///
/// Samples of floating-point files may lie beyond ±1; all are finite.
public struct AudioClip: Sendable, Equatable {
    /// Samples per second of each channel, in Hz.
    public let sampleRate: Int
    /// One array per channel, all of the same length. Never empty.
    public let channels: [[Float]]

    /// Creates a clip from planar samples.
    ///
    /// - Throws: ``AudioError`` with `invalidArgument` when there is no channel, the channels differ in length, or the
    ///   rate is not positive.
    public init(sampleRate: Int, channels: [[Float]]) throws {
        guard sampleRate > 0 else {
            throw AudioError(.invalidArgument, "a clip needs a positive sample rate, got \(sampleRate) Hz")
        }
        guard let first = channels.first, channels.allSatisfy({ $0.count == first.count }) else {
            throw AudioError(
                .invalidArgument, "a clip needs channels of one length, got \(channels.map(\.count)) samples")
        }
        self.sampleRate = sampleRate
        self.channels = channels
    }

    /// Samples per channel.
    public var frameCount: Int { channels.first?.count ?? 0 }

    /// The duration in seconds.
    public var duration: Double { Double(frameCount) / Double(sampleRate) }

    /// The mean of all channels, summed in channel order in single precision; a mono clip's samples unchanged.
    public func mono() -> [Float] {
        guard channels.count > 1, var sum = channels.first else { return channels.first ?? [] }
        for channel in channels.dropFirst() {
            for (index, sample) in channel.enumerated() {
                sum[index] += sample
            }
        }
        let count = Float(channels.count)
        return sum.map { $0 / count }
    }
}
