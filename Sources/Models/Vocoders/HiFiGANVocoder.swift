import Checkpoints
import Torch

/// The vocoder of v4: 100 mel bands at 100 frames a second to sound at 48 kHz.
///
/// Follows `Generator` as `init_vocoder` configures it (GPT-SoVITS `module/models.py`, `TTS_infer_pack/TTS.py`; HiFi-GAN, Kong et
/// al. 2020, <https://arxiv.org/abs/2010.05646>). Not `Sendable`: it stays on its device's thread.
public final class HiFiGANVocoder: Vocoder {
    /// Upstream fixes all but the widths.
    private static let upsamplings = [(10, 20), (6, 12), (2, 4), (2, 4), (2, 4)]
    private static let blockKernels = [3, 7, 11]
    private static let dilations = [1, 3, 5]

    /// Rate of the samples, in Hz.
    public let samplingRate = 48_000
    /// Where it runs.
    public let device: Device
    /// Element type of its weights and activations.
    public let dtype: DType

    let sizes: WaveDecoderSizes
    let decoder: WaveDecoder

    /// Samples for each mel frame.
    public var hopLength: Int { sizes.upsampleFactor }
    /// Mel bands.
    public var bandCount: Int { sizes.inputWidth }

    /// The sizes of a vocoder of these widths; those of the published one are 100 and 512.
    public static func sizes(bandCount: Int, width: Int) -> WaveDecoderSizes {
        WaveDecoderSizes(
            inputWidth: bandCount, width: width, upsamplings: upsamplings.map { .init(rate: $0.0, kernel: $0.1) },
            residualBlocks: blockKernels.map { .init(kernel: $0, dilations: dilations) })
    }

    /// Loads `vocoder.pth`.
    ///
    /// - Throws: `CheckpointError` for a file that cannot be read or holds NaN or infinity; as ``init(weights:)``.
    public convenience init(path: String, device: Device = .cpu, dtype: DType = .float32) throws {
        let tensors = try CheckpointFile.open(path: path).finiteTensors(under: nil)
        try self.init(weights: WeightScope(tensors, dtype: dtype, device: device))
    }

    /// Builds the vocoder from its weights, with or without weight normalisation.
    ///
    /// - Throws: ``ModelError`` with code `weights`, naming the tensor with the shape wanted and the shape found.
    public init(weights: WeightScope) throws {
        device = weights.device
        dtype = weights.dtype
        do {
            let shape = try weights["conv_pre"].foldedShape()
            guard shape.count == 3 else {
                throw TorchError(
                    .weights, "conv_pre.weight: the model needs 3 dimensions, the checkpoint has \(shape)")
            }
            sizes = Self.sizes(bandCount: shape[1], width: shape[0])
            try sizes.validate("v4 vocoder")
            decoder = try WaveDecoder(weights, sizes, styleWidth: nil, hasOutputBias: true)
        } catch let error as TorchError {
            throw ModelError("building the v4 vocoder", error)
        }
    }

    /// Speaks; see ``Vocoder/decode(_:checkpoint:)``.
    public func decode(_ mel: Tensor, checkpoint: () throws -> Void) throws -> Tensor {
        try decode(mel) { try decoder($0, style: nil, checkpoint: checkpoint) }
    }
}
