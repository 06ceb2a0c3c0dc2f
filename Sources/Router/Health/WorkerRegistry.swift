import Messaging
import Wire

/// All workers: who they are, whether they may be given work, and which model sets are committed.
///
/// Workers that tell the same model name are to hold the same set: each name has a committed set and an epoch of its own.
/// An event goes in, a list of changes comes out. There is no I/O and no clock in here.
struct WorkerRegistry {
    /// What a caller has to act on.
    enum Change: Equatable {
        /// The worker is to be sent this.
        case reply(PeerID, incarnation: UInt64, Message)
        /// A worker greeted; its earlier connection, if any, was reported lost before.
        case joined(PeerID)
        /// The worker serves this epoch.
        case serving(PeerID, epoch: UInt64)
        /// The worker left the rotation and may come back; what had not begun to stream goes elsewhere.
        case suspended(PeerID, WorkerHealthStateMachine.Condition)
        /// A silent or hung worker is well again.
        case recovered(PeerID)
        /// The worker, or this connection of it, is gone with all that it had.
        case lost(PeerID, reason: String)
    }

    /// What the workers of one model are to serve.
    struct Commitment: Equatable {
        /// The epoch and the paths.
        var set: CommittedSet
        /// The same as a worker described it, for `/health` and for comparing digests.
        var described: ModelSetDescription?
    }

    private(set) var workers: [PeerID: WorkerRecord] = [:]
    /// By the model's name; a name is known from the first greeting with it on, and is not forgotten.
    private(set) var commitments: [String: Commitment] = [:]
    private var lastTick: ContinuousClock.Instant
    private let policy: RouterPolicy
    private let routerID: String

    init(policy: RouterPolicy, routerID: String, now: ContinuousClock.Instant) {
        self.policy = policy
        self.routerID = routerID
        lastTick = now
    }

    // MARK: Asking

    /// What the workers of a model are to serve; nil where no worker has told of the model.
    func committed(_ model: String) -> CommittedSet? { commitments[model]?.set }

    /// Whether the worker may be given tasks.
    func isRoutable(_ worker: WorkerRecord) -> Bool {
        committed(worker.model).map { worker.isRoutable(epoch: $0.epoch) } ?? false
    }

    /// Whether the worker may be given tasks.
    func isRoutable(_ peer: PeerID) -> Bool { workers[peer].map { isRoutable($0) } ?? false }

    /// All workers that may be given tasks, in a stable order.
    var routable: [WorkerRecord] { inOrder { isRoutable($0) } }

    /// The workers of a model that may be given tasks, in a stable order.
    func routable(of model: String) -> [WorkerRecord] { inOrder { $0.model == model && isRoutable($0) } }

    /// Whether a new request, of whatever model, has a worker to wait for.
    var hasProspect: Bool { workers.values.contains { $0.isProspect } }

    private func inOrder(_ isWanted: (WorkerRecord) -> Bool) -> [WorkerRecord] {
        workers.values.filter(isWanted).sorted { $0.hello.workerID < $1.hello.workerID }
    }

    /// Whether the worker has to load the committed set before it may serve.
    func isBehind(_ worker: WorkerRecord, epoch: UInt64) -> Bool {
        guard let commitment = commitments[worker.model] else { return false }
        if epoch != commitment.set.epoch { return true }
        // Paths may differ between hosts for the same file, so only digests tell that two sets differ.
        guard let wanted = commitment.described else { return false }
        return Self.differ(worker.modelSet.gptDigest, wanted.gptDigest)
            || Self.differ(worker.modelSet.sovitsDigest, wanted.sovitsDigest)
    }

    private static func differ(_ first: String?, _ second: String?) -> Bool {
        guard let first, let second else { return false }
        return first != second
    }

    // MARK: Frames

    /// Takes in the first message of a connection.
    mutating func hello(
        _ hello: Hello, from peer: PeerID, incarnation: UInt64, at now: ContinuousClock.Instant
    ) -> [Change] {
        guard hello.version.major == ProtocolVersion.current.major else {
            let reason =
                "worker \(peer) speaks protocol \(hello.version), this router \(ProtocolVersion.current); "
                + "install the same release on both"
            return [
                .reply(
                    peer, incarnation: incarnation,
                    .reject(Reject(code: Reject.unsupportedVersion, reason: reason)))
            ]
        }
        var changes: [Change] = []
        if let earlier = workers[peer] {
            let reason = earlier.incarnation == incarnation ? "it greeted again" : "it was started again"
            changes.append(.lost(peer, reason: reason))
        }
        adopt(hello.model, epoch: hello.epoch, hello.modelSet)
        workers[peer] = WorkerRecord(
            peer: peer, incarnation: incarnation, hello: hello, modelSet: hello.modelSet,
            health: WorkerHealthStateMachine(policy: policy, now: now))
        let interval = Int(policy.heartbeatInterval / .milliseconds(1))
        let welcome = Welcome(
            routerID: routerID, heartbeatIntervalMilliseconds: max(1, interval),
            committed: committed(hello.model) ?? CommittedSet())
        changes.append(.reply(peer, incarnation: incarnation, .welcome(welcome)))
        changes.append(.joined(peer))
        return changes
    }

