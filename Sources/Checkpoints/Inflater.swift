import CZlib

/// Unpacks deflated zip entries within a budget that all entries of a file share.
struct Inflater {
    private var budget: Int

    /// Creates an inflater for a file of `fileByteCount` bytes.
    init(fileByteCount: Int, limits: CheckpointLimits) {
        let (scaled, overflow) = fileByteCount.multipliedReportingOverflow(by: limits.maxInflateRatio)
        budget = max(limits.maxInflatedBytes, overflow ? .max : scaled)
    }

    /// Unpacks one entry; throws unless it yields exactly the size and the checksum that the directory states.
    mutating func inflate(
        _ entry: ZipArchive.Entry, at range: Range<Int>, in block: ByteBlock
    ) throws(CheckpointError) -> ByteBlock {
        guard entry.byteCount <= budget else {
            throw CheckpointError(
                .limitExceeded,
                "entry \(entry.name) would unpack \(entry.storedByteCount) bytes to \(entry.byteCount), more than a "
                    + "checkpoint of this size may need; refused as a decompression bomb")
        }
        // Deflate cannot shrink more than 1032 to 1, so a larger claim is false and must not cost its memory.
        guard entry.byteCount / 1040 <= entry.storedByteCount else {
            throw CheckpointError(
                .damagedEntry,
                "entry \(entry.name) claims to unpack \(entry.storedByteCount) bytes to \(entry.byteCount), "
                    + "which deflate cannot do")
        }
        budget -= entry.byteCount
        let source = UnsafeRawBufferPointer(rebasing: block.bytes[range])
        return try ByteBlock(count: entry.byteCount) { target throws(CheckpointError) in
            let produced = try Self.run(source, into: target, name: entry.name)
            guard produced == entry.byteCount else {
                throw CheckpointError(
                    .damagedEntry,
                    "entry \(entry.name) unpacks to \(produced) bytes; the archive says \(entry.byteCount)")
            }
            let checksum = Checksum.crc32(UnsafeRawBufferPointer(target))
            guard checksum == entry.checksum else {
                throw CheckpointError(.damagedEntry, "entry \(entry.name) is damaged: its CRC-32 does not match")
            }
        }
    }

    /// Runs raw inflate; returns the number of bytes written, or throws when the stream is damaged or too long.
    private static func run(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, name: String
    ) throws(CheckpointError) -> Int {
        var stream = z_stream()
        let rawDeflate: Int32 = -15
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(&stream, rawDeflate, ZLIB_VERSION, size) == Z_OK else {
            throw CheckpointError(.limitExceeded, "zlib found no memory to unpack \(name)", isRetriable: true)
        }
        defer { inflateEnd(&stream) }
        // One spare byte beyond the target shows a stream that is longer than the directory says.
        var spare: UInt8 = 0
        var consumed = 0
        var produced = 0
        let step = 1 << 30
        while true {
            let input = source[consumed..<min(source.count, consumed + step)]
            let room = min(target.count - produced, step)
            stream.next_in = UnsafeMutablePointer(
                mutating: UnsafeRawBufferPointer(rebasing: input).bindMemory(to: Bytef.self).baseAddress)
            stream.avail_in = UInt32(input.count)
            let status: Int32
            let written: Int
            if room > 0 {
                let output = UnsafeMutableRawBufferPointer(rebasing: target[produced..<produced + room])
                stream.next_out = output.bindMemory(to: Bytef.self).baseAddress
                stream.avail_out = UInt32(room)
                status = CZlib.inflate(&stream, Z_NO_FLUSH)
                written = room - Int(stream.avail_out)
            } else {
                (status, written) = withUnsafeMutablePointer(to: &spare) { pointer in
                    stream.next_out = pointer
                    stream.avail_out = 1
                    let status = CZlib.inflate(&stream, Z_NO_FLUSH)
                    return (status, 1 - Int(stream.avail_out))
                }
            }
            let used = input.count - Int(stream.avail_in)
            consumed += used
            produced += written
            if status == Z_STREAM_END || produced > target.count { return produced }
            guard status == Z_OK, used > 0 || written > 0 else {
                throw CheckpointError(
                    .damagedEntry, "entry \(name) does not unpack: its deflate stream is damaged at byte \(consumed)")
            }
        }
    }
}

/// Checksums of zip entries.
enum Checksum {
    /// CRC-32 as zip uses it.
    static func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var value: uLong = 0
        var position = 0
        while position < bytes.count {
            let count = min(bytes.count - position, 1 << 30)
            let part = UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
            value = CZlib.crc32(value, part.bindMemory(to: Bytef.self).baseAddress, UInt32(count))
            position += count
        }
        return UInt32(truncatingIfNeeded: value)
    }
}
