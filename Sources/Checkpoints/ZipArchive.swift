/// The directory of a zip archive and where each entry's bytes lie (PKWARE APPNOTE 6.3.10, with zip64).
///
/// The first two bytes of the file are not looked at, because SoVITS files carry a version tag there.
struct ZipArchive {
    /// One entry of the central directory.
    struct Entry {
        /// Path inside the archive.
        let name: String
        /// Size when unpacked, in bytes.
        let byteCount: Int
        /// Size in the archive, in bytes.
        let storedByteCount: Int
        /// 0 stored, 8 deflated.
        let method: UInt16
        /// CRC-32 of the unpacked bytes, as the archive states it.
        let checksum: UInt32
        /// Where the local header begins.
        let headerOffset: Int
        /// Bit 0: encrypted.
        let flags: UInt16
    }

    /// The archive's bytes.
    let block: ByteBlock
    /// All entries, in the directory's order.
    let entries: [Entry]
    private let index: [String: Int]
    /// Where the central directory begins; no entry's bytes reach past it.
    private let directoryOffset: Int

    private static let endRecordSize = 22
    private static let maxCommentSize = 65_535

    /// Reads the central directory.
    init(_ block: ByteBlock, limits: CheckpointLimits) throws(CheckpointError) {
        self.block = block
        let end = try Self.directoryEnd(of: block)
        guard end.entryCount <= limits.maxArchiveEntries else {
            throw CheckpointError(
                .limitExceeded,
                "the zip directory lists \(end.entryCount) entries; at most \(limits.maxArchiveEntries) are read")
        }
        guard end.range.count <= limits.maxMetadataBytes else {
            throw CheckpointError(
                .limitExceeded,
                "the zip directory has \(end.range.count) bytes; at most \(limits.maxMetadataBytes) are read")
        }
        var reader = ByteReader(block, range: end.range, name: "the zip directory")
        var entries: [Entry] = []
        var index: [String: Int] = [:]
        for _ in 0..<end.entryCount {
            let entry = try Self.readEntry(&reader, directoryOffset: end.range.lowerBound)
            guard entry.byteCount <= limits.maxEntryBytes else {
                throw CheckpointError(
                    .limitExceeded,
                    "entry \(entry.name) has \(entry.byteCount) bytes; at most \(limits.maxEntryBytes) are read")
            }
            guard index.updateValue(entries.count, forKey: entry.name) == nil else {
                throw CheckpointError(.damagedArchive, "the zip archive has two entries named \(entry.name)")
            }
            entries.append(entry)
        }
        self.entries = entries
        self.index = index
        directoryOffset = end.range.lowerBound
    }

    /// The entry of a name.
    subscript(name: String) -> Entry? { index[name].map { entries[$0] } }

    /// Where an entry's packed bytes lie in the file.
    func packedRange(of entry: Entry) throws(CheckpointError) -> Range<Int> {
        guard entry.flags & 1 == 0 else {
            throw CheckpointError(
                .unsupportedFormat, "entry \(entry.name) is encrypted; save the checkpoint unencrypted")
        }
        let upper = directoryOffset
        guard entry.headerOffset <= upper else { throw Self.damaged("entry \(entry.name) begins past the directory") }
        var reader = ByteReader(block, range: entry.headerOffset..<upper, name: "the header of entry \(entry.name)")
        let signature = try reader.integer(UInt32.self)
        let isTagged = entry.headerOffset == 0 && signature >> 16 == 0x0403
        guard signature == 0x0403_4B50 || isTagged else {
            throw Self.damaged("entry \(entry.name) has no header where the directory says it begins")
        }
        _ = try reader.bytes(22)
        let nameLength = Int(try reader.integer(UInt16.self))
        // The extra field differs from the directory's: PyTorch pads here so that tensors are aligned.
        let extraLength = Int(try reader.integer(UInt16.self))
        _ = try reader.bytes(nameLength)
        _ = try reader.bytes(extraLength)
        guard entry.storedByteCount <= reader.remaining else {
            throw Self.damaged("entry \(entry.name) reaches past the directory")
        }
        return reader.position..<reader.position + entry.storedByteCount
    }

    private static func damaged(_ detail: String) -> CheckpointError {
        CheckpointError(.damagedArchive, "damaged zip archive: \(detail); download or copy the file again")
    }

