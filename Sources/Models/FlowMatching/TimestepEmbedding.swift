import Torch

/// A moment of the flow, or the length of a step, as a vector: sines and cosines through two layers.
///
/// Follows `TimestepEmbedding` and `SinusPositionEmbedding` (GPT-SoVITS `f5_tts/model/modules.py`).
struct TimestepEmbedding {
    private let first: Projection
    private let second: Projection
    /// `[1, waves / 2]`
    private let frequencies: Tensor
    private let dtype: DType

    /// - Parameters:
    ///   - weights: the embedding's module.
    ///   - width: width of the vector.
    init(_ weights: WeightScope, width: Int) throws(TorchError) {
        let layers = weights["time_mlp"]
        let shape = try layers[0].shape(of: "weight")
        guard shape.count == 2, shape[1] >= 4, shape[1] % 2 == 0 else {
            throw TorchError(
                .weights,
                "\(layers.prefix)0.weight: the model needs shape [\(width), an even number from 4], the checkpoint has "
                    + "\(shape)")
        }
        let half = shape[1] / 2
        first = try Projection(layers[0], from: shape[1], to: width, isConvolution: false)
        second = try Projection(layers[2], from: width, to: width, isConvolution: false)
        // In float32 whatever the model's precision: the angles reach a thousand radians.
        let steepness = DiffusionTransformer.logarithmicBase / Double(half - 1)
        frequencies = try (Tensor.arange(0, Double(half), dtype: .float32, device: weights.device) * -steepness).exp()
            .unsqueeze(0)
        dtype = weights.dtype
    }

    /// Moments between 0 and 1 → `[moments, width]`.
    func callAsFunction(_ moments: [Double]) throws(TorchError) -> Tensor {
        let moments = try Tensor(moments.map(Float.init), shape: [moments.count, 1], device: frequencies.device)
        let angles = try (moments * 1000) * frequencies
        let waves = try Tensor.concatenate([angles.sin(), angles.cos()], dimension: 1)
        return try second(first(waves.to(dtype)).silu())
    }
}
