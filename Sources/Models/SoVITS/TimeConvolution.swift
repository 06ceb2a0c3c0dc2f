import Torch

/// A convolution along time, over `[batch, time, channels]`.
///
/// Time comes before channels everywhere in SoVITS: with a frame's channels together in memory, oneDNN's (and cuDNN's)
/// convolutions need not reorder their operands, layer normalisations and projections need no transposition, and a stretch of
/// time is a view.
///
/// On the CPU in float32 it is a kernel of our own, because oneDNN compiles one for every length that it meets.
struct TimeConvolution {
    private enum Weight {
        /// As `Tensor.hostConvolution` reads it.
        case packed(Tensor, out: Int, kernel: Int)
        /// `[out, in / groups, 1, kernel]`, in memory as `[out, 1, kernel, in / groups]`.
        case image(Tensor)
    }

    private let weight: Weight
    private let bias: Tensor?
    private let padding: Int
    private let dilation: Int
    private let groups: Int

    /// Reads the weight, folding weight normalisation, and the bias; pads so that the output is as long as the input.
    /// - Parameter kernel: odd.
    init(
        _ weights: WeightScope, from input: Int, to output: Int, kernel: Int, dilation: Int = 1, groups: Int = 1,
        hasBias: Bool = true
    ) throws(TorchError) {
        try self.init(
            weight: try weights.foldedWeight([output, input / groups, kernel]),
            bias: hasBias ? try weights.get("bias", [output]) : nil, padding: (kernel - 1) / 2 * dilation,
            dilation: dilation, groups: groups)
    }

    /// - Parameter weight: `[out, in / groups, kernel]` in any memory order.
    init(weight: Tensor, bias: Tensor?, padding: Int, dilation: Int = 1, groups: Int = 1) throws(TorchError) {
        if weight.device == .cpu, weight.dtype == .float32 {
            self.weight = .packed(
                try weight.packedConvolution(groups: groups), out: weight.size(0), kernel: weight.size(2))
        } else {
            self.weight = .image(
                try weight.unsqueeze(2).permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2]))
        }
        self.bias = bias
        self.padding = padding
        self.dilation = dilation
        self.groups = groups
    }

    /// `[batch, time, in]` → `[batch, time, out]`.
    func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor {
        switch weight {
        case .packed(let weight, let out, let kernel):
            return try input.hostConvolution(
                weight, bias, out: out, kernel: kernel, padding: padding, dilation: dilation, groups: groups)
        case .image(let weight):
            // An image of height 1, because torch's one-dimensional convolution copies its input to channels before time.
            return try input.unsqueeze(1).permute([0, 3, 1, 2])  // [batch, in, 1, time]
                .conv2d(weight, bias, padding: (0, padding), dilation: (1, dilation), groups: groups)
                .permute([0, 2, 3, 1]).squeeze(1)
        }
    }
}
