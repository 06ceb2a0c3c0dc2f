import Torch

/// The multi-reference timbre encoder: lets speech frames look at the phonemes and adds the style embedding.
///
/// Follows `MRTE` (GPT-SoVITS `module/mrte_model.py`; after Mega-TTS 2, Jiang et al. 2023, <https://arxiv.org/abs/2307.07218>).
struct MRTE {
    /// Upstream fixes it.
    static let headCount = 4

    private let speechInput: Projection
    private let textInput: Projection
    private let query: Projection
    private let key: Projection
    private let value: Projection
    private let attentionOutput: Projection
    private let output: Projection
    /// Width inside; the style embedding must be as wide.
    let width: Int

    init(_ weights: WeightScope, hiddenWidth: Int) throws(TorchError) {
        let width = try weights["c_pre"].shape(of: "bias").first ?? 0
        guard width > 0, width % Self.headCount == 0 else {
            throw TorchError(
                .weights, "\(weights.prefix)c_pre.bias: \(width) channels do not divide into \(Self.headCount) heads")
        }
        self.width = width
        speechInput = try Projection(weights["c_pre"], from: hiddenWidth, to: width)
        textInput = try Projection(weights["text_pre"], from: hiddenWidth, to: width)
        let attention = weights["cross_attention"]
        query = try Projection(attention["conv_q"], from: width, to: width)
        key = try Projection(attention["conv_k"], from: width, to: width)
        value = try Projection(attention["conv_v"], from: width, to: width)
        attentionOutput = try Projection(attention["conv_o"], from: width, to: width)
        output = try Projection(weights["c_post"], from: width, to: hiddenWidth)
    }

    /// - Parameters:
    ///   - speech: `[1, frames, hiddenWidth]`
    ///   - text: `[1, phonemes, hiddenWidth]`
    ///   - style: `[1, 1, width]`
    /// - Returns: `[1, frames, hiddenWidth]`
    func callAsFunction(_ speech: Tensor, text: Tensor, style: Tensor) throws(TorchError) -> Tensor {
        let speech = try speechInput(speech)
        let text = try textInput(text)
        func split(_ projected: Tensor) throws(TorchError) -> Tensor {
            try projected.reshape([1, -1, Self.headCount, width / Self.headCount]).transpose(1, 2)
        }
        let attended = try split(query(speech)).attention(split(key(text)), split(value(text)))
            .transpose(1, 2).reshape([1, -1, width])
        return try output(attentionOutput(attended) + speech + style)
    }
}
