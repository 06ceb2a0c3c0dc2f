import Torch

/// Latent frames to samples: a HiFi-GAN generator conditioned on a style embedding.
///
/// Follows `Generator` and `ResBlock1` (GPT-SoVITS `module/models.py`, `module/modules.py`; HiFi-GAN, Kong et al. 2020,
/// <https://arxiv.org/abs/2010.05646>).
struct WaveDecoder {
    private static let slope = 0.1
    /// Upstream leaves torch's default before the last convolution.
    private static let lastSlope = 0.01
    private static let outerKernel = 7
    /// Frames decoded at once. Longer latents are decoded in overlapping windows, which bounds the memory (about 160 MB
    /// for the published sizes) and keeps it in the processor's cache; a window's samples are those of the whole.
    static let windowLength = 512

    private struct Stage {
        let upsampling: UpsamplingConvolution
        let blocks: [ResidualBlock]
    }

    private let input: TimeConvolution
    private let condition: Projection
    private let stages: [Stage]
    private let output: TimeConvolution
    private let configuration: SoVITSConfiguration
    /// Latent frames on each side that the samples of a frame depend on.
    let margin: Int

    init(_ weights: WeightScope, _ configuration: SoVITSConfiguration) throws(TorchError) {
        self.configuration = configuration
        var width = configuration.decoderWidth
        input = try TimeConvolution(
            weights["conv_pre"], from: configuration.latentWidth, to: width, kernel: Self.outerKernel)
        condition = try Projection(weights["cond"], from: configuration.styleWidth, to: width)
        var stages: [Stage] = []
        var blockIndex = 0
        for (index, stage) in configuration.upsamplings.enumerated() {
            let upsampling = try UpsamplingConvolution(
                weights["ups"][index], from: width, to: width / 2, rate: stage.rate, kernel: stage.kernel)
            width /= 2
            var blocks: [ResidualBlock] = []
            for shape in configuration.residualBlocks {
                blocks.append(try ResidualBlock(weights["resblocks"][blockIndex], shape, width: width))
                blockIndex += 1
            }
            stages.append(Stage(upsampling: upsampling, blocks: blocks))
        }
        self.stages = stages
        output = try TimeConvolution(
            weights["conv_post"], from: width, to: 1, kernel: Self.outerKernel, hasBias: false)
        margin = Self.margin(configuration)
    }

    /// `[1, frames, latentWidth]` → samples `[frames × upsampleFactor]`.
    ///
    /// - Parameters:
    ///   - style: `[1, 1, styleWidth]`
    ///   - windowLength: frames decoded at once.
    ///   - checkpoint: called after each residual block; what it throws ends the work.
    func callAsFunction(
        _ latent: Tensor, style: Tensor, windowLength: Int = Self.windowLength, checkpoint: () throws -> Void
    ) throws -> Tensor {
        let frames = latent.size(1)
        // Where kernel and rate differ by an odd number a stage makes one frame too many, and windows do not line up.
        let linesUp = configuration.upsamplings.allSatisfy { ($0.kernel - $0.rate) % 2 == 0 }
        guard frames > windowLength, linesUp else { return try decode(latent, style: style, checkpoint: checkpoint) }
        let factor = configuration.upsampleFactor
        var windows: [Tensor] = []
        for start in stride(from: 0, to: frames, by: windowLength) {
            let end = min(frames, start + windowLength)
            let (first, last) = (max(0, start - margin), min(frames, end + margin))
            let samples = try decode(
                latent.narrow(1, start: first, length: last - first), style: style, checkpoint: checkpoint)
            windows.append(
                try samples.narrow(0, start: (start - first) * factor, length: (end - start) * factor).clone())
        }
        return try Tensor.concatenate(windows)
    }

    /// The first convolution, before the style is added: `[1, frames, decoderWidth]`.
    func enter(_ latent: Tensor) throws(TorchError) -> Tensor { try input(latent) }

    /// The first stage's frames before its residual blocks, for comparison with the reference.
    func firstStage(_ latent: Tensor, style: Tensor) throws(TorchError) -> Tensor? {
        try stages.first?.upsampling((enter(latent) + condition(style)).leakyReLU(inPlace: Self.slope))
    }

    private func decode(_ latent: Tensor, style: Tensor, checkpoint: () throws -> Void) throws -> Tensor {
        var frames = try enter(latent)
        try frames.add(inPlace: condition(style))
        for stage in stages {
            frames = try stage.upsampling(frames.leakyReLU(inPlace: Self.slope))
            frames = try average(stage.blocks, frames, checkpoint: checkpoint)
        }
        return try output(frames.leakyReLU(inPlace: Self.lastSlope)).tanh().reshape([-1])
    }

    private func average(
        _ blocks: [ResidualBlock], _ frames: Tensor, checkpoint: () throws -> Void
    ) throws -> Tensor {
        let activated = try frames.leakyReLU(Self.slope)
        var total: Tensor?
        for block in blocks {
            let result = try block(frames, activated: activated)
            if let total { try total.add(inPlace: result) } else { total = result }
            try checkpoint()
        }
        guard let total else { return frames }
        try total.scale(inPlace: 1 / Double(blocks.count))
        return total
    }

    /// Dilated convolutions in pairs, each pair with a shortcut around it.
    private struct ResidualBlock {
        private let pairs: [(first: TimeConvolution, second: TimeConvolution)]

        init(
            _ weights: WeightScope, _ shape: SoVITSConfiguration.ResidualBlock, width: Int
        ) throws(TorchError) {
            let kernel = shape.kernel
            pairs = try shape.dilations.enumerated().map { index, dilation throws(TorchError) in
                (
                    first: try TimeConvolution(
                        weights["convs1"][index], from: width, to: width, kernel: kernel, dilation: dilation),
                    second: try TimeConvolution(weights["convs2"][index], from: width, to: width, kernel: kernel)
                )
            }
        }

        /// - Parameters:
        ///   - input: `[1, time, width]`; left as it is.
        ///   - activated: the input after its leaky ReLU, which all blocks of a stage share.
        func callAsFunction(_ input: Tensor, activated: Tensor) throws(TorchError) -> Tensor {
            var sum = input
            for (index, pair) in pairs.enumerated() {
                let entering = try index == 0 ? activated : sum.leakyReLU(WaveDecoder.slope)
                let result = try pair.second(pair.first(entering).leakyReLU(inPlace: WaveDecoder.slope))
                try result.add(inPlace: sum)
                sum = result
            }
            return sum
        }
    }

    /// How many latent frames a sample's neighbourhood reaches, followed from the samples back to the latent.
    private static func margin(_ configuration: SoVITSConfiguration) -> Int {
        var reach = outerKernel / 2
        let blockReach =
            configuration.residualBlocks.map { block in
                block.dilations.reduce(0) { $0 + block.kernel / 2 * ($1 + 1) }
            }.max() ?? 0
        for stage in configuration.upsamplings.reversed() {
            reach = (reach + blockReach + stage.kernel + stage.rate - 1) / stage.rate
        }
        return reach + outerKernel / 2
    }
}
