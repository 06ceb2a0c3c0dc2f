/// One operation of an ONNX graph: what is needed of `NodeProto`.
struct ONNXNode {
    /// The operator, such as `MatMul`.
    var operation = ""
    /// Names of the values it takes; an empty one is an argument left out.
    var inputs: [String] = []
    /// Names of the values it gives.
    var outputs: [String] = []
    /// Attributes that are integers.
    var integers: [String: Int64] = [:]
    /// Attributes that are numbers.
    var numbers: [String: Float] = [:]
    /// The tensor of a `Constant`.
    var constant: TensorRecord?
}

/// The weights and operations of an ONNX model (https://onnx.ai/onnx/repo-docs/IR.html).
struct ONNXGraph {
    /// The tensors that the file holds, in its order.
    private(set) var initializers: [(name: String, tensor: TensorRecord)] = []
    /// The operations, each after those whose results it takes.
    private(set) var nodes: [ONNXNode] = []
    /// What made the file, such as `pytorch 1.7`.
    private(set) var producer = ""

    private let block: ByteBlock
    private let limits: CheckpointLimits
    /// Bytes that names may still cost.
    private var nameBudget: Int

    /// Whether a file begins as an ONNX model does: the version of the format, then another field of the message.
    static func recognizes(_ block: ByteBlock) -> Bool {
        let bytes = block.bytes
        guard bytes.count > 8, bytes[0] == 0x08, (1...64).contains(bytes[1]) else { return false }
        // producer_name, producer_version, domain, graph, opset_import.
        return [0x12, 0x1A, 0x22, 0x3A, 0x42].contains(bytes[2])
    }

    /// Reads a model. Tensors stay where they are.
    ///
    /// - Throws: `truncated`, `malformedMessage`, `limitExceeded`, and what `ONNXTensor` throws.
    init(_ block: ByteBlock, limits: CheckpointLimits) throws(CheckpointError) {
        self.block = block
        self.limits = limits
        nameBudget = limits.maxMetadataBytes
        var reader = ProtobufReader(block, range: 0..<block.bytes.count, name: "the ONNX model")
        var graph: Range<Int>?
        while let (field, value) = try reader.next() {
            switch (field, value) {
            case (2, .bytes(let text)): producer = try name(reader, text) + producer
            case (3, .bytes(let text)): producer += " " + (try name(reader, text))
            case (7, .bytes(let range)): graph = range
            default: break
            }
        }
        guard let graph else {
            throw CheckpointError(.malformedMessage, "the ONNX model holds no graph: is it one?")
        }
        try readGraph(graph)
    }

    private mutating func readGraph(_ range: Range<Int>) throws(CheckpointError) {
        var reader = ProtobufReader(block, range: range, name: "the ONNX graph")
        while let (field, value) = try reader.next() {
            guard case .bytes(let content) = value else { continue }
            switch field {
            case 1:
                try checkCount(nodes.count)
                nodes.append(try node(content))
            case 5:
                try checkCount(initializers.count)
                let tensor = try ONNXTensor(block, range: content, limits: limits)
                try charge(tensor.name.utf8.count)
                initializers.append((tensor.name, try tensor.record()))
            default: break
            }
        }
    }

    private mutating func node(_ range: Range<Int>) throws(CheckpointError) -> ONNXNode {
        var result = ONNXNode()
        var reader = ProtobufReader(block, range: range, name: "an ONNX node")
        while let (field, value) = try reader.next() {
            guard case .bytes(let content) = value else { continue }
            switch field {
            case 1: result.inputs.append(try name(reader, content))
            case 2: result.outputs.append(try name(reader, content))
            case 4: result.operation = try name(reader, content)
            case 5: try readAttribute(content, into: &result)
            default: break
            }
        }
        return result
    }

    /// Keeps what later steps look at; subgraphs and lists are skipped.
    private mutating func readAttribute(_ range: Range<Int>, into node: inout ONNXNode) throws(CheckpointError) {
        var name = ""
        var integer: Int64?
        var number: Float?
        var tensor: Range<Int>?
        var reader = ProtobufReader(block, range: range, name: "an attribute")
        while let (field, value) = try reader.next() {
            switch (field, value) {
            case (1, .bytes(let text)): name = try self.name(reader, text)
            case (2, .fixed32(let bits)): number = Float(bitPattern: bits)
            case (3, .varint(let bits)): integer = Int64(bitPattern: bits)
            case (5, .bytes(let range)): tensor = range
            default: break
            }
        }
        node.integers[name] = integer
        node.numbers[name] = number
        if let tensor, name == "value" {
            node.constant = try ONNXTensor(block, range: tensor, limits: limits).record()
        }
    }

    private mutating func name(_ reader: ProtobufReader, _ range: Range<Int>) throws(CheckpointError) -> String {
        try charge(range.count)
        return reader.text(range)
    }

    private mutating func charge(_ byteCount: Int) throws(CheckpointError) {
        // A name costs more than its bytes.
        nameBudget -= byteCount + 64
        guard nameBudget >= 0 else {
            throw CheckpointError(
                .limitExceeded, "the names in the ONNX model need more than \(limits.maxMetadataBytes) bytes")
        }
    }

    private func checkCount(_ count: Int) throws(CheckpointError) {
        guard count < limits.maxArchiveEntries else {
            throw CheckpointError(
                .limitExceeded,
                "the ONNX model has more than \(limits.maxArchiveEntries) operations or tensors")
        }
    }
}
