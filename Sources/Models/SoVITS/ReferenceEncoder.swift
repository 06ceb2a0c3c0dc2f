import Torch

/// Reference spectrogram to one style embedding.
///
/// Follows `MelStyleEncoder` (GPT-SoVITS `module/modules.py`; Meta-StyleSpeech, Min et al. 2021,
/// <https://arxiv.org/abs/2106.03153>).
struct ReferenceEncoder {
    /// Upstream fixes it.
    static let headCount = 2

    private let spectralIn: Projection
    private let spectralOut: Projection
    private let temporal: [TimeConvolution]
    private let query: Projection
    private let key: Projection
    private let value: Projection
    private let attentionOutput: Projection
    private let output: Projection
    private let width: Int
    /// Spectrogram bins that it looks at, from the lowest: 1025 in v1, 704 after.
    let binCount: Int

    init(_ weights: WeightScope, styleWidth: Int) throws(TorchError) {
        let shape = try weights["spectral"][0]["fc"].shape(of: "weight")
        guard shape.count == 2, shape[0] % Self.headCount == 0 else {
            throw TorchError(
                .weights,
                "\(weights.prefix)spectral.0.fc.weight: the model needs shape [even width, bins], the checkpoint has \(shape)"
            )
        }
        let (width, binCount) = (shape[0], shape[1])
        self.width = width
        self.binCount = binCount
        func linear(_ scope: WeightScope, from input: Int, to output: Int) throws(TorchError) -> Projection {
            try Projection(scope, from: input, to: output, isConvolution: false)
        }
        spectralIn = try linear(weights["spectral"][0]["fc"], from: binCount, to: width)
        spectralOut = try linear(weights["spectral"][3]["fc"], from: width, to: width)
        temporal = try [0, 1].map { index throws(TorchError) in
            try TimeConvolution(
                weights["temporal"][index]["conv1"]["conv"], from: width, to: 2 * width, kernel: 5)
        }
        let attention = weights["slf_attn"]
        query = try linear(attention["w_qs"], from: width, to: width)
        key = try linear(attention["w_ks"], from: width, to: width)
        value = try linear(attention["w_vs"], from: width, to: width)
        attentionOutput = try linear(attention["fc"], from: width, to: width)
        output = try linear(weights["fc"]["fc"], from: width, to: styleWidth)
    }

    /// Spectrogram `[1, bins, frames]` with at least ``binCount`` bins → `[1, 1, styleWidth]`.
    func callAsFunction(_ spectrogram: Tensor) throws(TorchError) -> Tensor {
        let frames = try spectrogram.narrow(1, start: 0, length: binCount).transpose(1, 2)
        var hidden = try Self.mish(spectralOut(Self.mish(spectralIn(frames))))
        for convolution in temporal {
            let gated = try convolution(hidden).chunk(2, dimension: 2)
            hidden = try hidden + gated[0] * gated[1].sigmoid()
        }
        func split(_ projected: Tensor) throws(TorchError) -> Tensor {
            try projected.reshape([1, -1, Self.headCount, width / Self.headCount]).transpose(1, 2)
        }
        // Scaled by the whole model's width, not by a head's.
        let attended = try split(query(hidden)).attention(
            split(key(hidden)), split(value(hidden)), scale: 1 / Double(width).squareRoot())
        let joined = try attended.transpose(1, 2).reshape([1, -1, width])
        let styles = try output(attentionOutput(joined) + hidden)
        // Summing hundreds of frames needs float32 also where the model runs in half precision.
        return try styles.to(.float32).mean([1], keep: true).to(styles.dtype)
    }

    private static func mish(_ x: Tensor) throws(TorchError) -> Tensor { try x * x.softplus().tanh() }
}
