import Messaging
import Wire

/// What a worker is told at its start.
public struct WorkerConfiguration: Sendable {
    /// A stable name, unique among the workers of a router, such as `host:cuda:0`; 1…255 bytes.
    public var workerID: String
    /// The routers to serve; each is dialled, none needs to be there yet.
    public var routers: [Endpoint]
    /// How connections are protected.
    public var security = WorkerSecurity.localOnly
    /// The name under which requests ask for this worker's model set, 1…255 bytes.
    public var model = ModelSetDescription.defaultName
    /// How many tasks run at a time, 1…1024.
    public var slots: Int
    /// The name and release of the software, for the router's status page.
    public var software: String
    /// How often the router hears from this worker, until it asks for something else.
    public var heartbeatInterval = Duration.milliseconds(500)
    /// How long an unanswered HELLO waits before it is sent again.
    public var helloInterval = Duration.seconds(1)
    /// How long a refused worker waits before it asks again.
    public var rejectedInterval = Duration.seconds(5)
    /// The most bytes of a chunk.
    public var chunkBytes = 64 << 10
    /// How long running tasks may take to finish when the worker is to exit.
    public var drainTimeout = Duration.seconds(30)
    /// Whether to exit when standard input closes, as it does when the supervising process is gone.
    public var exitOnStandardInputClose = false
    /// The file descriptor to watch in place of standard input's, which is 0.
    public var standardInput: Int32 = 0
    /// Bounds of the sockets.
    public var limits = MessagingLimits.standard

    /// Creates a configuration.
    public init(workerID: String, routers: [Endpoint], slots: Int, software: String) {
        self.workerID = workerID
        self.routers = routers
        self.slots = slots
        self.software = software
    }

    /// Refuses what cannot work.
    func validate() throws(WorkerError) {
        guard !routers.isEmpty else {
            throw WorkerError(.badConfiguration, "no router is named; give at least one endpoint")
        }
        guard Set(routers).count == routers.count else {
            throw WorkerError(.badConfiguration, "a router is named twice; give each endpoint once")
        }
        guard (1...Message.maximumSlots).contains(slots) else {
            throw WorkerError(.badConfiguration, "\(slots) slots are outside 1…\(Message.maximumSlots)")
        }
        guard (1...255).contains(model.utf8.count) else {
            throw WorkerError(.badConfiguration, "a model's name has 1 to 255 bytes; '\(model.prefix(64))' has not")
        }
        guard chunkBytes > 0, chunkBytes <= limits.frame.payload else {
            throw WorkerError(.badConfiguration, "chunks of \(chunkBytes) bytes are outside 1…\(limits.frame.payload)")
        }
        guard heartbeatInterval > .zero else {
            throw WorkerError(.badConfiguration, "the heartbeat interval must be above zero")
        }
    }
}
