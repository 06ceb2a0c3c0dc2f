import Wire

/// One request on its way: what comes back is read from `events`, in order, until it ends or throws ``RouterError``.
///
/// Memory is bounded by the credit window: what the client took is told to the router, which then lets the worker send more.
/// Whoever drops the exchange before its end cancels the request.
struct SpeechExchange: Sendable {
    /// The request's id.
    let id: UInt64
    /// Head, bytes, end.
    let events: AsyncThrowingStream<SpeechEvent, any Error>
}
