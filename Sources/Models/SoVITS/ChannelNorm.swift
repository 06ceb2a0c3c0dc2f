import Torch

/// Layer normalisation over the channels of each frame.
struct ChannelNorm {
    private let scale: Tensor
    private let shift: Tensor
    private let width: Int

    init(_ weights: WeightScope, width: Int) throws(TorchError) {
        scale = try weights.get("gamma", [width])
        shift = try weights.get("beta", [width])
        self.width = width
    }

    /// `[1, time, width]` → `[1, time, width]`.
    func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor {
        try input.layerNorm([width], weight: scale, bias: shift, eps: 1e-5)
    }
}
