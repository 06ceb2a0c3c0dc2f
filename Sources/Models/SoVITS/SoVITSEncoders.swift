import Checkpoints
import Torch

/// What all versions of SoVITS have in common: the parts that find a recording's semantic tokens and style, and that encode
/// tokens and phonemes for what speaks them.
///
/// Not `Sendable`: it stays on its device's thread.
public struct SoVITSEncoders {
    /// The sizes.
    public let configuration: SoVITSConfiguration
    /// Which generation of the model they belong to.
    public let version: ModelVersion
    /// Where they run.
    public let device: Device
    /// Element type of weights and activations.
    public let dtype: DType

    let quantizer: SemanticQuantizer
    let textEncoder: TextEncoder
    let referenceEncoder: ReferenceEncoder

    /// Builds the encoders.
    ///
    /// - Parameter weights: the whole model; decides element type and device.
    /// - Throws: ``ModelError`` with code `weights`, naming the configuration's field, or the tensor with the shape wanted
    ///   and the shape found; with code `device` where the device has no room.
    init(_ configuration: SoVITSConfiguration, version: ModelVersion, weights: WeightScope) throws {
        try configuration.validate()
        self.configuration = configuration
        self.version = version
        device = weights.device
        dtype = weights.dtype
        do throws(TorchError) {
            quantizer = try SemanticQuantizer(weights)
            textEncoder = try TextEncoder(weights["enc_p"], configuration, featureWidth: quantizer.width)
            referenceEncoder = try ReferenceEncoder(weights["ref_enc"], styleWidth: configuration.styleWidth)
        } catch {
            throw ModelError("building SoVITS \(version.rawValue)", error)
        }
        // Elsewhere the style reaches the text encoder through a projection of its own.
        guard version.usesSpeakerEmbedding || textEncoder.mrte.width == configuration.styleWidth else {
            throw ModelError(
                .weights,
                "enc_p.mrte is \(textEncoder.mrte.width) wide, the style embedding (gin_channels) "
                    + "\(configuration.styleWidth); SoVITS \(version.rawValue) needs them equal")
        }
    }
}
