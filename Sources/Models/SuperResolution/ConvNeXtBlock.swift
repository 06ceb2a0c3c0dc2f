import Torch

/// A depthwise convolution along time, then two layers over channels, with a shortcut around them.
///
/// Follows `ConvNeXtBlock` (GPT-SoVITS `tools/AP_BWE_main/models/model.py`; ConvNeXt, Liu et al. 2022,
/// <https://arxiv.org/abs/2201.03545>).
struct ConvNeXtBlock {
    typealias LayerNorm = TransformerEncoderLayer.LayerNorm

    /// Frames on each side of one that it sees.
    static let reach = kernel / 2
    /// Upstream fixes them.
    private static let kernel = 7
    private static let widening = 3
    static let epsilon = 1e-6

    private let depthwise: TimeConvolution
    private let norm: LayerNorm
    private let input: Projection
    private let output: Projection
    /// `[width]`, what the block's result is multiplied by.
    private let scale: Tensor

    init(_ weights: WeightScope, width: Int) throws(TorchError) {
        depthwise = try TimeConvolution(
            weights["dwconv"], from: width, to: width, kernel: Self.kernel, groups: width)
        norm = try LayerNorm(weights["norm"], width: width, eps: Self.epsilon)
        input = try Projection(weights["pwconv1"], from: width, to: Self.widening * width, isConvolution: false)
        output = try Projection(weights["pwconv2"], from: Self.widening * width, to: width, isConvolution: false)
        scale = try weights.get("gamma", [width])
    }

    /// `[1, frames, width]` → `[1, frames, width]`.
    func callAsFunction(_ frames: Tensor) throws(TorchError) -> Tensor {
        let result = try output(input(norm(depthwise(frames))).gelu())
        try result.multiply(inPlace: scale)
        try result.add(inPlace: frames)
        return result
    }
}
