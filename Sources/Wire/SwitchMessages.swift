/// Router to worker: load and check this model set beside the serving one. A path that is `nil` stays as it is.
public struct Prepare: Hashable, Sendable, Codable {
    /// The epoch that the set will have.
    public var epoch: UInt64
    /// The GPT checkpoint.
    public var gptPath: String?
    /// The SoVITS checkpoint.
    public var sovitsPath: String?

    /// Creates a message.
    public init(epoch: UInt64, gptPath: String? = nil, sovitsPath: String? = nil) {
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

/// Worker to router: whether the set is ready to be flipped to.
public struct Prepared: Hashable, Sendable, Codable {
    /// The epoch that was asked for.
    public var epoch: UInt64
    /// Whether it is ready.
    public var ok: Bool
    /// What was loaded, where it is ready.
    public var modelSet: ModelSetDescription?
    /// Why not, where it is not ready.
    public var error: String?

    /// Creates a message.
    public init(epoch: UInt64, ok: Bool, modelSet: ModelSetDescription? = nil, error: String? = nil) {
        self.epoch = epoch
        self.ok = ok
        self.modelSet = modelSet
        self.error = error
    }

    private enum CodingKeys: String, CodingKey {
        case epoch, ok
        case modelSet = "model_set"
        case error
    }
}

/// Router to worker: flip to the prepared set, or drop it.
public struct EpochMessage: Hashable, Sendable, Codable {
    /// The epoch that is meant.
    public var epoch: UInt64

    /// Creates a message.
    public init(epoch: UInt64) {
        self.epoch = epoch
    }
}
