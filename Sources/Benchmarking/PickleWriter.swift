import Checkpoints

/// Writes a pickle of protocol 2 with what checkpoints consist of: plain values and tensors.
struct PickleWriter {
    private(set) var bytes: [UInt8] = [0x80, 2]

    /// Ends the pickle.
    consuming func finished() -> [UInt8] {
        op(".")
        return bytes
    }

    /// A plain value. What has no place in a configuration (tensors, objects, raw bytes, huge integers) becomes `None`.
    mutating func value(_ value: CheckpointValue) {
        switch value {
        case .none, .bigInt, .bytes, .tensor, .record: op("N")
        case .bool(let value): bytes.append(value ? 0x88 : 0x89)
        case .int(let value): int(value)
        case .float(let value):
            op("G")
            bytes += Swift.withUnsafeBytes(of: value.bitPattern.bigEndian) { Array($0) }
        case .string(let value): text(value)
        case .list(let values):
            op("](")
            for value in values { self.value(value) }
            op("e")
        case .tuple(let values): tuple { for value in values { $0.value(value) } }
        case .dictionary(let entries):
            dictionary(isOrdered: false) {
                for (key, value) in entries {
                    $0.value(key)
                    $0.value(value)
                }
            }
        }
    }

    /// A dictionary whose keys and values `body` writes in turn.
    mutating func dictionary(isOrdered: Bool, _ body: (inout PickleWriter) -> Void) {
        if isOrdered { emptyOrderedDictionary() } else { op("}") }
        op("(")
        body(&self)
        op("u")
    }

    /// Text, UTF-8.
    mutating func text(_ value: String) {
        op("X")
        bytes.appendLittleEndian(UInt32(truncatingIfNeeded: value.utf8.count))
        bytes += Array(value.utf8)
    }

    /// A contiguous tensor, float32 or float16, that fills the storage `key`.
    mutating func tensor(_ shape: [Int], key: String, isSingle: Bool) {
        global("torch._utils", "_rebuild_tensor_v2")
        tuple { pickle in
            pickle.tuple {
                $0.text("storage")
                $0.global("torch", isSingle ? "FloatStorage" : "HalfStorage")
                $0.text(key)
                $0.text("cpu")
                $0.int(Int64(shape.reduce(1, *)))
            }
            pickle.op("Q")
            pickle.int(0)
            pickle.tuple { for size in shape { $0.int(Int64(size)) } }
            pickle.tuple { for dimension in shape.indices { $0.int(Int64(shape[(dimension + 1)...].reduce(1, *))) } }
            pickle.bytes.append(0x89)  // needs no gradient
            pickle.emptyOrderedDictionary()  // no hooks
        }
        op("R")
    }

    private mutating func int(_ value: Int64) {
        if let small = Int32(exactly: value) {
            op("J")
            bytes.appendLittleEndian(small)
        } else {
            bytes += [0x8A, 8]
            bytes.appendLittleEndian(value)
        }
    }

    private mutating func emptyOrderedDictionary() {
        global("collections", "OrderedDict")
        op(")R")
    }

    private mutating func tuple(_ body: (inout PickleWriter) -> Void) {
        op("(")
        body(&self)
        op("t")
    }

    private mutating func global(_ module: String, _ name: String) { op("c\(module)\n\(name)\n") }

    private mutating func op(_ codes: String) { bytes += Array(codes.utf8) }
}
