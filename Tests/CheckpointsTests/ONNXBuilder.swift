/// Writes small ONNX models, field by field.
enum ONNXBuilder {
    static func varint(_ value: UInt64) -> [UInt8] {
        var value = value
        var bytes: [UInt8] = []
        while value >= 0x80 {
            bytes.append(UInt8(value & 0x7F) | 0x80)
            value >>= 7
        }
        return bytes + [UInt8(value)]
    }

    static func field(_ number: UInt64, _ value: UInt64) -> [UInt8] { varint(number << 3) + varint(value) }

    static func field(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] {
        varint(number << 3 | 2) + varint(UInt64(bytes.count)) + bytes
    }

    static func field(_ number: UInt64, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

    static func raw<Value>(_ values: [Value]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

    /// A `TensorProto` with what `data` holds, such as raw data.
    static func tensor(_ name: String, _ shape: [UInt64], type: UInt64, data: [UInt8]) -> [UInt8] {
        shape.flatMap { field(1, $0) } + field(2, type) + field(8, name) + data
    }

    /// A float32 tensor of raw data.
    static func tensor(_ name: String, _ shape: [UInt64], _ values: [Float]) -> [UInt8] {
        tensor(name, shape, type: 1, data: field(9, raw(values)))
    }

    static func integer(_ name: String, _ value: UInt64) -> [UInt8] { field(1, name) + field(3, value) }

    static func node(_ operation: String, _ inputs: [String], _ outputs: [String], _ attributes: [[UInt8]] = [])
        -> [UInt8]
    {
        inputs.flatMap { field(1, $0) } + outputs.flatMap { field(2, $0) } + field(4, operation)
            + attributes.flatMap { field(5, $0) }
    }

    static func model(nodes: [[UInt8]] = [], initializers: [[UInt8]]) -> [UInt8] {
        field(1, 7) + field(2, "pytorch") + field(3, "1.7")
            + field(7, nodes.flatMap { field(1, $0) } + initializers.flatMap { field(5, $0) })
    }
}
