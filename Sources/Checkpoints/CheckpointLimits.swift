/// Bounds on what reading a checkpoint may cost, so that a hostile file cannot exhaust memory, stack or time.
///
/// The standard values leave a factor of at least ten above the largest published GPT-SoVITS checkpoint and let no
/// pickle cost more than 256 MiB of memory. Deflated entries cost what they unpack to, stored ones nothing.
public struct CheckpointLimits: Sendable {
    /// Largest pickle or safetensors header, in bytes.
    public var maxMetadataBytes = 64 << 20
    /// Most values on the pickle machine's stack at one time.
    public var maxStackDepth = 1 << 19
    /// Most values that a pickle may push, counting repeated references, marks and memo entries.
    public var maxObjects = 1 << 20
    /// Deepest nesting of containers.
    public var maxNesting = 128
    /// Most values in the tree that results when every shared reference is written out.
    public var maxExpandedValues = 1 << 20
    /// Most entries of a zip archive.
    public var maxArchiveEntries = 1 << 17
    /// Largest single entry of a zip archive or storage, in bytes.
    public var maxEntryBytes = 16 << 30
    /// Bytes that deflated entries together may always unpack to.
    public var maxInflatedBytes = 32 << 20
    /// Beyond ``maxInflatedBytes``: most unpacked bytes for each byte of the file.
    public var maxInflateRatio = 16
    /// Most elements, over the whole file, of tensors that repeat storage (stride 0 or overlapping strides).
    public var maxRepeatedElements = 1 << 24

    /// Creates the standard limits.
    public init() {}

    /// The limits for files from anywhere.
    public static let standard = CheckpointLimits()
}
