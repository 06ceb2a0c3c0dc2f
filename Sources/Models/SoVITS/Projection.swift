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

    /// `[batch, frames, in]` → `[batch, frames, out]` for many frames.
    ///
    /// As a convolution of width 1, which on several threads of a processor is a fifth faster from about 500 frames on
    /// (216 to 219 GFLOP/s a core instead of 174 at 1000 frames). On one thread libtorch does not give it to oneDNN.
    func overManyFrames(_ input: Tensor) throws(TorchError) -> Tensor {
        guard input.device == .cpu, input.dtype == .float32, input.size(1) >= 500, Library.threadCount > 1 else {
            return try self(input)
        }
        let kernel = try weight.reshape([weight.size(0), 1, 1, weight.size(1)]).permute([0, 3, 1, 2])
        return try input.unsqueeze(1).permute([0, 3, 1, 2])  // [batch, in, 1, frames]
            .conv2d(kernel, bias).permute([0, 2, 3, 1]).squeeze(1)
    }

    /// `[…, in]` → `[…, out]`.
    func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor { try input.linear(weight, bias) }
}
