import Torch

/// A linear layer over channels; upstream writes most of them as convolutions of width 1.
struct Projection {
    private let weight: Tensor
    private let bias: Tensor

    /// Reads a weight of shape `[out, in, 1]`, folding weight normalisation, or `[out, in]`.
    init(_ weights: WeightScope, from input: Int, to output: Int, isConvolution: Bool = true) throws(TorchError) {
        weight =
            isConvolution
            ? try weights.foldedWeight([output, input, 1]).squeeze(2) : try weights.get("weight", [output, input])
        bias = try weights.get("bias", [output])
    }

    /// Several layers with the same input as one: outputs follow each other.
    init(joining projections: [Projection]) throws(TorchError) {
        weight = try Tensor.concatenate(projections.map(\.weight))
        bias = try Tensor.concatenate(projections.map(\.bias))
    }

    /// `[…, in]` → `[…, out]`.
    func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor { try input.linear(weight, bias) }
}
