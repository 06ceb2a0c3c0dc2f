import Wire

/// A message that the socket thread itself makes at an interval, so that no other thread can delay it.
public struct Ticker: Sendable {
    /// How often; asked anew each time, on the socket thread.
    public let interval: @Sendable () -> Duration
    /// Makes the message, on the socket thread: it must not wait. `nil` skips this turn.
    public let make: @Sendable () -> Message?

    /// Creates a ticker.
    public init(interval: @escaping @Sendable () -> Duration, make: @escaping @Sendable () -> Message?) {
        self.interval = interval
        self.make = make
    }
}
