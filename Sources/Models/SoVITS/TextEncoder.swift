import Torch

/// The prior: semantic features and phonemes to mean and log standard deviation of the latent.
///
/// Follows `TextEncoder` (GPT-SoVITS `module/models.py`). One utterance at a time, so nothing is masked.
struct TextEncoder {
    /// Mean and log standard deviation of the latent, `[1, frames, latentWidth]` each.
    struct Prior {
        let mean: Tensor
        let logDeviation: Tensor
    }

    let semanticInput: Projection
    let semanticEncoder: RelativeTransformer
    /// `[symbols, hiddenWidth]`
    private let symbols: Tensor
    let phonemeEncoder: RelativeTransformer
    let mrte: MRTE
    let jointEncoder: RelativeTransformer
    private let output: Projection

    /// Number of symbols that phoneme ids index.
    var symbolCount: Int { symbols.size(0) }

    /// - Parameter featureWidth: width of the semantic features.
    init(_ weights: WeightScope, _ configuration: SoVITSConfiguration, featureWidth: Int) throws(TorchError) {
        let width = configuration.hiddenWidth
        semanticInput = try Projection(weights["ssl_proj"], from: featureWidth, to: width)
        symbols = try weights["text_embedding"].get("weight", [nil, width])
        mrte = try MRTE(weights["mrte"], hiddenWidth: width)
        let layers = configuration.layerCount
        phonemeEncoder = try RelativeTransformer(weights["encoder_text"], configuration, layerCount: layers)
        semanticEncoder = try RelativeTransformer(weights["encoder_ssl"], configuration, layerCount: layers / 2)
        jointEncoder = try RelativeTransformer(weights["encoder2"], configuration, layerCount: layers / 2)
        output = try Projection(weights["proj"], from: width, to: 2 * configuration.latentWidth)
    }

    /// Phoneme ids → `[1, phonemes, hiddenWidth]`.
    func encode(phonemes: [Int]) throws(TorchError) -> Tensor {
        let indices = try Tensor(ids: phonemes, shape: [1, phonemes.count], device: symbols.device)
        return try phonemeEncoder(symbols.embedding(indices))
    }

    /// Semantic features `[1, tokens, featureWidth]` at 25 Hz → `[1, 2 × tokens, hiddenWidth]` at 50 Hz.
    func encode(semantic features: Tensor) throws(TorchError) -> Tensor {
        // Frames are repeated after the projection, which gives the same numbers with half the work.
        let projected = try semanticInput(features)
        let (tokens, width) = (projected.size(1), projected.size(2))
        return try semanticEncoder(
            projected.reshape([1, tokens, 1, width]).expand([1, tokens, SemanticQuantizer.stride, width])
                .reshape([1, tokens * SemanticQuantizer.stride, width]))
    }

    /// Joint frames `[1, frames, hiddenWidth]` → the prior.
    ///
    /// - Parameter length: frames that the prior shall have; joint frames are interpolated where they are not as many.
    func prior(_ joint: Tensor, length: Int) throws(TorchError) -> Prior {
        let parts = try output(stretch(joint, to: length)).chunk(2, dimension: 2)
        return Prior(mean: parts[0], logDeviation: parts[1])
    }

    /// Joint frames `[1, frames, hiddenWidth]` interpolated to another length.
    func stretch(_ joint: Tensor, to length: Int) throws(TorchError) -> Tensor {
        guard length != joint.size(1) else { return joint }
        return try joint.transpose(1, 2).contiguous().interpolate(length: length, .linear).transpose(1, 2)
    }
}
