/// The fixed 48 bytes at the front of every frame, little-endian.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 4 | magic `CHRS` |
/// | 4 | 1 | major version |
/// | 5 | 1 | minor version |
/// | 6 | 1 | kind |
/// | 7 | 1 | flags, 0 for now |
/// | 8 | 8 | incarnation of the worker process |
/// | 16 | 8 | request id, 0 for none |
/// | 24 | 4 | sequence of a chunk in its stream |
/// | 28 | 4 | length of the control part in bytes |
/// | 32 | 4 | length of the payload in bytes |
/// | 36 | 12 | reserved: written as 0, ignored when read |
public struct FrameHeader: Hashable, Sendable {
    /// The header's length in bytes.
    public static let length = 48
    /// `CHRS`, read as a little-endian number.
    public static let magic: UInt32 = 0x5352_4843

    /// The version that the sender speaks.
    public var version: ProtocolVersion
    /// What the frame says.
    public var kind: FrameKind
    /// Reserved for later use; ignored when read.
    public var flags: UInt8
    /// Random per start of a worker process. The router echoes the worker's, so that frames of or for a process that is
    /// gone can be told apart from those of its successor.
    public var incarnation: UInt64
    /// The request that the frame belongs to, 0 for none.
    public var requestID: UInt64
    /// Counts a stream's chunks from 0; 0 for all other kinds.
    public var sequence: UInt32

    /// Creates a header of this code's version.
    public init(kind: FrameKind, incarnation: UInt64, requestID: UInt64 = 0, sequence: UInt32 = 0) {
        self.version = .current
        self.kind = kind
        self.flags = 0
        self.incarnation = incarnation
        self.requestID = requestID
        self.sequence = sequence
    }
}
