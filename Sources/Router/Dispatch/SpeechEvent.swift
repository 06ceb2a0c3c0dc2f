import Wire

/// What comes back for a request, in this order: one head, then bytes, then the end. A failure may come instead at any place.
enum SpeechEvent: Hashable, Sendable {
    case head(StreamHead)
    case bytes([UInt8])
    case end(StreamEnd)
}
