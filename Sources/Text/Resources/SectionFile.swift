/// A compact data file of named sections, as `cluster/resources.py` writes it.
///
/// Little-endian: magic `CHORUSTX`, format (u32), number of sections (u32), then for each its name (24 bytes, padded with
/// NUL), offset and length (u64 each). Reading goes no further than the file, whatever the header claims.
struct SectionFile: Sendable {
    private let file: MappedFile
    private let path: String
    private let sections: [String: Range<Int>]

    private static let magic = Array("CHORUSTX".utf8)
    private static let format: UInt32 = 1
    private static let headerSize = 16
    private static let entrySize = 40
    private static let nameSize = 24

    init(path: String) throws(TextError) {
        let file = try MappedFile(path: path)
        let bytes = file.bytes
        guard bytes.count >= Self.headerSize, bytes.starts(with: Self.magic) else {
            throw Self.damaged(path, "it does not begin as one")
        }
        let format = bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
        guard format == Self.format else {
            throw Self.damaged(path, "its format is \(format), this program reads \(Self.format)")
        }
        let count = Int(bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        guard count <= (bytes.count - Self.headerSize) / Self.entrySize else {
            throw Self.damaged(path, "it is cut off")
        }
        var sections: [String: Range<Int>] = [:]
        for index in 0..<count {
            let entry = Self.headerSize + index * Self.entrySize
            let name = bytes[entry..<entry + Self.nameSize].prefix { $0 != 0 }
            let offset = bytes.loadUnaligned(fromByteOffset: entry + Self.nameSize, as: UInt64.self)
            let length = bytes.loadUnaligned(fromByteOffset: entry + Self.nameSize + 8, as: UInt64.self)
            guard offset <= UInt64(bytes.count), length <= UInt64(bytes.count) - offset else {
                throw Self.damaged(path, "it is cut off")
            }
            sections[String(decoding: name, as: UTF8.self)] = Int(offset)..<Int(offset + length)
        }
        self.file = file
        self.path = path
        self.sections = sections
    }

    /// The raw bytes of a section.
    func bytes(_ name: String) throws(TextError) -> Column<UInt8> {
        try column(name)
    }

    /// A section as a list of numbers.
    ///
    /// - Parameter count: how many there must be, or nil for any number.
    func column<Number: BitwiseCopyable>(_ name: String, count: Int? = nil) throws(TextError) -> Column<Number> {
        guard let range = sections[name] else {
            throw Self.damaged(path, "it lacks the section \(name)")
        }
        let found = range.count / MemoryLayout<Number>.stride
        guard range.count % MemoryLayout<Number>.stride == 0, count == nil || count == found else {
            throw Self.damaged(path, "its section \(name) has \(range.count) bytes, which is not what it needs")
        }
        return Column(file: file, offset: range.lowerBound, count: found)
    }

    /// A list of byte strings, stored as the sections `<name>.index` and `<name>.bytes`.
    ///
    /// - Parameter count: how many there must be, or nil for any number.
    func table(_ name: String, count: Int? = nil) throws(TextError) -> ByteTable {
        let ends: Column<UInt32> = try column(name + ".index", count: count.map { $0 + 1 })
        guard ends.count > 0 else {
            throw Self.damaged(path, "its section \(name).index is empty")
        }
        return ByteTable(ends: ends, bytes: try bytes(name + ".bytes"))
    }

    private static func damaged(_ path: String, _ reason: String) -> TextError {
        TextError(
            .resourceDamaged, "\(path) is not a usable text data file: \(reason); run cluster/setup to make it anew")
    }
}

/// Numbers that lie in a mapped file.
struct Column<Number: BitwiseCopyable>: Sendable {
    private let file: MappedFile
    private let offset: Int
    let count: Int

    init(file: MappedFile, offset: Int, count: Int) {
        self.file = file
        self.offset = offset
        self.count = count
    }

    /// The number at an index, or nil outside the list.
    subscript(index: Int) -> Number? {
        guard index >= 0, index < count else { return nil }
        return file.bytes.loadUnaligned(fromByteOffset: offset + index * MemoryLayout<Number>.stride, as: Number.self)
    }

    /// Gives the list's bytes for reading while `body` runs.
    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        body(UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + count * MemoryLayout<Number>.stride]))
    }
}
