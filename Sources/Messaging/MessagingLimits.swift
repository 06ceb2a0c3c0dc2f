import Wire

/// Bounds on what one socket may hold in memory, and its times.
public struct MessagingLimits: Sendable {
    /// The largest frame.
    public var frame = FrameLimits.standard
    /// The most bytes that wait for one peer beyond what libzmq holds.
    public var backlogBytes = 8 << 20
    /// The most frames that wait for one peer beyond what libzmq holds.
    public var backlogFrames = 4096
    /// The most frames that libzmq holds for one peer in each direction.
    public var highWaterMark: Int32 = 64
    /// The most bytes that are received and wait to be taken from `events`; above it, nothing more is received.
    public var inboxBytes = 16 << 20
    /// The most events that wait to be taken from `events`.
    public var inboxEvents = 8192
    /// How often ZeroMQ's own heartbeat asks a silent peer for a sign of life.
    public var pingInterval = Duration.seconds(1)
    /// How long a peer may be silent before its connection is given up.
    public var pingTimeout = Duration.seconds(5)
    /// The first and the longest wait before a lost connection is tried again.
    public var reconnect = (first: Duration.milliseconds(50), longest: Duration.seconds(2))

    /// The defaults.
    public static var standard: MessagingLimits { MessagingLimits() }

    /// Creates the defaults.
    public init() {}
}
