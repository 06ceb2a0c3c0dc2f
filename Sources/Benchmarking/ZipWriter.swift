import CZlib
import Checkpoints
import Glibc

/// Writes a zip archive of stored entries as `torch.save` lays them out: each entry's bytes begin at a multiple of 64, so
/// that tensors can be mapped (PKWARE APPNOTE 6.3.10; PyTorch `caffe2/serialize/inline_container.cc`).
///
/// Writes beside the target and renames at the end: a file of this name is always whole.
struct ZipWriter: ~Copyable {
    /// Every entry's bytes begin at a multiple of this many bytes.
    static let alignment = 64
    private static let paddingTag: UInt16 = 0x4246  // "FB", PyTorch's mark for padding

    private let path: String
    private let temporaryPath: String
    private let file: UnsafeMutablePointer<FILE>
    private let headTag: HeadTag?
    private var isFinished = false
    private var offset = 0
    private var directory: [UInt8] = []
    private var entryCount: UInt16 = 0

    /// Creates the file.
    ///
    /// - Parameter headTag: a version tag that takes the place of the file's first two bytes.
    init(path: String, headTag: HeadTag? = nil) throws(BenchmarkingError) {
        self.path = path
        self.headTag = headTag
        temporaryPath = "\(path).\(getpid()).tmp"
        guard let file = fopen(temporaryPath, "wb") else { throw BenchmarkingError.system("create", temporaryPath) }
        self.file = file
    }

    deinit {
        fclose(file)
        if !isFinished { unlink(temporaryPath) }
    }

    /// Appends an entry.
    ///
    /// - Throws: `file` when the disk is full, or the archive would need the large format's 64-bit fields.
    mutating func add(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
        let nameBytes = Array(name.utf8)
        let start = offset + 30 + nameBytes.count + 4
        let padding = (Self.alignment - start % Self.alignment) % Self.alignment
        guard let headerOffset = UInt32(exactly: offset), let size = UInt32(exactly: bytes.count),
            let nameLength = UInt16(exactly: nameBytes.count), entryCount < .max
        else {
            throw BenchmarkingError(.file, "\(path) would be larger than 4 GB; choose smaller sizes")
        }
        let checksum = UInt32(truncatingIfNeeded: crc32(0, bytes.bindMemory(to: UInt8.self).baseAddress, size))

        var common: [UInt8] = []  // what the entry's header and the directory say alike
        common.appendLittleEndian(0 as UInt16, 0 as UInt16, 0 as UInt16)  // flags, stored, time
        common.appendLittleEndian(0x21 as UInt16)  // 1980-01-01
        common.appendLittleEndian(checksum, size, size)
        common.appendLittleEndian(nameLength)

        var header: [UInt8] = []
        header.appendLittleEndian(0x0403_4B50 as UInt32)
        if offset == 0, let headTag { header.replaceSubrange(..<2, with: headTag.text.utf8) }
        header.appendLittleEndian(20 as UInt16)
        header += common
        header.appendLittleEndian(UInt16(4 + padding))
        header += nameBytes
        header.appendLittleEndian(Self.paddingTag, UInt16(padding))
        header += [UInt8](repeating: UInt8(ascii: "Z"), count: padding)
        try header.withUnsafeBytes { try write($0) }
        try write(bytes)

        directory.appendLittleEndian(0x0201_4B50 as UInt32)
        directory.appendLittleEndian(20 as UInt16, 20 as UInt16)
        directory += common
        // No extra field, comment, disk number, attributes.
        directory.appendLittleEndian(0 as UInt16, 0 as UInt16, 0 as UInt16, 0 as UInt16)
        directory.appendLittleEndian(0 as UInt32, headerOffset)
        directory += nameBytes
        entryCount += 1
    }

    /// Appends an entry.
    mutating func add(_ name: String, _ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try add(name, $0) }
    }

    /// Writes the directory and gives the file its name.
    consuming func finish() throws {
        guard let directoryOffset = UInt32(exactly: offset), let size = UInt32(exactly: directory.count) else {
            throw BenchmarkingError(.file, "\(path) would be larger than 4 GB; choose smaller sizes")
        }
        var end = directory
        end.appendLittleEndian(0x0605_4B50 as UInt32)
        end.appendLittleEndian(0 as UInt16, 0 as UInt16, entryCount, entryCount)
        end.appendLittleEndian(size, directoryOffset)
        end.appendLittleEndian(0 as UInt16)
        try end.withUnsafeBytes { try write($0) }
        guard fflush(file) == 0 else { throw BenchmarkingError.system("write", temporaryPath) }
        guard rename(temporaryPath, path) == 0 else { throw BenchmarkingError.system("rename a file to", path) }
        isFinished = true
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard fwrite(bytes.baseAddress, 1, bytes.count, file) == bytes.count else {
            throw BenchmarkingError.system("write", temporaryPath)
        }
        offset += bytes.count
    }
}

extension [UInt8] {
    /// Appends little-endian integers.
    mutating func appendLittleEndian<Value: FixedWidthInteger>(_ values: Value...) {
        for value in values { Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) } }
    }
}
