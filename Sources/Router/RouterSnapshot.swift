import Messaging
import Wire

/// The router's state as `/health` tells it.
struct RouterSnapshot: Encodable, Sendable {
    struct Worker: Encodable, Sendable {
        let id: String
        /// `starting`, `ready`, `switching`, `behind`, `silent`, `hung` or `draining`.
        let state: String
        let device: DeviceDescription
        let precision: String
        let software: String
        let pid: Int32
        /// Whether polyphonic Chinese characters are read by g2pW's network.
        let g2pw: Bool?
        let slots: Int
        let inFlight: Int
        /// Seconds of audio per second; 0 where it is not known.
        let rate: Double
        /// The name under which requests ask for its model set.
        let model: String
        let epoch: UInt64
        let weights: ModelSetDescription
        /// What `media_type` may be there.
        let mediaTypes: [String]
        /// Milliseconds since the router heard of the worker.
        let lastHeardMilliseconds: Int
        let residentBytes: UInt64?
        let memoryFreeBytes: UInt64?
        /// Why the worker could not load the committed weights, where it could not.
        let refusal: String?

        enum CodingKeys: String, CodingKey {
            case id, state, device, precision, software, pid, g2pw, slots
            case inFlight = "in_flight"
            case rate, model, epoch, weights
            case mediaTypes = "media_types"
            case lastHeardMilliseconds = "last_heard_ms"
            case residentBytes = "resident_bytes"
            case memoryFreeBytes = "memory_free_bytes"
            case refusal
        }

        /// Whether the worker is given tasks.
        var isReady: Bool { state == "ready" }
    }

    struct Queue: Encodable, Sendable {
        let depth: Int
        let limit: Int
        let inFlight: Int

        enum CodingKeys: String, CodingKey {
            case depth, limit
            case inFlight = "in_flight"
        }
    }

    struct Weights: Encodable, Sendable {
        let gptPath: String?
        let sovitsPath: String?
        let version: String?
        let languages: [String]?

        enum CodingKeys: String, CodingKey {
            case gptPath = "gpt_path"
            case sovitsPath = "sovits_path"
            case version, languages
        }
    }

    /// What the workers of one model are to serve.
    struct Model: Encodable, Sendable {
        let epoch: UInt64
        let weights: Weights
        /// How many workers are ready.
        let ready: Int
    }

    /// `ok`, `degraded` (a worker is not ready), `unavailable` (none is, or will be in a moment) or `draining`.
    let status: String
    /// The default model's.
    let epoch: UInt64
    /// The default model's.
    let weights: Weights
    /// Every model, by its name.
    let models: [String: Model]
    let isSwitching: Bool
    let queue: Queue
    let workers: [Worker]

    enum CodingKeys: String, CodingKey {
        case status, epoch, weights, models
        case isSwitching = "switching"
        case queue, workers
    }

    init(machine: RouterStateMachine, now: ContinuousClock.Instant) {
        let registry = machine.registry
        workers = registry.workers.values.sorted { $0.hello.workerID < $1.hello.workerID }.map { worker in
            Worker(
                id: worker.hello.workerID, state: Self.state(of: worker, in: registry), device: worker.hello.device,
                precision: worker.hello.precision, software: worker.hello.software, pid: worker.hello.pid,
                g2pw: worker.hello.g2pw,
                slots: worker.hello.slots, inFlight: machine.dispatch.loads[worker.peer]?.count ?? 0,
                rate: worker.rate, model: worker.model, epoch: Self.epoch(of: worker), weights: worker.modelSet,
                mediaTypes: worker.hello.encoders.mediaTypes,
                lastHeardMilliseconds: Int((now - worker.health.lastHeard) / .milliseconds(1)),
                residentBytes: worker.heartbeat?.residentBytes, memoryFreeBytes: worker.heartbeat?.memoryFreeBytes,
                refusal: worker.refusal)
        }
        let ready = workers.count { $0.isReady }
        status =
            if machine.dispatch.isDraining {
                "draining"
            } else if !registry.hasProspect {
                "unavailable"
            } else {
                ready == workers.count ? "ok" : "degraded"
            }
        models = registry.commitments.reduce(into: [:]) { models, entry in
            models[entry.key] = Model(
                epoch: entry.value.set.epoch, weights: Weights(entry.value),
                ready: registry.routable(of: entry.key).count)
        }
        let standard = registry.commitments[ModelSetDescription.defaultName]
        epoch = standard?.set.epoch ?? 0
        weights = Weights(standard)
        isSwitching = machine.weights.isRunning
        queue = Queue(
            depth: machine.dispatch.queue.depth, limit: machine.dispatch.policy.queueLimit,
            inFlight: machine.dispatch.inFlight)
    }

    private static func state(of worker: WorkerRecord, in registry: WorkerRegistry) -> String {
        switch worker.health.condition {
        case .silent, .lost: return "silent"
        case .hung: return "hung"
        case .healthy: break
        }
        if worker.isDraining { return "draining" }
        switch worker.phase {
        case .starting: return "starting"
        case .flipping: return "switching"
        case .serving(let epoch): return registry.committed(worker.model)?.epoch == epoch ? "ready" : "behind"
        }
    }

    private static func epoch(of worker: WorkerRecord) -> UInt64 {
        switch worker.phase {
        case .starting: worker.hello.epoch
        case .flipping(let epoch), .serving(let epoch): epoch
        }
    }
}

extension RouterSnapshot.Weights {
    fileprivate init(_ commitment: WorkerRegistry.Commitment?) {
        self.init(
            gptPath: commitment?.set.gptPath, sovitsPath: commitment?.set.sovitsPath,
            version: commitment?.described?.version, languages: commitment?.described?.languages)
    }
}
