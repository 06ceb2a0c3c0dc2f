import Torch

/// One transformer layer whose normalisations and shortcuts a moment of the flow steers (adaptive layer normalisation).
///
/// DiT, Peebles & Xie 2022, <https://arxiv.org/abs/2212.09748>; follows `DiTBlock` (GPT-SoVITS `f5_tts/model/modules.py`).
struct DiffusionBlock {
    /// Width of a head; upstream fixes it.
    static let headWidth = 64

    /// What a moment makes of a block, `[width]` each.
    struct Modulation {
        let attentionShift: Tensor
        let attentionScale: Tensor
        let attentionGate: Tensor
        let feedForwardShift: Tensor
        let feedForwardScale: Tensor
        let feedForwardGate: Tensor
    }

    private let modulation: Projection
    private let query: Projection
    private let keyValue: Projection
    private let attentionOutput: Projection
    private let feedForwardIn: Projection
    private let feedForwardOut: Projection
    private let width: Int
    private let headCount: Int

    init(_ weights: WeightScope, width: Int) throws(TorchError) {
        self.width = width
        let attention = weights["attn"]
        let inner = try attention["to_q"].shape(of: "bias").first ?? 0
        guard inner > 0, inner % Self.headWidth == 0 else {
            throw TorchError(
                .weights,
                "\(attention.prefix)to_q.bias: \(inner) channels do not divide into heads of \(Self.headWidth)")
        }
        headCount = inner / Self.headWidth
        func linear(_ scope: WeightScope, from input: Int, to output: Int) throws(TorchError) -> Projection {
            try Projection(scope, from: input, to: output, isConvolution: false)
        }
        modulation = try linear(weights["attn_norm"]["linear"], from: width, to: 6 * width)
        query = try linear(attention["to_q"], from: width, to: inner)
        keyValue = try Projection(joining: [
            linear(attention["to_k"], from: width, to: inner), linear(attention["to_v"], from: width, to: inner),
        ])
        attentionOutput = try linear(attention["to_out"][0], from: inner, to: width)
        let layers = weights["ff"]["ff"]
        let widened = try layers[0][0].shape(of: "bias").first ?? 0
        feedForwardIn = try linear(layers[0][0], from: width, to: widened)
        feedForwardOut = try linear(layers[2], from: widened, to: width)
    }

    /// What each of several moments makes of this block; `moments` are embedded and activated, `[moments, width]`.
    func modulations(_ moments: Tensor) throws(TorchError) -> [Modulation] {
        let parts = try modulation(moments).reshape([-1, 6, width])
        var result: [Modulation] = []
        for moment in 0..<moments.size(0) {
            let vectors = try parts.select(0, moment)
            result.append(
                Modulation(
                    attentionShift: try vectors.select(0, 0), attentionScale: try vectors.select(0, 1) + 1,
                    attentionGate: try vectors.select(0, 2), feedForwardShift: try vectors.select(0, 3),
                    feedForwardScale: try vectors.select(0, 4) + 1, feedForwardGate: try vectors.select(0, 5)))
        }
        return result
    }

    /// - Parameters:
    ///   - frames: `[batch, frames, width]`, changed in place.
    ///   - start: the first frame whose result counts; those before are only attended to.
    /// - Returns: `[batch, frames − start, width]`, a view of `frames`.
    func callAsFunction(
        _ frames: Tensor, _ modulation: Modulation, rotary: RotaryTable, from start: Int = 0
    ) throws(TorchError) -> Tensor {
        let length = frames.size(1) - start
        let normed = try normalize(frames, modulation.attentionScale, modulation.attentionShift)
        let kept = try frames.narrow(1, start: start, length: length)
        let query = try query.overManyFrames(normed.narrow(1, start: start, length: length))
        let parts = try keyValue.overManyFrames(normed).chunk(2, dimension: 2)
        try rotary.rotate(query, from: start)
        try rotary.rotate(parts[0])
        let heads = try split(query).attention(split(parts[0]), split(parts[1]))
        let attended = try heads.transpose(1, 2).reshape([frames.size(0), length, -1])
        try kept.add(inPlace: attentionOutput.overManyFrames(attended), times: modulation.attentionGate)
        let steered = try normalize(kept, modulation.feedForwardScale, modulation.feedForwardShift)
        let forward = try feedForwardOut.overManyFrames(
            feedForwardIn.overManyFrames(steered).gelu(tanhApproximation: true))
        try kept.add(inPlace: forward, times: modulation.feedForwardGate)
        return kept
    }

    private func normalize(_ frames: Tensor, _ scale: Tensor, _ shift: Tensor) throws(TorchError) -> Tensor {
        try frames.layerNorm([width], weight: scale, bias: shift, eps: 1e-6)
    }

    private func split(_ projected: Tensor) throws(TorchError) -> Tensor {
        try projected.reshape([projected.size(0), projected.size(1), headCount, Self.headWidth]).transpose(1, 2)
    }
}
