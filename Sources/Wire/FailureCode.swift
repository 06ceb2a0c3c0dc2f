/// Why a task failed, as the worker tells the router.
///
/// The set can grow: a code that this side does not know is carried as it is, and treated like ``internal``.
public struct FailureCode: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The name on the wire.
    public var rawValue: String

    /// Creates a code from its name on the wire.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Reads the name.
    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    /// Writes the name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    /// The name on the wire.
    public var description: String { rawValue }

    /// The request cannot be carried out as it stands.
    public static let badRequest = FailureCode(rawValue: "bad_request")
    /// A path lies outside what may be read.
    public static let forbidden = FailureCode(rawValue: "forbidden")
    /// A file or a voice does not exist.
    public static let notFound = FailureCode(rawValue: "not_found")
    /// The deadline passed.
    public static let deadline = FailureCode(rawValue: "deadline")
    /// The device's memory was exhausted.
    public static let outOfMemory = FailureCode(rawValue: "out_of_memory")
    /// The worker has more than it can do.
    public static let overloaded = FailureCode(rawValue: "overloaded")
    /// Something went wrong that the client has no part in.
    public static let `internal` = FailureCode(rawValue: "internal")
    /// The task was cancelled.
    public static let cancelled = FailureCode(rawValue: "cancelled")
    /// A checkpoint cannot be used.
    public static let badCheckpoint = FailureCode(rawValue: "bad_checkpoint")
}
