/// What a request was answered with.
public struct SpokenAudio: Sendable {
    /// Mono samples.
    public let samples: [Int16]
    /// In Hz.
    public let sampleRate: Int

    /// Makes audio.
    public init(samples: [Int16], sampleRate: Int) {
        self.samples = samples
        self.sampleRate = sampleRate
    }

    /// In seconds.
    public var duration: Double { Double(samples.count) / Double(max(1, sampleRate)) }

    /// The answer to text in which there is nothing to speak: a second of silence at 16 kHz, as upstream.
    static let nothing = SpokenAudio(samples: [Int16](repeating: 0, count: 16000), sampleRate: 16000)
}
