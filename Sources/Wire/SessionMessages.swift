/// Worker to router: who I am and what I hold. It opens a session; whatever an earlier session had in flight is lost.
public struct Hello: Hashable, Sendable, Codable {
    /// A stable name, such as `host:cuda:0`, that survives restarts.
    public var workerID: String
    /// The version that the worker speaks.
    public var version: ProtocolVersion
    /// The name and release of the worker's software.
    public var software: String
    /// The device that it computes on.
    public var device: DeviceDescription
    /// The number format on the device: `float32`, `float16` or `bfloat16`.
    public var precision: String
    /// How many tasks it takes at a time, 1…1024.
    public var slots: Int
    /// The worker's process id on its host.
    public var pid: Int32
    /// Whether polyphonic Chinese characters are read by g2pW's network; nil from a worker that does not tell.
    public var g2pw: Bool?
    /// The name under which requests ask for what is loaded. Workers of one name hold the same set and are switched
    /// together.
    public var model: String
    /// What is loaded.
    public var modelSet: ModelSetDescription
    /// The epoch of what is loaded; 0 is what the worker's own configuration names.
    public var epoch: UInt64
    /// What its host can encode.
    public var encoders: EncoderList

    /// Creates a greeting.
    public init(
        workerID: String, version: ProtocolVersion = .current, software: String, device: DeviceDescription,
        precision: String, slots: Int, pid: Int32, g2pw: Bool? = nil, model: String = ModelSetDescription.defaultName,
        modelSet: ModelSetDescription, epoch: UInt64, encoders: EncoderList = EncoderList()
    ) {
        self.workerID = workerID
        self.version = version
        self.software = software
        self.device = device
        self.precision = precision
        self.slots = slots
        self.pid = pid
        self.g2pw = g2pw
        self.model = model
        self.modelSet = modelSet
        self.epoch = epoch
        self.encoders = encoders
    }

    private enum CodingKeys: String, CodingKey {
        case workerID = "worker_id"
        case version = "protocol"
        case software, device, precision, slots, pid, g2pw, model
        case modelSet = "model_set"
        case epoch, encoders
    }

    /// Reads a greeting. What workers before version 1.1 do not tell is what all of them had.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        workerID = try fields.decode(String.self, forKey: .workerID)
        version = try fields.decode(ProtocolVersion.self, forKey: .version)
        software = try fields.decode(String.self, forKey: .software)
        device = try fields.decode(DeviceDescription.self, forKey: .device)
        precision = try fields.decode(String.self, forKey: .precision)
        slots = try fields.decode(Int.self, forKey: .slots)
        pid = try fields.decode(Int32.self, forKey: .pid)
        g2pw = try fields.decodeIfPresent(Bool.self, forKey: .g2pw)
        model = try fields.decodeIfPresent(String.self, forKey: .model) ?? ModelSetDescription.defaultName
        modelSet = try fields.decode(ModelSetDescription.self, forKey: .modelSet)
        epoch = try fields.decode(UInt64.self, forKey: .epoch)
        encoders = try fields.decodeIfPresent(EncoderList.self, forKey: .encoders) ?? EncoderList()
    }
}

/// The forms of audio that a worker's host can make.
public struct EncoderList: Hashable, Sendable, Codable {
    /// Those that it can, as `media_type` names them.
    public var mediaTypes: [String]
    /// What the others need and do not find, in words that a user can act on.
    public var missing: [String: String]

    /// Creates a list.
    public init(mediaTypes: [String] = ["wav", "raw", "ogg"], missing: [String: String] = [:]) {
        self.mediaTypes = mediaTypes
        self.missing = missing
    }

    private enum CodingKeys: String, CodingKey {
        case mediaTypes = "media_types"
        case missing
    }
}

/// The model set that a router has committed; a path that is `nil` was never switched.
public struct CommittedSet: Hashable, Sendable, Codable {
    /// Counts the committed switches, from 0.
    public var epoch: UInt64
    /// The GPT checkpoint.
    public var gptPath: String?
    /// The SoVITS checkpoint.
    public var sovitsPath: String?

    /// Creates a description of a committed set.
    public init(epoch: UInt64 = 0, gptPath: String? = nil, sovitsPath: String? = nil) {
        self.epoch = epoch
        self.gptPath = gptPath
        self.sovitsPath = sovitsPath
    }

