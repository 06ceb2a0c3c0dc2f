import Checkpoints
import Torch

/// The vocoder of v3: 100 mel bands to sound at 24 kHz, 256 samples a frame in the published model.
///
/// Follows `BigVGAN` (GPT-SoVITS `BigVGAN/bigvgan.py`; Lee et al. 2023, <https://arxiv.org/abs/2206.04658>): a HiFi-GAN whose
/// activations are periodic and computed at twice the rate. Not `Sendable`: it stays on its device's thread.
public final class BigVGAN: Vocoder {
    /// Frames decoded at once: more than a chunk of v3 has. Takes about 150 MB for the published sizes.
    static let windowLength = 1024

    /// The sizes.
    public let configuration: BigVGANConfiguration
    /// Where it runs.
    public let device: Device
    /// Element type of its weights and activations.
    public let dtype: DType

    private struct Stage {
        let upsampling: UpsamplingConvolution
        let blocks: [Block]
    }

    private let input: TimeConvolution
    private let stages: [Stage]
    private let lastActivation: AntiAliasedSnake
    private let output: TimeConvolution
    /// Frames on each side that the samples of a frame depend on.
    let margin: Int

    /// Rate of the samples, in Hz.
    public var samplingRate: Int { configuration.samplingRate }
    /// Samples for each mel frame.
    public var hopLength: Int { configuration.sizes.upsampleFactor }
    /// Mel bands.
    public var bandCount: Int { configuration.sizes.inputWidth }

    /// Loads a folder with `config.json` and `bigvgan_generator.pt`.
    ///
    /// - Throws: `CheckpointError` for a file that cannot be read or holds NaN or infinity; ``ModelError`` as
    ///   ``BigVGANConfiguration/init(path:)`` and ``init(_:weights:)``.
    public convenience init(folder: String, device: Device = .cpu, dtype: DType = .float32) throws {
        let configuration = try BigVGANConfiguration(path: folder + "/config.json")
        let tensors = try CheckpointFile.open(path: folder + "/bigvgan_generator.pt").finiteTensors(under: "generator")
        try self.init(configuration, weights: WeightScope(tensors, dtype: dtype, device: device))
    }

    /// Builds the vocoder from its sizes and weights, folding weight normalisation.
    ///
    /// - Throws: ``ModelError`` with code `weights`, naming the tensor with the shape wanted and the shape found.
    public init(_ configuration: BigVGANConfiguration, weights: WeightScope) throws {
        self.configuration = configuration
        device = weights.device
        dtype = weights.dtype
        let sizes = configuration.sizes
        let pairReach = AntiAliasedSnake.reach * (configuration.hasPairs ? 2 : 1)
        margin = sizes.margin(activations: pairReach)
        do throws(TorchError) {
            var width = sizes.width
            let kernel = WaveDecoderSizes.outerKernel
            input = try TimeConvolution(weights["conv_pre"], from: sizes.inputWidth, to: width, kernel: kernel)
            var stages: [Stage] = []
            var blockIndex = 0
            for (index, stage) in sizes.upsamplings.enumerated() {
                let upsampling = try UpsamplingConvolution(
                    weights["ups"][index][0], from: width, to: width / 2, rate: stage.rate, kernel: stage.kernel)
                width /= 2
                var blocks: [Block] = []
                for shape in sizes.residualBlocks {
                    blocks.append(
                        try Block(weights["resblocks"][blockIndex], shape, width: width, configuration))
                    blockIndex += 1
                }
                stages.append(Stage(upsampling: upsampling, blocks: blocks))
            }
            self.stages = stages
            lastActivation = try AntiAliasedSnake(
                weights["activation_post"], width: width, kind: configuration.activation,
                isLogarithmic: configuration.isLogarithmic)
            output = try TimeConvolution(
                weights["conv_post"], from: width, to: 1, kernel: kernel, hasBias: configuration.hasOutputBias)
        } catch {
            throw ModelError("building BigVGAN", error)
        }
    }

    /// Speaks; see ``Vocoder/decode(_:checkpoint:)``.
    public func decode(_ mel: Tensor, checkpoint: () throws -> Void) throws -> Tensor {
        try decode(mel, windowLength: Self.windowLength, checkpoint: checkpoint)
    }

    func decode(_ mel: Tensor, windowLength: Int, checkpoint: () throws -> Void) throws -> Tensor {
        let windows = DecodingWindows(length: windowLength, margin: margin, factor: hopLength)
        return try decode(mel) { frames in try windows(frames) { try run($0, checkpoint: checkpoint) } }
    }

    /// The first convolution: `[1, frames, bandCount]` → `[1, frames, width]`.
    func enter(_ frames: Tensor) throws(TorchError) -> Tensor { try input(frames) }

    /// The first stage's residual blocks, each for itself, for comparison with the reference.
    func firstBlocks(_ frames: Tensor) throws(TorchError) -> [Tensor] {
        guard let stage = stages.first else { return [] }
        let entering = try stage.upsampling(enter(frames))
        return try stage.blocks.map { block throws(TorchError) in try block(entering) }
    }

    /// `[1, frames, bandCount]` → samples `[frames × hopLength]`.
    private func run(_ frames: Tensor, checkpoint: () throws -> Void) throws -> Tensor {
        var hidden = try enter(frames)
        for stage in stages {
            let entering = try stage.upsampling(hidden)
            var total: Tensor?
            for block in stage.blocks {
                let result = try block(entering)
                if let total { try total.add(inPlace: result) } else { total = result }
                try checkpoint()
            }
            guard let total else { continue }
            try total.scale(inPlace: 1 / Double(stage.blocks.count))
            hidden = total
        }
        let samples = try output(lastActivation(hidden)).reshape([-1])
        return try configuration.endsInTanh ? samples.tanh() : samples.clamp(low: -1, high: 1)
    }

    /// Dilated convolutions behind periodic activations, singly or in pairs, each with a shortcut around it.
    private struct Block {
        private typealias Layer = (activation: AntiAliasedSnake, convolution: TimeConvolution)

        /// What lies within each shortcut.
        private let parts: [[Layer]]

        init(
            _ weights: WeightScope, _ shape: WaveDecoderSizes.ResidualBlock, width: Int,
            _ configuration: BigVGANConfiguration
        ) throws(TorchError) {
            func layer(_ list: String, _ index: Int, activation: Int, dilation: Int) throws(TorchError) -> Layer {
                (
                    try AntiAliasedSnake(
                        weights["activations"][activation], width: width, kind: configuration.activation,
                        isLogarithmic: configuration.isLogarithmic),
                    try TimeConvolution(
                        weights[list][index], from: width, to: width, kernel: shape.kernel, dilation: dilation)
                )
            }
            parts = try shape.dilations.enumerated().map { index, dilation throws(TorchError) in
                guard configuration.hasPairs else {
                    return [try layer("convs", index, activation: index, dilation: dilation)]
                }
                return [
                    try layer("convs1", index, activation: 2 * index, dilation: dilation),
                    try layer("convs2", index, activation: 2 * index + 1, dilation: 1),
                ]
            }
        }

        /// `[1, time, width]`, left as it is → `[1, time, width]`.
        func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor {
            var sum = input
            for layers in parts {
                var hidden = sum
                for layer in layers { hidden = try layer.convolution(layer.activation(hidden)) }
                try hidden.add(inPlace: sum)
                sum = hidden
            }
            return sum
        }
    }
}
