/// Walks the fields of one Protocol Buffers message (https://protobuf.dev/programming-guides/encoding/).
///
/// Every access is checked against the message's end. Groups, which ONNX does not have, are refused.
struct ProtobufReader {
    /// What a field holds.
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        /// A string, bytes, a message or packed numbers: a range of the block.
        case bytes(Range<Int>)
        case fixed32(UInt32)
    }

    private let block: ByteBlock
    private let name: String
    private var reader: ByteReader

    /// - Parameter name: what the message is, for errors.
    init(_ block: ByteBlock, range: Range<Int>, name: String) {
        self.block = block
        self.name = name
        reader = ByteReader(block, range: range, name: name)
    }

    /// The next field; nil at the message's end.
    ///
    /// - Throws: `truncated` where the field goes on past the end, `malformedMessage` for what is no field.
    mutating func next() throws(CheckpointError) -> (field: Int, value: Value)? {
        guard reader.remaining > 0 else { return nil }
        let tag = try varint()
        guard let field = Int(exactly: tag >> 3), (1...1 << 29).contains(field) else {
            throw malformed("field number \(tag >> 3)")
        }
        switch tag & 7 {
        case 0: return (field, .varint(try varint()))
        case 1: return (field, .fixed64(try reader.integer()))
        case 2:
            let length = Int(clamping: try varint())
            let start = reader.position
            _ = try reader.bytes(length)
            return (field, .bytes(start..<start + length))
        case 5: return (field, .fixed32(try reader.integer()))
        default: throw malformed("a field of wire type \(tag & 7)")
        }
    }

    /// The bytes of a range that ``next()`` returned.
    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: block.bytes[range.clamped(to: 0..<block.bytes.count)])
    }

    /// The text of a range that ``next()`` returned; what is no UTF-8 becomes U+FFFD.
    func text(_ range: Range<Int>) -> String { String(decoding: bytes(range), as: UTF8.self) }

    /// Reads the next varint of a list of packed ones; nil at the end.
    mutating func packedVarint() throws(CheckpointError) -> UInt64? {
        reader.remaining > 0 ? try varint() : nil
    }

    private mutating func varint() throws(CheckpointError) -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let byte = try reader.integer(UInt8.self)
            // What does not fit into 64 bits is dropped, as the format says.
            result |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return result }
        }
        throw malformed("a number of more than ten bytes")
    }

    private func malformed(_ what: String) -> CheckpointError {
        CheckpointError(
            .malformedMessage,
            "\(name) holds \(what), which ONNX does not have: the file is damaged or no ONNX model")
    }
}