    private enum CodingKeys: String, CodingKey {
        case epoch
        case gptPath = "gpt_path"
        case sovitsPath = "sovits_path"
    }
}

/// Router to worker: you are known; this is what is committed.
public struct Welcome: Hashable, Sendable, Codable {
    /// The router's name, for logs.
    public var routerID: String
    /// How often the router wants to hear from the worker, in milliseconds.
    public var heartbeatIntervalMilliseconds: Int
    /// What every worker of this router is to serve.
    public var committed: CommittedSet

    /// Creates a welcome.
    public init(routerID: String, heartbeatIntervalMilliseconds: Int, committed: CommittedSet) {
        self.routerID = routerID
        self.heartbeatIntervalMilliseconds = heartbeatIntervalMilliseconds
        self.committed = committed
    }

    private enum CodingKeys: String, CodingKey {
        case routerID = "router_id"
        case heartbeatIntervalMilliseconds = "heartbeat_interval_ms"
        case committed
    }
}

/// Router to worker: not accepted.
public struct Reject: Hashable, Sendable, Codable {
    /// Why, in words.
    public var reason: String
    /// Why, as a value: one of the constants here, or something newer.
    public var code: String

    /// The router does not know this incarnation and wants a HELLO first; sent in answer to any other kind.
    public static let helloRequired = "hello_required"
    /// The protocol's major versions differ.
    public static let unsupportedVersion = "unsupported_version"
    /// Another worker of this name is in service.
    public static let duplicateWorker = "duplicate_worker"

    /// Creates a refusal.
    public init(code: String, reason: String) {
        self.code = code
        self.reason = reason
    }
}

/// Worker to router: warm, and serving this epoch.
public struct Ready: Hashable, Sendable, Codable {
    /// The epoch that new tasks will run on.
    public var epoch: UInt64
    /// Seconds of audio per second, measured at warm-up; 0 where it is not known.
    public var rate: Double
    /// What is loaded.
    public var modelSet: ModelSetDescription

    /// Creates a message.
    public init(epoch: UInt64, rate: Double, modelSet: ModelSetDescription) {
        self.epoch = epoch
        self.rate = rate
        self.modelSet = modelSet
    }

    private enum CodingKeys: String, CodingKey {
        case epoch, rate
        case modelSet = "model_set"
    }
}

/// Worker to router: alive, and how the device is doing.
public struct Heartbeat: Hashable, Sendable, Codable {
    /// Counts the device thread's steps; it stands still when the device hangs.
    public var progress: UInt64
    /// Whether the device thread has work.
    public var busy: Bool
    /// Milliseconds since the device thread finished a step.
    public var lastStepAgeMilliseconds: UInt64
    /// Tasks that hold a slot.
    public var active: Int
    /// Slots that are free; 0 while draining.
    public var slotsFree: Int
    /// The process's resident memory in bytes.
    public var residentBytes: UInt64
    /// Free memory of the device in bytes, where it is known.
    public var memoryFreeBytes: UInt64?
    /// The epoch that new tasks run on.
    public var epoch: UInt64
    /// Whether the worker refuses new tasks because it is about to exit.
    public var draining: Bool

    /// Creates a heartbeat.
    public init(
        progress: UInt64, busy: Bool, lastStepAgeMilliseconds: UInt64, active: Int, slotsFree: Int,
        residentBytes: UInt64, memoryFreeBytes: UInt64? = nil, epoch: UInt64, draining: Bool
    ) {
        self.progress = progress
        self.busy = busy
        self.lastStepAgeMilliseconds = lastStepAgeMilliseconds
        self.active = active
        self.slotsFree = slotsFree
        self.residentBytes = residentBytes
        self.memoryFreeBytes = memoryFreeBytes
        self.epoch = epoch
        self.draining = draining
    }

    private enum CodingKeys: String, CodingKey {
        case progress, busy
        case lastStepAgeMilliseconds = "last_step_age_ms"
        case active
        case slotsFree = "slots_free"
        case residentBytes = "resident_bytes"
        case memoryFreeBytes = "memory_free_bytes"
        case epoch, draining
    }
}
