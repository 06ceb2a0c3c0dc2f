/// The device that a worker computes on.
public struct DeviceDescription: Hashable, Sendable, Codable {
    /// The kinds of device.
    public enum Kind: String, Hashable, Sendable, Codable {
        /// The host's processor.
        case cpu
        /// An NVIDIA GPU.
        case cuda
    }

    /// The kind of device.
    public var kind: Kind
    /// The index among the host's visible devices, for GPUs.
    public var index: Int?
    /// The driver's unique id, for GPUs.
    public var uuid: String?
    /// The name that the vendor gave it.
    public var name: String

    /// Creates a description.
    public init(kind: Kind, index: Int? = nil, uuid: String? = nil, name: String) {
        self.kind = kind
        self.index = index
        self.uuid = uuid
        self.name = name
    }
}