    /// A router that was started again, or whose workers another router switched, learns from them what is committed.
    private mutating func adopt(_ model: String, epoch: UInt64, _ modelSet: ModelSetDescription) {
        if let known = committed(model), epoch <= known.epoch { return }
        let set = CommittedSet(epoch: epoch, gptPath: modelSet.gptPath, sovitsPath: modelSet.sovitsPath)
        commitments[model] = Commitment(set: set, described: modelSet)
    }

    /// Whether a frame belongs to a connection that is known. Any such frame is a sign of life.
    ///
    /// - Returns: what to do about a frame whose connection is not known: ask for a greeting.
    mutating func admit(
        from peer: PeerID, incarnation: UInt64, at now: ContinuousClock.Instant
    ) -> [Change]? {
        guard let worker = workers[peer], worker.incarnation == incarnation else {
            let reason = "this router does not know worker \(peer) with this incarnation; greet first"
            return [
                .reply(peer, incarnation: incarnation, .reject(Reject(code: Reject.helloRequired, reason: reason)))
            ]
        }
        workers[peer]?.health.heard(at: now)
        return nil
    }

    /// Takes in that a worker is warm.
    mutating func ready(_ ready: Ready, from peer: PeerID) -> [Change] {
        guard let model = workers[peer]?.model else { return [] }
        workers[peer]?.phase = .serving(epoch: ready.epoch)
        workers[peer]?.modelSet = ready.modelSet
        workers[peer]?.refusal = nil
        if ready.rate > 0 { workers[peer]?.rate = ready.rate }
        adopt(model, epoch: ready.epoch, ready.modelSet)
        if ready.epoch == committed(model)?.epoch, commitments[model]?.described == nil {
            commitments[model]?.described = ready.modelSet
        }
        return [.serving(peer, epoch: ready.epoch)]
    }

    /// Takes in a heartbeat.
    mutating func heartbeat(_ heartbeat: Heartbeat, from peer: PeerID, at now: ContinuousClock.Instant) -> [Change] {
        workers[peer]?.health.heartbeat(heartbeat, at: now)
        workers[peer]?.heartbeat = heartbeat
        workers[peer]?.isDraining = heartbeat.draining
        return evaluate(peer, at: now)
    }

    /// Refines the rate of a worker with a finished request: seconds of audio per second of the device.
    mutating func observe(rate: Double, of peer: PeerID) {
        guard rate.isFinite, rate > 0, let known = workers[peer]?.rate else { return }
        workers[peer]?.rate = known > 0 ? known * 0.8 + rate * 0.2 : rate
    }

    // MARK: Switching

    /// The worker was told to flip, so that it takes nothing until it is ready again.
    mutating func flipping(_ peer: PeerID, to epoch: UInt64) {
        workers[peer]?.phase = .flipping(epoch: epoch)
    }

    /// The worker could not load the committed set; it gets no work, and nobody waits for it.
    mutating func refused(_ peer: PeerID, reason: String) {
        workers[peer]?.refusal = reason
    }

    /// A switch is committed: workers of the model with other epochs are behind from now on.
    mutating func commit(_ model: String, _ set: CommittedSet, modelSet: ModelSetDescription?) {
        commitments[model] = Commitment(set: set, described: modelSet)
    }

    // MARK: Time and loss

    /// The socket cannot reach the worker.
    mutating func unroutable(_ peer: PeerID) -> [Change] {
        guard workers.removeValue(forKey: peer) != nil else { return [] }
        return [.lost(peer, reason: "its connection is gone")]
    }

    /// Judges all workers anew. To be called several times a second.
    mutating func tick(at now: ContinuousClock.Instant) -> [Change] {
        // A router that was stopped itself hears everything late; that is not the workers' silence.
        let pause = now - lastTick
        lastTick = now
        if pause > policy.silenceLimit / 2 {
            for peer in workers.keys { workers[peer]?.health.forgive(pause) }
        }
        return workers.keys.sorted { $0.description < $1.description }.flatMap { evaluate($0, at: now) }
    }

    private mutating func evaluate(_ peer: PeerID, at now: ContinuousClock.Instant) -> [Change] {
        guard workers[peer]?.health.evaluate(at: now) != nil, let worker = workers[peer] else { return [] }
        switch worker.health.condition {
        case .healthy:
            return [.recovered(peer)]
        case .silent, .hung:
            return [.suspended(peer, worker.health.condition)]
        case .lost:
            workers[peer] = nil
            return [.lost(peer, reason: "it was not heard for \(policy.lossLimit)")]
        }
    }
}
