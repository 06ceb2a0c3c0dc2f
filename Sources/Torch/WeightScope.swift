import Checkpoints

/// A checkpoint's tensors seen from one module: names are relative to a prefix, shapes are checked, and what is read is
/// converted to the model's element type and device.
///
/// ```swift
/// let weights = WeightScope(checkpoint.weights, dtype: .float32, device: .cpu)
/// let projection = try weights["encoder"]["ssl_proj"].get("weight", [192, 768, 1])
/// ```
/// After the model of huggingface/candle's `VarBuilder`.
public struct WeightScope {
    private let source: any WeightSource
    /// Names are looked up behind this prefix; it ends in a dot or is empty.
    public let prefix: String
    /// Element type of what `get` returns, for floating-point tensors. Integers keep their own.
    public let dtype: DType
    /// Device of what `get` returns.
    public let device: Device

    /// A scope over all tensors of a checkpoint.
    public init(_ tensors: [String: TensorRecord], prefix: String = "", dtype: DType, device: Device) {
        self.init(source: CheckpointWeights(tensors: tensors), prefix: prefix, dtype: dtype, device: device)
    }

    /// A scope over tensors that are in memory already, such as random weights for measurements.
    public init(_ tensors: [String: Tensor], prefix: String = "", dtype: DType, device: Device) {
        self.init(source: MadeWeights(tensors: tensors), prefix: prefix, dtype: dtype, device: device)
    }

    private init(source: any WeightSource, prefix: String, dtype: DType, device: Device) {
        self.source = source
        self.prefix = prefix
        self.dtype = dtype
        self.device = device
    }

    /// These tensors with a LoRA adapter merged into them, in float32, as they are read.
    ///
    /// - Parameter adapter: factors named `<layer>.lora_A.<any>.weight` and `<layer>.lora_B.<any>.weight`, as peft names them,
    ///   and whole tensors that replace these.
    /// - Throws: `TorchError` with code `weights` where the adapter does not fit.
    public func merging(_ adapter: WeightScope) throws(TorchError) -> WeightScope {
        WeightScope(
            source: try MergedWeights(base: source, adapter: adapter.source), prefix: prefix, dtype: dtype,
            device: device)
    }

    /// The scope of a sub-module.
    public subscript(name: String) -> WeightScope {
        WeightScope(source: source, prefix: prefix + name + ".", dtype: dtype, device: device)
    }

    /// The scope of an element of a module list.
    public subscript(index: Int) -> WeightScope { self[String(index)] }

    /// The same tensors in another element type.
    public func with(dtype: DType) -> WeightScope {
        WeightScope(source: source, prefix: prefix, dtype: dtype, device: device)
    }

    /// Whether there is a tensor of this name.
    public func contains(_ name: String) -> Bool { source.shape(of: prefix + name) != nil }

    /// Names of all tensors in this scope, relative to it.
    public var names: [String] {
        source.names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }

    /// Number of consecutive elements `0, 1, …` of a module list that have any tensor here.
    public func listCount() -> Int {
        var indices = Set<Int>()
        for name in names {
            if let index = name.split(separator: ".", maxSplits: 1).first.flatMap({ Int($0) }) { indices.insert(index) }
        }
        var count = 0
        while indices.contains(count) { count += 1 }
        return count
    }

    /// Number of elements of a module list that must have some, and none missing in between.
    /// - Throws: `TorchError` with code `weights`, naming the first element that is missing.
    public func completeListCount() throws(TorchError) -> Int {
        let count = listCount()
        let isComplete = names.allSatisfy { name in
            name.split(separator: ".", maxSplits: 1).first.flatMap { Int($0) }.map { $0 < count } ?? true
        }
        guard count > 0, isComplete else {
            throw TorchError(.weights, "the checkpoint has no tensor of \(prefix)\(count)")
        }
        return count
    }

    /// The shape of a tensor, without reading it.
    /// - Throws: `TorchError` with code `weights` where it is missing.
    public func shape(of name: String) throws(TorchError) -> [Int] {
        guard let shape = source.shape(of: prefix + name) else {
            throw TorchError(.weights, "the checkpoint has no tensor \(prefix + name)")
        }
        return shape
    }

    /// Reads a tensor of a known shape.
    /// - Parameters:
    ///   - shape: the sizes that the model needs; nil for a size that the file decides.
    ///   - dtype: overrides the scope's element type.
    /// - Throws: `TorchError` with code `weights` naming the key, the shape wanted and the shape found.
    public func get(_ name: String, _ shape: [Int?], dtype: DType? = nil) throws(TorchError) -> Tensor {
        let found = try self.shape(of: name)
        let fits =
            found.count == shape.count
            && zip(found, shape).allSatisfy { found, wanted in wanted == nil || wanted == found }
        guard fits else {
            let wanted = shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
            throw TorchError(
                .weights, "\(prefix + name): the model needs shape [\(wanted)], the checkpoint has \(found)")
        }
        return try source.read(prefix + name, dtype: dtype, default: self.dtype, device: device)
    }

    /// Reads a tensor of any shape.
    public func get(_ name: String, dtype: DType? = nil) throws(TorchError) -> Tensor {
        _ = try shape(of: name)
        return try source.read(prefix + name, dtype: dtype, default: self.dtype, device: device)
    }

    /// The shape of a convolution's weight, with or without weight normalisation.
    /// - Throws: `TorchError` with code `weights` where there is none.
    public func foldedShape() throws(TorchError) -> [Int] {
        let direction = ["weight_v", "parametrizations.weight.original1"].first(where: contains)
        return try shape(of: direction ?? "weight")
    }

    /// Reads a convolution's weight, folding weight normalisation where the checkpoint still has it.
    ///
    /// Three spellings occur: `weight`, `weight_g` with `weight_v`, and
    /// `parametrizations.weight.original0` with `original1`.
    /// - Parameter dimension: the dimension that keeps its own magnitude (0 almost everywhere, 2 in HuBERT's positions).
    public func foldedWeight(_ shape: [Int?], dimension: Int = 0) throws(TorchError) -> Tensor {
        for (magnitude, direction) in [
            ("weight_g", "weight_v"), ("parametrizations.weight.original0", "parametrizations.weight.original1"),
        ] where contains(direction) {
            // Folded in float32 even where the model runs in half precision: the norm sums many squares.
            let v = try get(direction, shape, dtype: .float32)
            let gShape: [Int?] = v.shape.enumerated().map { $0.offset == dimension ? $0.element : 1 }
            let g = try get(magnitude, gShape, dtype: .float32)
            return try v.weightNormalized(magnitude: g, dimension: dimension).to(dtype).contiguous()
        }
        return try get("weight", shape)
    }
}
