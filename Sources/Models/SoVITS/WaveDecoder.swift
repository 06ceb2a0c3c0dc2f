import Torch

/// Frames to samples: a HiFi-GAN generator, conditioned on a style embedding or not.
///
/// Follows `Generator` and `ResBlock1` (GPT-SoVITS `module/models.py`, `module/modules.py`; HiFi-GAN, Kong et al. 2020,
/// <https://arxiv.org/abs/2010.05646>).
struct WaveDecoder {
    private static let slope = 0.1
    /// Upstream leaves torch's default before the last convolution.
    private static let lastSlope = 0.01
    /// Frames decoded at once; takes about 160 MB for the published sizes.
    static let windowLength = 512

    private struct Stage {
        let upsampling: UpsamplingConvolution
        let blocks: [ResidualBlock]
    }

    private let input: TimeConvolution
    private let condition: Projection?
    private let stages: [Stage]
    private let output: TimeConvolution
    private let sizes: WaveDecoderSizes
    /// Frames on each side that the samples of a frame depend on.
    let margin: Int

    /// - Parameters:
    ///   - styleWidth: nil for a decoder without a style.
    ///   - hasOutputBias: whether the last convolution has a bias.
    init(
        _ weights: WeightScope, _ sizes: WaveDecoderSizes, styleWidth: Int?, hasOutputBias: Bool = false
    ) throws(TorchError) {
        self.sizes = sizes
        var width = sizes.width
        let kernel = WaveDecoderSizes.outerKernel
        input = try TimeConvolution(weights["conv_pre"], from: sizes.inputWidth, to: width, kernel: kernel)
        if let styleWidth {
            condition = try Projection(weights["cond"], from: styleWidth, to: width)
        } else {
            condition = nil
        }
        var stages: [Stage] = []
        var blockIndex = 0
        for (index, stage) in sizes.upsamplings.enumerated() {
            let upsampling = try UpsamplingConvolution(
                weights["ups"][index], from: width, to: width / 2, rate: stage.rate, kernel: stage.kernel)
            width /= 2
            var blocks: [ResidualBlock] = []
            for shape in sizes.residualBlocks {
                blocks.append(try ResidualBlock(weights["resblocks"][blockIndex], shape, width: width))
                blockIndex += 1
            }
            stages.append(Stage(upsampling: upsampling, blocks: blocks))
        }
        self.stages = stages
        output = try TimeConvolution(
            weights["conv_post"], from: width, to: 1, kernel: kernel, hasBias: hasOutputBias)
        margin = sizes.margin()
    }

    /// `[1, frames, inputWidth]` → samples `[frames × upsampleFactor]`.
    ///
    /// - Parameters:
    ///   - style: `[1, 1, styleWidth]`, where there is a style.
    ///   - windowLength: frames decoded at once.
    ///   - checkpoint: called after each residual block; what it throws ends the work.
    func callAsFunction(
        _ frames: Tensor, style: Tensor?, windowLength: Int = Self.windowLength, checkpoint: () throws -> Void
    ) throws -> Tensor {
        guard sizes.linesUp else { return try decode(frames, style: style, checkpoint: checkpoint) }
        let windows = DecodingWindows(length: windowLength, margin: margin, factor: sizes.upsampleFactor)
        return try windows(frames) { try decode($0, style: style, checkpoint: checkpoint) }
    }

    /// The first convolution, before the style is added: `[1, frames, width]`.
    func enter(_ frames: Tensor) throws(TorchError) -> Tensor { try input(frames) }

    /// The first stage's frames before its residual blocks, for comparison with the reference.
    func firstStage(_ frames: Tensor, style: Tensor?) throws(TorchError) -> Tensor? {
        try stages.first?.upsampling(conditioned(frames, style: style).leakyReLU(inPlace: Self.slope))
    }

    /// The first stage's residual blocks, each for itself, for comparison with the reference.
    func firstBlocks(_ frames: Tensor) throws(TorchError) -> [Tensor] {
        let activated = try frames.leakyReLU(Self.slope)
        return try (stages.first?.blocks ?? []).map { block throws(TorchError) in
            try block(frames, activated: activated)
        }
    }

    private func conditioned(_ frames: Tensor, style: Tensor?) throws(TorchError) -> Tensor {
        let entered = try enter(frames)
        if let condition, let style { try entered.add(inPlace: condition(style)) }
        return entered
    }

    private func decode(_ frames: Tensor, style: Tensor?, checkpoint: () throws -> Void) throws -> Tensor {
        var frames = try conditioned(frames, style: style)
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
            _ weights: WeightScope, _ shape: WaveDecoderSizes.ResidualBlock, width: Int
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
}
