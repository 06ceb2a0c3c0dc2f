import Messaging
import Wire

/// What the router knows about one worker.
struct WorkerRecord {
    /// How far the worker is.
    enum Phase: Hashable, Sendable {
        /// Greeted, warming up.
        case starting
        /// Serving this epoch.
        case serving(epoch: UInt64)
        /// Told to flip to this epoch; it serves again when it says so.
        case flipping(epoch: UInt64)
    }

    let peer: PeerID
    /// Random for each start of the worker's process; echoed in every frame to it.
    let incarnation: UInt64
    var hello: Hello
    var phase: Phase = .starting
    /// What is loaded, as last reported.
    var modelSet: ModelSetDescription
    /// Seconds of audio per second; 0 where it is not known yet.
    var rate: Double = 0
    var isDraining = false
    /// What the device last reported.
    var heartbeat: Heartbeat?
    var health: WorkerHealthStateMachine
    /// Why it could not load the committed set, where it could not.
    var refusal: String?

    /// Alive, with a model set, and not about to leave: new requests may wait for it.
    var isProspect: Bool {
        guard phase != .starting else { return false }
        return health.condition == .healthy && !isDraining && refusal == nil
    }

    /// The name of the model that it serves.
    var model: String { hello.model }

    /// Whether it may be given tasks of the epoch.
    func isRoutable(epoch: UInt64) -> Bool {
        isProspect && phase == .serving(epoch: epoch)
    }
}
