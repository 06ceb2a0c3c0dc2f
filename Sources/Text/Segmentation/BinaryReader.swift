/// Reads numbers one after the other out of a mapped file, and no further than its end.
struct BinaryReader {
    private let file: MappedFile
    private let path: String
    private(set) var offset = 0

    init(_ file: MappedFile, path: String) {
        self.file = file
        self.path = path
    }

    /// Says that the file is not what it should be.
    func damaged(_ reason: String) -> TextError {
        TextError(.resourceDamaged, "\(path) is not a usable language identification model: \(reason)")
    }

    mutating func next<Number: BitwiseCopyable>(_ type: Number.Type = Number.self) throws(TextError) -> Number {
        let bytes = file.bytes
        guard bytes.count - offset >= MemoryLayout<Number>.size else { throw damaged("it is cut off") }
        defer { offset += MemoryLayout<Number>.size }
        return bytes.loadUnaligned(fromByteOffset: offset, as: Number.self)
    }

    mutating func flag() throws(TextError) -> Bool {
        try next(UInt8.self) != 0
    }

    /// Numbers that stay where they lie.
    mutating func column<Number: BitwiseCopyable>(_ count: Int) throws(TextError) -> Column<Number> {
        let available = (file.bytes.count - offset) / MemoryLayout<Number>.stride
        guard count >= 0, count <= available else { throw damaged("it is cut off") }
        defer { offset += count * MemoryLayout<Number>.stride }
        return Column(file: file, offset: offset, count: count)
    }

    /// The bytes up to a NUL, which is passed over: where they lie.
    mutating func string() throws(TextError) -> Range<Int> {
        guard let end = file.bytes[offset...].firstIndex(of: 0) else { throw damaged("it is cut off") }
        defer { offset = end + 1 }
        return offset..<end
    }
}
