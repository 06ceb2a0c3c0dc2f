import Torch

/// Turns HuBERT features into semantic tokens and tokens back into features: one codebook, no residuals.
///
/// Follows `ResidualVectorQuantizer` with one layer (GPT-SoVITS `module/quantize.py`, `module/core_vq.py`; van den Oord et al.
/// 2017, <https://arxiv.org/abs/1711.00937>).
struct SemanticQuantizer {
    /// Two HuBERT frames (50 a second) become one token (25 a second).
    static let stride = 2

    private let projectionWeight: Tensor
    private let projectionBias: Tensor
    /// `[tokens, width]`
    private let codebook: Tensor
    /// `[1, tokens]`, squared length of each row of the codebook.
    private let squaredLengths: Tensor
    private let dtype: DType

    /// Width of HuBERT's features and of the codebook's rows.
    let width: Int
    /// Number of tokens.
    var tokenCount: Int { codebook.size(0) }

    /// Everything is kept in float32: a distance in half precision cannot tell near neighbours apart.
    /// - Parameter weights: the whole model.
    init(_ weights: WeightScope) throws(TorchError) {
        dtype = weights.dtype
        let weights = weights.with(dtype: .float32)
        let projection = weights["ssl_proj"]
        width = try projection.shape(of: "bias").first ?? 0
        projectionWeight = try projection.get("weight", [width, width, Self.stride])
        projectionBias = try projection.get("bias", [width])
        codebook = try weights["quantizer"]["vq"]["layers"][0]["_codebook"].get("embed", [nil, width])
        squaredLengths = try codebook.power(2).sum([1]).unsqueeze(0)
    }

    /// HuBERT features `[1, width, frames]` → `[frames / 2, width]`.
    func project(_ features: Tensor) throws(TorchError) -> Tensor {
        try features.to(.float32).conv1d(projectionWeight, projectionBias, stride: Self.stride).squeeze(0).transpose(
            0, 1)
    }

    /// The nearest row of the codebook for each row of `[frames, width]`.
    func tokens(_ projected: Tensor) throws(TorchError) -> [Int] {
        let lengths = try projected.power(2).sum([1], keep: true)
        let distances = try lengths - (projected * 2).matmul(codebook.transpose(0, 1)) + squaredLengths
        return try distances.argmin(1).ids()
    }

    /// Tokens → `[1, tokens, width]`.
    func features(_ tokens: [Int]) throws(TorchError) -> Tensor {
        let indices = try Tensor(ids: tokens, shape: [1, tokens.count], device: codebook.device)
        return try codebook.embedding(indices).to(dtype)
    }
}
