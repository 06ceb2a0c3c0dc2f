/// The weights of an ONNX model under the names that they had in PyTorch.
///
/// PyTorch's exporter stores a linear layer's weight transposed, for `MatMul`, and gives it a number for a name (`1571`, later
/// `onnx::MatMul_1571`). Its bias keeps its name: the operation that adds `….query.bias` adds it to the product with
/// `….query.weight`. Weights that are equal are stored once and named by `Identity`.
struct ONNXParameters {
    /// Tensors by name, in the file's order; linear weights are `[out, in]` as in PyTorch.
    private(set) var tensors: [(name: String, tensor: TensorRecord)] = []
    /// How many weights were named by their biases.
    private(set) var recoveredCount = 0
    /// What the operations tell of the model's configuration, in the words of transformers' `config.json`.
    private(set) var metadata: [String: String] = [:]

    private let graph: ONNXGraph
    private let stored: [String: TensorRecord]
    private let producers: [String: Int]

    /// Longest chain of operations that is followed from a use to what is stored.
    private static let longestChain = 8

    init(_ graph: ONNXGraph) {
        self.graph = graph
        stored = Dictionary(graph.initializers.map { ($0.name, $0.tensor) }, uniquingKeysWith: { first, _ in first })
        var producers: [String: Int] = [:]
        for (index, node) in graph.nodes.enumerated() {
            for output in node.outputs where !output.isEmpty { producers[output] = index }
        }
        self.producers = producers
        collectTensors()
        metadata["num_attention_heads"] = headCount().map(String.init)
        metadata["layer_norm_eps"] = layerNormEpsilon().map { "\($0)" }
    }

    private mutating func collectTensors() {
        var recovered: [(name: String, tensor: TensorRecord)] = []
        var known = Set(stored.keys)
        var renamed: Set<String> = []
        for node in graph.nodes {
            if node.operation == "Identity", let output = node.outputs.first, let tensor = constant(output),
                known.insert(output).inserted
            {
                recovered.append((output, tensor))
                continue
            }
            guard let (name, weight, tensor) = weight(of: node), known.insert(name).inserted else { continue }
            recovered.append((name, tensor))
            renamed.insert(weight)
            recoveredCount += 1
        }
        var seen: Set<String> = []
        tensors =
            graph.initializers.filter { !renamed.contains($0.name) && seen.insert($0.name).inserted } + recovered
    }

    /// The weight of a linear layer, from the operation that adds its bias: the name that it had, the name under which it is
    /// stored, and the tensor as `[out, in]`.
    private func weight(of node: ONNXNode) -> (name: String, stored: String, tensor: TensorRecord)? {
        guard node.operation == "Add" || node.operation == "Gemm",
            let biasIndex = node.inputs.firstIndex(where: { $0.hasSuffix(".bias") && constant($0) != nil })
        else {
            return nil
        }
        let name = String(node.inputs[biasIndex].dropLast("bias".count)) + "weight"
        if node.operation == "Gemm" {
            guard node.inputs.count == 3, biasIndex == 2, let tensor = matrix(node.inputs[1]) else { return nil }
            let isTransposed = node.integers["transB", default: 0] != 0
            return (name, node.inputs[1], isTransposed ? tensor : tensor.transposedMatrix)
        }
        guard node.inputs.count == 2, let product = producer(node.inputs[1 - biasIndex]),
            product.operation == "MatMul", product.inputs.count == 2, let tensor = matrix(product.inputs[1])
        else {
            return nil
        }
        return (name, product.inputs[1], tensor.transposedMatrix)
    }

    private func matrix(_ name: String) -> TensorRecord? {
        constant(name).flatMap { $0.shape.count == 2 ? $0 : nil }
    }

    private func producer(_ name: String) -> ONNXNode? { producers[name].map { graph.nodes[$0] } }

    /// The tensor behind a name, where it is stored or follows from what is stored without arithmetic.
    private func constant(_ name: String) -> TensorRecord? {
        var name = name
        var isTransposed = false
        for _ in 0..<Self.longestChain {
            if let tensor = stored[name] { return isTransposed ? tensor.transposedMatrix : tensor }
            guard let node = producer(name) else { return nil }
            switch node.operation {
            case "Constant": return node.constant.map { isTransposed ? $0.transposedMatrix : $0 }
            case "Identity", "Cast": break
            case "Transpose": isTransposed.toggle()
            default: return nil
            }
            guard let input = node.inputs.first else { return nil }
            name = input
        }
        return nil
    }

    // MARK: Configuration

    /// Attention heads, from how the queries are reshaped: `[batch, time, heads, width / heads]`.
    private func headCount() -> Int? {
        let query = graph.nodes.lazy.compactMap { node -> (output: String, width: Int)? in
            guard let bias = node.inputs.first(where: { $0.hasSuffix("attention.self.query.bias") }),
                let width = constant(bias)?.elementCount, let output = node.outputs.first
            else {
                return nil
            }
            return (output, width)
        }.first
        guard let query,
            let reshape = graph.nodes.first(where: { $0.operation == "Reshape" && $0.inputs.first == query.output }),
            reshape.inputs.count > 1, let sizes = sizes(reshape.inputs[1]), sizes.count == 4
        else {
            return nil
        }
        if let size = sizes[3], size > 0, query.width % size == 0 { return query.width / size }
        return sizes[2].flatMap { $0 > 0 && query.width % $0 == 0 ? $0 : nil }
    }

    /// The sizes of a shape that is stored, or joined from parts some of which are; nil for those known only at run time.
    private func sizes(_ name: String) -> [Int?]? {
        if let stored = integers(name) { return stored }
        guard let node = producer(name), node.operation == "Concat" else { return nil }
        return node.inputs.prefix(8).flatMap { input -> [Int?] in integers(input) ?? [nil] }
    }

    private func integers(_ name: String) -> [Int]? {
        // A scalar that was made a list of one when the model ran.
        let unsqueezed = producer(name).flatMap { $0.operation == "Unsqueeze" ? $0.inputs.first : nil }
        guard let tensor = constant(unsqueezed ?? name), tensor.shape.count <= 1, tensor.elementCount <= 8,
            let values = try? tensor.floats()
        else {
            return nil
        }
        return values.compactMap { Int(exactly: $0) }
    }

    /// Epsilon of the layer normalisations: an attribute of newer files; in older ones what is added before the root.
    private func layerNormEpsilon() -> Float? {
        for node in graph.nodes {
            if node.operation == "LayerNormalization" { return node.numbers["epsilon"] ?? 1e-5 }
            guard node.operation == "Sqrt", let input = node.inputs.first, let sum = producer(input),
                sum.operation == "Add"
            else {
                continue
            }
            let added = sum.inputs.lazy.compactMap { constant($0) }.first { $0.elementCount == 1 }
            if let added, let value = try? added.floats().first { return value }
        }
        return nil
    }
}

extension TensorRecord {
    /// A matrix with its two dimensions swapped; the elements stay where they are. Tensors that are no matrices stay as
    /// they are.
    fileprivate var transposedMatrix: TensorRecord {
        guard shape.count == 2 else { return self }
        var noRepeats = 0
        let swapped = try? TensorRecord(
            dtype: dtype, shape: shape.reversed(), strides: strides.reversed(), storageOffset: storageOffset,
            storage: storage, repeatBudget: &noRepeats)
        return swapped ?? self
    }
}
