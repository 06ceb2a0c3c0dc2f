import Checkpoints
import Torch

/// Weights filled with random numbers.
///
/// Numbers are scaled so that activations keep their size from layer to layer: denormals or infinities would falsify times.
struct RandomWeights {
    private var tensors: [String: Tensor] = [:]
    private let generator: Generator

    /// The same seed makes the same weights.
    init(seed: UInt64) throws(TorchError) {
        generator = try Generator(seed: seed)
    }

    /// A tensor of normal numbers.
    mutating func add(_ name: String, _ shape: [Int], deviation: Double) throws(TorchError) {
        let tensor = try generator.normal(shape)
        try tensor.scale(inPlace: deviation)
        tensors[name] = tensor
    }

    /// A tensor of one value.
    mutating func add(_ name: String, _ shape: [Int], value: Double) throws(TorchError) {
        tensors[name] = try Tensor.full(shape, value)
    }

    /// `<name>.weight` of this shape, whose rows add up to about 1 in power, and `<name>.bias`, zeros, of its first size.
    mutating func addLayer(_ name: String, _ shape: [Int], gain: Double = 1) throws(TorchError) {
        let inputs = shape.dropFirst().reduce(1, *)
        try add(name + ".weight", shape, deviation: gain / Double(max(1, inputs)).squareRoot())
        try add(name + ".bias", [shape.first ?? 1], value: 0)
    }

    /// A layer normalisation that changes nothing, under the names that its scale and shift have.
    mutating func addNorm(
        _ name: String, width: Int, scale: String = "weight", shift: String = "bias"
    ) throws(TorchError) {
        try add(name + "." + scale, [width], value: 1)
        try add(name + "." + shift, [width], value: 0)
    }

    /// What a model's initializer takes.
    func scope(dtype: DType = .float32, device: Device = .cpu) -> WeightScope {
        WeightScope(tensors, dtype: dtype, device: device)
    }
}
