import Checkpoints
import Torch

/// Weights filled with random numbers, to measure a model's speed at its published sizes without a checkpoint.
///
/// Numbers are scaled so that activations keep their size from layer to layer: denormals or infinities would falsify times.
public struct RandomWeights {
    private var tensors: [String: Tensor] = [:]
    private let generator: Generator

    /// The same seed makes the same weights.
    public init(seed: UInt64) throws(TorchError) {
        generator = try Generator(seed: seed)
    }

    /// A tensor of normal numbers.
    public mutating func add(_ name: String, _ shape: [Int], deviation: Double) throws(TorchError) {
        let tensor = try generator.normal(shape)
        try tensor.scale(inPlace: deviation)
        tensors[name] = tensor
    }

    /// A tensor of one value.
    public mutating func add(_ name: String, _ shape: [Int], value: Double) throws(TorchError) {
        tensors[name] = try Tensor.full(shape, value)
    }

    /// `<name>.weight` of this shape, whose rows add up to about 1 in power, and `<name>.bias`, zeros, of its first size.
    public mutating func addLayer(_ name: String, _ shape: [Int], gain: Double = 1) throws(TorchError) {
        let inputs = shape.dropFirst().reduce(1, *)
        try add(name + ".weight", shape, deviation: gain / Double(max(1, inputs)).squareRoot())
        try add(name + ".bias", [shape.first ?? 1], value: 0)
    }

    /// A layer normalisation that changes nothing, under the names that its scale and shift have.
    public mutating func addNorm(
        _ name: String, width: Int, scale: String = "weight", shift: String = "bias"
    ) throws(TorchError) {
        try add(name + "." + scale, [width], value: 1)
        try add(name + "." + shift, [width], value: 0)
    }

    /// What a model's initializer takes.
    public func scope(dtype: DType = .float32, device: Device = .cpu) -> WeightScope {
        WeightScope(tensors, dtype: dtype, device: device)
    }
}
