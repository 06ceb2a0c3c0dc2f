import Wire

/// A piece of a result.
public enum SynthesisOutput: Hashable, Sendable {
    /// What is told about the whole, before the first bytes. With a `contentLength` the bytes must add up to it.
    case head(StreamHead)
    /// Encoded audio.
    case bytes([UInt8])
}

/// What is known when a result is complete.
public struct SynthesisSummary: Hashable, Sendable {
    /// The length of the audio in seconds.
    public var audioSeconds: Double

    /// Creates a summary.
    public init(audioSeconds: Double) {
        self.audioSeconds = audioSeconds
    }
}

/// Why a task failed, in the router's terms.
public struct SynthesisFailure: Error, Hashable, CustomStringConvertible {
    /// Why, as a value.
    public var code: FailureCode
    /// Why, in words that a user can act on.
    public var message: String
    /// Whether another worker, or another try, can help.
    public var retriable: Bool

    /// Creates a failure.
    public init(code: FailureCode, message: String, retriable: Bool = false) {
        self.code = code
        self.message = message
        self.retriable = retriable
    }

    /// The code and the message.
    public var description: String { "\(code): \(message)" }
}
