import Checkpoints

/// A base model's tensors with a LoRA adapter on top: factors are multiplied and added to the weights that they belong to when
/// those are read, and whole tensors of the adapter replace the base's.
///
/// Hu et al. 2021, <https://arxiv.org/abs/2106.09685>; gives what `merge_and_unload` of peft gives where alpha equals the
/// rank, in float32, before any conversion to the model's element type.
struct MergedWeights: WeightSource {
    /// The two factors of a weight's change: `up × down`.
    private struct Factors {
        var down: String?  // [rank, in]
        var up: String?  // [out, rank]
    }

    private let base: any WeightSource
    private let adapter: any WeightSource
    /// Names in the adapter of tensors that replace the base's, by the base's names.
    private let replaced: [String: String]
    private let factors: [String: (down: String, up: String)]

    /// - Throws: `TorchError` with code `weights` for a factor without its partner, of a weight that the base does not have, or
    ///   of another shape.
    init(base: any WeightSource, adapter: any WeightSource) throws(TorchError) {
        var replaced: [String: String] = [:]
        var found: [String: Factors] = [:]
        for name in adapter.names {
            // peft wraps the module that it adapts, and the layers inside that it changes.
            let unwrapped = name.replacing(".base_model.model.", with: ".").replacing(".base_layer.", with: ".")
            let parts = unwrapped.split(separator: ".", omittingEmptySubsequences: false)
            // <layer>.lora_A.<adapter's name>.weight
            if parts.count > 3, parts[parts.count - 3] == "lora_A" || parts[parts.count - 3] == "lora_B" {
                let target = parts.dropLast(3).joined(separator: ".") + ".weight"
                if parts[parts.count - 3] == "lora_A" {
                    found[target, default: Factors()].down = name
                } else {
                    found[target, default: Factors()].up = name
                }
            } else {
                replaced[unwrapped] = name
            }
        }
        var factors: [String: (down: String, up: String)] = [:]
        for (target, pair) in found {
            guard let down = pair.down, let up = pair.up else {
                throw TorchError(
                    .weights, "the adapter has only one of two factors for \(target): \(pair.down ?? pair.up ?? "")")
            }
            guard let shape = base.shape(of: target) else {
                throw TorchError(.weights, "the adapter changes \(target), which the base does not have")
            }
            let (downShape, upShape) = (adapter.shape(of: down) ?? [], adapter.shape(of: up) ?? [])
            guard shape.count == 2, downShape.count == 2, upShape.count == 2, upShape[0] == shape[0],
                downShape[1] == shape[1], upShape[1] == downShape[0]
            else {
                throw TorchError(
                    .weights,
                    "the adapter's factors \(upShape) × \(downShape) do not fit \(target) of shape \(shape); "
                        + "is it another model's?")
            }
            factors[target] = (down: down, up: up)
        }
        for (target, name) in replaced {
            guard let shape = base.shape(of: target), let replacement = adapter.shape(of: name), shape != replacement
            else { continue }
            throw TorchError(
                .weights,
                "the adapter replaces \(target) of shape \(shape) with shape \(replacement); is it another model's?")
        }
        self.base = base
        self.adapter = adapter
        self.replaced = replaced
        self.factors = factors
    }

    var names: [String] { base.names + replaced.keys.filter { base.shape(of: $0) == nil } }

    func shape(of name: String) -> [Int]? {
        replaced[name].flatMap { adapter.shape(of: $0) } ?? base.shape(of: name)
    }

    func read(_ name: String, dtype: DType?, default: DType, device: Device) throws(TorchError) -> Tensor {
        func whole(_ dtype: DType?, _ default: DType, _ device: Device) throws(TorchError) -> Tensor {
            if let replacement = replaced[name] {
                return try adapter.read(replacement, dtype: dtype, default: `default`, device: device)
            }
            return try base.read(name, dtype: dtype, default: `default`, device: device)
        }
        guard let pair = factors[name] else { return try whole(dtype, `default`, device) }
        // Cloned, because a source that lies in memory hands out its own tensor.
        let weight = try whole(.float32, .float32, .cpu).clone()
        let up = try adapter.read(pair.up, dtype: .float32, default: .float32, device: .cpu)
        let down = try adapter.read(pair.down, dtype: .float32, default: .float32, device: .cpu)
        try weight.add(inPlace: up.matmul(down))
        return try weight.to(dtype ?? `default`, device: device)
    }
}
