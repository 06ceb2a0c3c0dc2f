/// The sizes of a network that makes samples of frames by upsampling in stages, each followed by residual blocks
/// (HiFi-GAN, Kong et al. 2020, <https://arxiv.org/abs/2010.05646>).
public struct WaveDecoderSizes: Sendable, Hashable {
    /// One kind of residual block.
    public struct ResidualBlock: Sendable, Hashable {
        /// Width of the convolutions, odd.
        public var kernel: Int
        /// Dilation of the first convolution of each pair.
        public var dilations: [Int]

        /// Describes a kind of residual block.
        public init(kernel: Int, dilations: [Int]) {
            self.kernel = kernel
            self.dilations = dilations
        }

        /// Samples on each side of one that the block's convolutions see.
        var reach: Int { dilations.reduce(0) { $0 + kernel / 2 * ($1 + 1) } }
    }

    /// One upsampling stage.
    public struct Upsampling: Sendable, Hashable {
        /// Output samples per input frame.
        public var rate: Int
        /// Width of the transposed convolution, at least the rate.
        public var kernel: Int

        /// Describes a stage.
        public init(rate: Int, kernel: Int) {
            self.rate = rate
            self.kernel = kernel
        }
    }

    /// Width of the first and the last convolution, which upstream fixes.
    static let outerKernel = 7

    /// Channels of the frames that go in.
    public var inputWidth: Int
    /// Channels after the first convolution; each stage halves them.
    public var width: Int
    /// The stages.
    public var upsamplings: [Upsampling]
    /// The kinds of residual block that follow each stage.
    public var residualBlocks: [ResidualBlock]

    /// Describes a decoder.
    public init(inputWidth: Int, width: Int, upsamplings: [Upsampling], residualBlocks: [ResidualBlock]) {
        self.inputWidth = inputWidth
        self.width = width
        self.upsamplings = upsamplings
        self.residualBlocks = residualBlocks
    }

    /// Samples per frame.
    public var upsampleFactor: Int { upsamplings.reduce(1) { $0 * $1.rate } }

    /// Frames on each side that the samples of a frame depend on, followed from the samples back to the frames.
    ///
    /// - Parameter activations: samples on each side that the activations of a pair of convolutions see.
    func margin(activations: Int = 0) -> Int {
        var reach = Self.outerKernel / 2 + activations
        let blockReach = residualBlocks.map { $0.reach + $0.dilations.count * activations }.max() ?? 0
        for stage in upsamplings.reversed() {
            reach = (reach + blockReach + stage.kernel + stage.rate - 1) / stage.rate
        }
        return reach + Self.outerKernel / 2
    }

    /// Where kernel and rate differ by an odd number a stage makes one frame too many, and windows do not line up.
    var linesUp: Bool { upsamplings.allSatisfy { ($0.kernel - $0.rate) % 2 == 0 } }

    /// Checks what the arithmetic relies on.
    ///
    /// - Parameter fields: begins the message of what is thrown, such as `SoVITS configuration`.
    /// - Throws: ``ModelError`` with code `weights`, naming fields as all configurations of such networks call them.
    func validate(_ fields: String) throws(ModelError) {
        func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(ModelError) {
            guard condition else { throw ModelError(.weights, "\(fields): \(message())") }
        }
        try require(upsamplings.count < 16, "\(upsamplings.count) upsample_rates are more than any decoder has")
        try require(
            width % (1 << upsamplings.count) == 0,
            "upsample_initial_channel \(width) does not halve \(upsamplings.count) times")
        for stage in upsamplings {
            try require(
                stage.kernel >= stage.rate,
                "upsample_kernel_sizes has \(stage.kernel) where upsample_rates has \(stage.rate): samples would be left out"
            )
        }
        try require(upsampleFactor <= 1 << 16, "upsample_rates multiply to \(upsampleFactor)")
        for block in residualBlocks {
            try require(block.kernel % 2 == 1, "resblock_kernel_sizes has \(block.kernel), which is not odd")
        }
    }
}
