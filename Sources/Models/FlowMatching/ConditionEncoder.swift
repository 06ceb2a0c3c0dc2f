import Torch

/// Joint frames of the text encoder (50 Hz) to the condition of the flow (mel frames).
///
/// Follows `bridge` and `wns1` of `SynthesizerTrnV3` (GPT-SoVITS `module/models.py`).
struct ConditionEncoder {
    private static let slope = 0.01

    private let bridge: Projection
    private let input: Projection
    private let network: WaveNet
    private let output: Projection
    /// Width of the condition.
    let width: Int

    /// - Parameters:
    ///   - weights: the whole model.
    ///   - frameWidth: width of the joint frames.
    init(_ weights: WeightScope, frameWidth: Int, styleWidth: Int) throws(TorchError) {
        let width = try weights["bridge"][0].shape(of: "bias").first ?? 0
        self.width = width
        bridge = try Projection(weights["bridge"][0], from: frameWidth, to: width)
        let encoder = weights["wns1"]
        input = try Projection(encoder["pre"], from: width, to: width)
        let layerCount = try encoder["enc"]["in_layers"].completeListCount()
        network = try WaveNet(encoder["enc"], width: width, styleWidth: styleWidth, layerCount: layerCount)
        output = try Projection(encoder["proj"], from: width, to: width)
    }

    /// `[1, frames, frameWidth]` → `[1, frames, width]`.
    func bridged(_ joint: Tensor) throws(TorchError) -> Tensor { try bridge(joint).leakyReLU(Self.slope) }

    /// - Parameters:
    ///   - joint: `[1, frames, frameWidth]`
    ///   - style: `[1, 1, styleWidth]`
    ///   - factor: mel frames per joint frame.
    ///   - length: mel frames that count; those behind are zeros.
    /// - Returns: `[1, ⌊frames × factor⌋, width]`
    func callAsFunction(
        _ joint: Tensor, style: Tensor, factor: Double, length: Int
    ) throws(TorchError) -> Tensor {
        let bridged = try bridged(joint)
        let frames = Int((Double(joint.size(1)) * factor).rounded(.down))
        let stretched = try bridged.transpose(1, 2).contiguous()
            .interpolate(length: frames, scale: factor, .nearest).transpose(1, 2)
        // Frames behind the length are masked upstream, which to those before looks as if there were none.
        let kept = min(length, frames)
        let speech = try stretched.narrow(1, start: 0, length: kept).contiguous()
        let condition = try output(network(input(speech), style: style))
        return try kept == frames ? condition : condition.pad([0, 0, 0, frames - kept])
    }
}
