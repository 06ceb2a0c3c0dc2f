/// What is known of an answer before its first sample.
public struct SpokenHead: Sendable, Hashable {
    /// In Hz.
    public let sampleRate: Int
    /// How the audio will be handed out.
    public let delivery: SpeechOptions.Delivery
    /// Whether another way was asked for, one that the model cannot follow.
    public let isFallback: Bool

    /// Makes a head.
    public init(sampleRate: Int, delivery: SpeechOptions.Delivery, isFallback: Bool = false) {
        self.sampleRate = sampleRate
        self.delivery = delivery
        self.isFallback = isFallback
    }
}
