import Torch

/// One block of the network over the condition: a depthwise convolution and two layers with global response normalisation.
///
/// ConvNeXt V2, Woo et al. 2023, <https://arxiv.org/abs/2301.00808>; follows `ConvNeXtV2Block` (GPT-SoVITS
/// `f5_tts/model/modules.py`).
struct ConditionBlock {
    private let depthwise: TimeConvolution
    private let normScale: Tensor
    private let normShift: Tensor
    private let widening: Projection
    private let narrowing: Projection
    private let responseScale: Tensor
    private let responseShift: Tensor
    private let width: Int

    init(_ weights: WeightScope, width: Int) throws(TorchError) {
        self.width = width
        let shape = try weights["dwconv"].shape(of: "weight")
        guard let kernel = shape.last, kernel % 2 == 1 else {
            throw TorchError(
                .weights,
                "\(weights.prefix)dwconv.weight: the model needs shape [\(width), 1, an odd kernel], the checkpoint has "
                    + "\(shape)")
        }
        depthwise = try TimeConvolution(
            weights["dwconv"], from: width, to: width, kernel: kernel, groups: width)
        normScale = try weights["norm"].get("weight", [width])
        normShift = try weights["norm"].get("bias", [width])
        let inner = try weights["pwconv1"].shape(of: "bias").first ?? 0
        widening = try Projection(weights["pwconv1"], from: width, to: inner, isConvolution: false)
        narrowing = try Projection(weights["pwconv2"], from: inner, to: width, isConvolution: false)
        responseScale = try weights["grn"].get("gamma", [1, 1, inner])
        responseShift = try weights["grn"].get("beta", [1, 1, inner])
    }

    /// `[batch, frames, width]` → `[batch, frames, width]`.
    func callAsFunction(_ frames: Tensor) throws(TorchError) -> Tensor {
        let normed = try depthwise(frames).layerNorm([width], weight: normScale, bias: normShift, eps: 1e-6)
        return try frames + narrowing(normalizeResponse(widening(normed).gelu()))
    }

    /// Scales each channel by its energy over all frames, relative to the other channels'.
    private func normalizeResponse(_ frames: Tensor) throws(TorchError) -> Tensor {
        // The squares of hundreds of frames overflow in half precision.
        let energy = try frames.to(.float32).power(2).sum([1], keep: true).sqrt()
        let relative = try (energy / (energy.mean([-1], keep: true) + 1e-6)).to(frames.dtype)
        return try responseScale * (frames * relative) + responseShift + frames
    }
}
