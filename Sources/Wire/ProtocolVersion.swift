/// The version of the protocol between router and worker.
///
/// Minor versions add kinds and control keys that the other side may ignore; a change of the major version is refused.
public struct ProtocolVersion: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Peers of different major versions do not understand each other.
    public var major: UInt8
    /// Peers of different minor versions ignore what they do not know.
    public var minor: UInt8

    /// Creates a version.
    public init(major: UInt8, minor: UInt8) {
        self.major = major
        self.minor = minor
    }

    /// The version that this code speaks.
    public static let current = ProtocolVersion(major: 1, minor: 1)

    /// `major.minor`.
    public var description: String { "\(major).\(minor)" }
}
