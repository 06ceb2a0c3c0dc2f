import Synchronization

/// The bytes behind one or several tensors: a part of a mapped file, or memory of our own.
///
/// Addresses handed out stay valid, and their content unchanged, as long as the storage lives.
public final class TensorStorage: Sendable {
    /// Size in bytes.
    public let byteCount: Int
    /// Whether these are the container's own bytes and not an unpacked copy.
    public let isMapped: Bool
    /// Whether the file stores this in big-endian order; what is handed out is always in the machine's order.
    public let isByteSwapped: Bool
    /// CRC-32 that the container states for these bytes, if it states one and it was not checked while opening.
    let expectedChecksum: UInt32?

    private let block: ByteBlock
    private let start: Int
    private let elementByteCount: Int
    /// An aligned (and swapped) copy, made once, when the file's own bytes cannot be used in place.
    private let usable = Mutex<ByteBlock?>(nil)

    /// Creates a view; `range` must lie within the block.
    init(
        _ block: ByteBlock, range: Range<Int>, scalarType: ScalarType, isMapped: Bool, isByteSwapped: Bool = false,
        expectedChecksum: UInt32? = nil
    ) {
        let range = range.clamped(to: 0..<block.bytes.count)
        self.block = block
        start = range.lowerBound
        byteCount = range.count
        elementByteCount = scalarType.byteCount
        self.isMapped = isMapped
        self.isByteSwapped = isByteSwapped && scalarType.byteCount > 1
        self.expectedChecksum = expectedChecksum
    }

    /// The bytes as they lie in the file.
    var rawBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: block.bytes[start..<start + byteCount]) }

    /// Calls `body` with the bytes, aligned for the scalar type and in the machine's byte order.
    ///
    /// A mapped storage whose place in the file is not aligned (the legacy format) is copied on the first call.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let bytes = usableBytes()
        return try withExtendedLifetime(self) { () throws(Failure) -> Result in try body(bytes) }
    }

    /// ``withUnsafeBytes(_:)`` for who reads once: a copy that has to be made is not kept.
    public func withUnsafeBytesOnce<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        if isUsableInPlace { return try withUnsafeBytes(body) }
        let copy = usableCopy()
        return try withExtendedLifetime(copy) { () throws(Failure) -> Result in try body(copy.bytes) }
    }

    /// Gives back the memory of what was read of the mapped file, this storage and all others in it; what is used again is
    /// read again.
    public func releaseFilePages() { block.releasePages() }

    private var isUsableInPlace: Bool {
        let isAligned = rawBytes.baseAddress.map { UInt(bitPattern: $0) % UInt(elementByteCount) == 0 } ?? true
        return isAligned && !isByteSwapped
    }

    private func usableCopy() -> ByteBlock {
        let raw = rawBytes
        return ByteBlock(count: raw.count) { target in
            target.copyMemory(from: raw)
            if isByteSwapped { Self.swap(target, elementByteCount: elementByteCount) }
        }
    }

    private func usableBytes() -> UnsafeRawBufferPointer {
        if isUsableInPlace { return rawBytes }
        return usable.withLock { copy in
            if let copy { return copy.bytes }
            let made = usableCopy()
            copy = made
            return made.bytes
        }
    }

    private static func swap(_ bytes: UnsafeMutableRawBufferPointer, elementByteCount: Int) {
        var first = 0
        while first + elementByteCount <= bytes.count {
            for index in 0..<elementByteCount / 2 {
                bytes.swapAt(first + index, first + elementByteCount - 1 - index)
            }
            first += elementByteCount
        }
    }
}
