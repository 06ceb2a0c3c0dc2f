/// The limits by which the router decides. Every state machine takes them from here.
public struct RouterPolicy: Sendable {
    /// How often a worker is asked to send a heartbeat.
    public var heartbeatInterval: Duration = .milliseconds(500)
    /// A worker that was not heard for longer leaves the rotation until it is heard again.
    public var silenceLimit: Duration = .seconds(2)
    /// A worker that was not heard for longer is forgotten, and streams from it are broken.
    public var lossLimit: Duration = .seconds(10)
    /// A busy device whose last step is older, without progress between two heartbeats, counts as hung.
    public var hangLimit: Duration = .seconds(30)
    /// How long a worker may take to ACCEPT or refuse a task before the task goes elsewhere.
    public var acceptLimit: Duration = .seconds(5)
    /// How many requests may wait for a worker.
    public var queueLimit: Int = 256
    /// How long a request may take until its first byte.
    public var requestTimeout: Duration = .seconds(300)
    /// How long requests that wait already go on waiting when every worker is gone.
    public var noWorkerGrace: Duration = .seconds(30)
    /// Models that may be waited for before their first worker has come, as the default one may.
    public var expectedModels: Set<String> = []
    /// How many workers a request is tried on at most, the first included.
    public var maximumAttempts: Int = 3
    /// How many retries may be spent at once, over all requests.
    public var retryBurst: Double = 64
    /// How many retries each new request adds to the budget.
    public var retryRatio: Double = 0.2
    /// How many bytes of one stream may be under way between worker and client.
    public var creditWindow: Int = 1 << 20
    /// A client that takes nothing for longer, though bytes wait for it, is given up.
    public var clientStallLimit: Duration = .seconds(60)
    /// How long all workers together may take to prepare a model set.
    public var prepareTimeout: Duration = .seconds(180)
    /// How long workers may take to flip to a prepared model set.
    public var commitTimeout: Duration = .seconds(60)
    /// How many weight switches may wait for the one that runs.
    public var switchQueueLimit: Int = 8
    /// How long to wait before a late worker that could not load the committed set is asked again.
    public var catchUpRetryInterval: Duration = .seconds(5)
    /// The `Retry-After` in seconds where no worker is ready.
    public var unavailableRetryAfter: Int = 5

    /// Creates the standard policy.
    public init() {}
}
