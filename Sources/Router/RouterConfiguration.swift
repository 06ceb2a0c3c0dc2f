import Messaging

/// Where the router listens, and its limits.
public struct RouterConfiguration: Sendable {
    /// The address that HTTP listens at; `::` takes both families.
    public var host: String = "127.0.0.1"
    /// The port that HTTP listens at; 0 takes a free one.
    public var port: Int = 9880
    /// Where workers connect: `ipc://` and `tcp://`.
    public var workerEndpoints: [Endpoint] = []
    /// How workers prove who they are.
    public var security: RouterSecurity = .localOnly
    /// Bounds on what the socket to the workers holds.
    public var messagingLimits: MessagingLimits = .standard
    /// The router's name, for logs.
    public var routerID: String = "router"
    /// The release that `/version` tells.
    public var softwareVersion: String = "0"
    /// The limits by which the router decides.
    public var policy = RouterPolicy()
    /// The largest body that is read, in bytes.
    public var maximumBodyBytes: Int = 1 << 20
    /// The longest text of a request, in characters (Unicode code points).
    public var maximumTextCharacters: Int = 10_000
    /// The largest header of a request, in bytes.
    public var maximumHeaderBytes: Int = 64 << 10
    /// How many connections may be open; more wait to be accepted.
    public var maximumConnections: Int = 1024
    /// A connection on which nothing comes for longer is closed, in seconds.
    public var idleTimeout: Int = 60
    /// How long requests under way may take to finish when the router is told to stop.
    public var drainTimeout: Duration = .seconds(30)
    /// The key that `/control` asks for from other hosts; without one, only this host may use it.
    public var adminKey: String?

    /// Creates the standard configuration, to which at least one endpoint has to be added.
    public init() {}

    /// Refuses what cannot work.
    func validate() throws(RouterError) {
        try require(!workerEndpoints.isEmpty, "no endpoint for workers is set; set one such as ipc:///run/chorus.sock")
        try require((0...65535).contains(port), "the port \(port) is outside 0…65535")
        try require(maximumBodyBytes > 0, "the largest body has to be above 0 bytes")
        try require(maximumHeaderBytes >= 1024, "the largest header has to be 1024 bytes at least")
        try require(maximumConnections > 0, "the number of connections has to be above 0")
        try require(policy.maximumAttempts >= 1, "a request has to be tried once at least")
        try require(policy.creditWindow >= 1, "the credit window has to be above 0 bytes")
        try require(adminKey?.isEmpty != true, "the admin key is empty; leave it out or set one")
    }

    private func require(_ condition: Bool, _ message: String) throws(RouterError) {
        guard condition else { throw RouterError(.badConfiguration, message) }
    }
}

/// What an operator may ask the whole server to do.
public enum ControlCommand: String, Sendable, CaseIterable {
    /// Stop and start again.
    case restart
    /// Stop.
    case exit
}

/// What the router calls for things that are not its own.
public struct RouterHooks: Sendable {
    /// Resolves the path of a checkpoint to one that workers may read.
    ///
    /// Throws ``RouterError`` `forbidden` for what is outside of the allowed roots, `notFound` for what is not there; any
    /// other error counts as `forbidden`.
    public var resolveWeights: @Sendable (String) throws -> String = { $0 }
    /// The same for a reference audio.
    public var resolveReference: @Sendable (String) throws -> String = { $0 }
    /// What is called with a model's name and the paths of its committed set.
    public typealias Committed = @Sendable (_ model: String, _ gptPath: String?, _ sovitsPath: String?) async -> Void
    /// Called after each committed weight switch, one at a time.
    public var onCommitted: Committed = { _, _, _ in }
    /// Called after `/control` has been answered.
    public var control: @Sendable (ControlCommand) async -> Void = { _ in }
    /// Called once, when HTTP listens, with the address and port that were taken.
    public var onListening: @Sendable (_ address: String, _ port: Int) -> Void = { _, _ in }
    /// The text of `/metrics`, in the Prometheus format.
    public var metricsText: @Sendable () -> String = { "" }

    /// Creates hooks that do nothing and allow every path.
    public init() {}
}
