import Torch

/// What v2Pro and v2ProPlus add to the style embedding: who speaks, as a speaker verification network heard it.
///
/// Follows `sv_emb`, `prelu` and `ge_to512` of `SynthesizerTrn` (GPT-SoVITS `module/models.py`).
struct SpeakerConditioning {
    private let speakerInput: Projection
    /// `[styleWidth]`, what negative elements are multiplied by.
    private let slopes: Tensor
    private let textOutput: Projection
    /// Width of the speaker embedding.
    let speakerWidth: Int

    /// - Parameters:
    ///   - weights: the whole model.
    ///   - textStyleWidth: width of the style that the text encoder takes, which need not be the decoder's.
    init(_ weights: WeightScope, styleWidth: Int, textStyleWidth: Int) throws(TorchError) {
        let shape = try weights["sv_emb"].shape(of: "weight")
        guard let speakerWidth = shape.last else {
            throw TorchError(
                .weights, "sv_emb.weight: the model needs shape [\(styleWidth), any], the checkpoint has \(shape)")
        }
        self.speakerWidth = speakerWidth
        speakerInput = try Projection(weights["sv_emb"], from: speakerWidth, to: styleWidth, isConvolution: false)
        slopes = try weights["prelu"].get("weight", [styleWidth])
        textOutput = try Projection(weights["ge_to512"], from: styleWidth, to: textStyleWidth, isConvolution: false)
    }

    /// A reference's style `[1, 1, styleWidth]` and speaker embedding `[1, speakerWidth]` → `[1, 1, styleWidth]`.
    func callAsFunction(_ style: Tensor, speaker: Tensor) throws(TorchError) -> Tensor {
        let joined = try style + project(speaker)
        return try joined.clamp(low: 0) + joined.clamp(high: 0) * slopes
    }

    /// `[1, speakerWidth]` → `[1, styleWidth]`.
    func project(_ speaker: Tensor) throws(TorchError) -> Tensor { try speakerInput(speaker) }

    /// The style that flow and decoder take, `[1, 1, styleWidth]`, as the text encoder takes it: `[1, 1, textStyleWidth]`.
    func textStyle(_ style: Tensor) throws(TorchError) -> Tensor { try textOutput(style) }
}
