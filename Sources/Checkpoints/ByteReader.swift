/// Reads little-endian values from bytes, every access checked against the end.
struct ByteReader {
    /// The bytes that are read.
    let block: ByteBlock
    /// Which bytes of the block may be read.
    let range: Range<Int>
    /// What the bytes are, for messages.
    let name: String
    /// The next byte to read, counted from the start of the block.
    private(set) var position: Int

    /// Creates a reader over a part of a block; the part is clamped to the block.
    init(_ block: ByteBlock, range: Range<Int>, name: String) {
        self.block = block
        self.range = range.clamped(to: 0..<block.bytes.count)
        self.name = name
        position = self.range.lowerBound
    }

    /// Bytes left to read.
    var remaining: Int { range.upperBound - position }
    /// The next byte to read, counted from the start of the part.
    var offset: Int { position - range.lowerBound }

    private mutating func advance(_ count: Int) throws(CheckpointError) -> Int {
        guard count >= 0, count <= remaining else {
            throw CheckpointError(
                .truncated,
                "\(name) ends after \(range.count) bytes, in the middle of a value of \(count) bytes at \(offset); "
                    + "the file is cut short or damaged: download or copy it again")
        }
        let start = position
        position += count
        return start
    }

    /// Reads a little-endian integer.
    mutating func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws(CheckpointError) -> Value {
        let start = try advance(MemoryLayout<Value>.size)
        return Value(littleEndian: block.bytes.loadUnaligned(fromByteOffset: start, as: Value.self))
    }

    /// Reads a 32-bit length.
    mutating func length32() throws(CheckpointError) -> Int { Int(try integer(UInt32.self)) }

    /// Reads a 64-bit length; one that no file can have becomes an error on use.
    mutating func length64() throws(CheckpointError) -> Int { Int(clamping: try integer(UInt64.self)) }

    /// Reads bytes without copying them; valid as long as the block lives.
    mutating func bytes(_ count: Int) throws(CheckpointError) -> UnsafeRawBufferPointer {
        let start = try advance(count)
        return UnsafeRawBufferPointer(rebasing: block.bytes[start..<start + count])
    }

    /// Reads UTF-8; what is not valid becomes U+FFFD.
    mutating func string(_ count: Int) throws(CheckpointError) -> String {
        String(decoding: try bytes(count), as: UTF8.self)
    }

    /// Reads text up to a line feed, which is consumed and not returned.
    mutating func line(limit: Int) throws(CheckpointError) -> String {
        let window = block.bytes[position..<min(range.upperBound, position + limit + 1)]
        guard let end = window.firstIndex(of: UInt8(ascii: "\n")) else {
            let code: CheckpointError.Code = remaining > limit ? .malformedPickle : .truncated
            throw CheckpointError(code, "\(name) has no end of line within \(limit) bytes of offset \(offset)")
        }
        let text = String(decoding: block.bytes[position..<end], as: UTF8.self)
        position = end + 1
        return text
    }
}