    private static func readEntry(
        _ reader: inout ByteReader, directoryOffset: Int
    ) throws(CheckpointError) -> Entry {
        guard try reader.integer(UInt32.self) == 0x0201_4B50 else { throw damaged("its directory is not well formed") }
        _ = try reader.bytes(4)  // versions
        let flags = try reader.integer(UInt16.self)
        let method = try reader.integer(UInt16.self)
        _ = try reader.bytes(4)  // time and date
        let checksum = try reader.integer(UInt32.self)
        var storedByteCount = try reader.length32()
        var byteCount = try reader.length32()
        let nameLength = Int(try reader.integer(UInt16.self))
        let extraLength = Int(try reader.integer(UInt16.self))
        let commentLength = Int(try reader.integer(UInt16.self))
        _ = try reader.bytes(8)  // disk and attributes
        var headerOffset = try reader.length32()
        let name = try reader.string(nameLength)
        let extraStart = reader.position
        _ = try reader.bytes(extraLength)
        var extra = ByteReader(reader.block, range: extraStart..<reader.position, name: "the extra field of \(name)")
        _ = try reader.bytes(commentLength)

        let saturated = 0xFFFF_FFFF
        if byteCount == saturated || storedByteCount == saturated || headerOffset == saturated {
            while extra.remaining >= 4 {
                let kind = try extra.integer(UInt16.self)
                let length = Int(try extra.integer(UInt16.self))
                guard kind == 1 else {
                    _ = try extra.bytes(length)
                    continue
                }
                if byteCount == saturated { byteCount = try extra.length64() }
                if storedByteCount == saturated { storedByteCount = try extra.length64() }
                if headerOffset == saturated { headerOffset = try extra.length64() }
                break
            }
        }
        guard method == 0 || method == 8 else {
            throw CheckpointError(
                .unsupportedFormat, "entry \(name) uses compression method \(method); only 0 and 8 (deflate) are read")
        }
        guard method == 8 || byteCount == storedByteCount else {
            throw damaged("entry \(name) is stored, yet its two sizes differ")
        }
        guard headerOffset <= directoryOffset else { throw damaged("entry \(name) begins past the directory") }
        return Entry(
            name: name, byteCount: byteCount, storedByteCount: storedByteCount, method: method, checksum: checksum,
            headerOffset: headerOffset, flags: flags)
    }

    /// Finds the end record, then the range of the directory and the number of its entries.
    private static func directoryEnd(
        of block: ByteBlock
    ) throws(CheckpointError) -> (range: Range<Int>, entryCount: Int) {
        let count = block.bytes.count
        func truncated() -> CheckpointError {
            CheckpointError(
                .truncated,
                "the zip archive ends after \(count) bytes without its directory: the file is cut short; "
                    + "download or copy it again")
        }
        guard count >= endRecordSize else { throw truncated() }
        var start = count - endRecordSize
        let lowest = max(0, start - maxCommentSize)
        while block.bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self).littleEndian != 0x0605_4B50 {
            guard start > lowest else { throw truncated() }
            start -= 1
        }
        var reader = ByteReader(block, range: start..<count, name: "the zip end record")
        _ = try reader.bytes(10)
        var entryCount = Int(try reader.integer(UInt16.self))
        var size = try reader.length32()
        var offset = try reader.length32()
        if entryCount == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF,
            let record = try zip64Record(of: block, before: start)
        {
            (entryCount, size, offset) = record
        }
        guard offset <= start, size <= start - offset else {
            throw damaged("its directory lies outside the file")
        }
        return (offset..<offset + size, entryCount)
    }

    private static func zip64Record(
        of block: ByteBlock, before end: Int
    ) throws(CheckpointError) -> (entryCount: Int, size: Int, offset: Int)? {
        guard end >= 20 else { return nil }
        var locator = ByteReader(block, range: end - 20..<end, name: "the zip64 locator")
        guard try locator.integer(UInt32.self) == 0x0706_4B50 else { return nil }
        _ = try locator.bytes(4)
        let position = try locator.length64()
        guard position <= end - 20 else { throw damaged("its zip64 record lies outside the file") }
        var record = ByteReader(block, range: position..<end - 20, name: "the zip64 end record")
        guard try record.integer(UInt32.self) == 0x0606_4B50 else { throw damaged("its zip64 record is missing") }
        _ = try record.bytes(28)
        let entryCount = try record.length64()
        let size = try record.length64()
        return (entryCount, size, try record.length64())
    }
}
