/// Writes pickles and archives by hand, for what no tool would write.
struct PickleBuilder {
    var bytes: [UInt8] = [0x80, 2]

    mutating func op(_ code: Character) { bytes += Array(String(code).utf8) }
    mutating func raw(_ values: UInt8...) { bytes += values }

    mutating func text(_ text: String) {
        bytes.append(UInt8(ascii: "X"))
        bytes += Self.little(UInt32(text.utf8.count)) + Array(text.utf8)
    }

    mutating func int(_ value: Int) {
        bytes += [0x8A, 8] + Self.little(Int64(value))
    }

    mutating func global(_ module: String, _ name: String) { bytes += Array("c\(module)\n\(name)\n".utf8) }

    /// A tensor over storage `key` of `count` elements.
    mutating func tensor(
        key: String, type: String = "FloatStorage", count: Int, offset: Int, shape: [Int], strides: [Int]
    ) {
        global("torch._utils", "_rebuild_tensor_v2")
        op("(")
        storage(key: key, type: type, count: count)
        int(offset)
        for sizes in [shape, strides] {
            op("(")
            for size in sizes { int(size) }
            op("t")
        }
        bytes.append(0x89)
        op("N")
        op("t")
        op("R")
    }

    mutating func storage(key: String, type: String = "FloatStorage", count: Int) {
        op("(")
        text("storage")
        global("torch", type)
        text(key)
        text("cpu")
        int(count)
        op("t")
        op("Q")
    }

    static func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    /// A zip archive of stored entries, `data.pkl` first, without checksums.
    static func archive(pickle: [UInt8], storages: [(key: String, bytes: [UInt8])] = []) -> [UInt8] {
        let entries = [("a/data.pkl", pickle)] + storages.map { ("a/data/\($0.key)", $0.bytes) }
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for (name, data) in entries {
            let size = little(UInt32(data.count))
            let names = little(UInt16(name.utf8.count))
            directory += [0x50, 0x4B, 1, 2] + [UInt8](repeating: 0, count: 16) + size + size + names
            directory += [UInt8](repeating: 0, count: 12) + little(UInt32(file.count)) + Array(name.utf8)
            file += [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 14) + size + size + names + [0, 0]
            file += Array(name.utf8) + data
        }
        let end = little(UInt16(entries.count)) + little(UInt32(directory.count)) + little(UInt32(file.count)) + [0, 0]
        return file + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + little(UInt16(entries.count)) + end
    }
}
