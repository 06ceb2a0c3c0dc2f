import Synchronization

/// What a running request has to look at.
public struct SynthesisContext: Sendable {
    /// The request's id, for logs.
    public var requestID: UInt64
    /// When nobody waits any longer for the first bytes. Once they were delivered, it no longer counts.
    public var deadline: ContinuousClock.Instant
    /// Set when the client hung up, the deadline passed or the worker stops.
    public var cancellation: CancellationFlag
    /// The W3C `traceparent` of the request, where there is one.
    public var trace: String?

    /// Creates a context.
    public init(
        requestID: UInt64, deadline: ContinuousClock.Instant, cancellation: CancellationFlag, trace: String? = nil
    ) {
        self.requestID = requestID
        self.deadline = deadline
        self.cancellation = cancellation
        self.trace = trace
    }
}

/// A flag that any thread may set and a decode loop looks at between its steps.
public final class CancellationFlag: Sendable {
    private let flag = Atomic(false)

    /// Creates a flag that is not set.
    public init() {}

    /// Whether the work is no longer wanted.
    public var isCancelled: Bool { flag.load(ordering: .relaxed) }

    /// Says that the work is no longer wanted. It stays so.
    public func cancel() { flag.store(true, ordering: .relaxed) }
}
