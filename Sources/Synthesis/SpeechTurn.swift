/// What a moment of work for a request led to.
enum SpeechTurn: Sendable {
    /// Nothing to hear yet.
    case working
    /// Samples that follow those before.
    case audio([Int16])
    /// Nothing will follow.
    case finished
}
