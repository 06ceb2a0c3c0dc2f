/// The sizes of a BigVGAN vocoder: the fields of its `config.json` that inference needs.
public struct BigVGANConfiguration: Sendable, Hashable {
    /// The kinds of periodic activation.
    public enum Activation: String, Sendable, Codable {
        /// One parameter for frequency and magnitude.
        case snake
        /// A parameter for each.
        case snakeBeta = "snakebeta"
    }

    /// The sizes of the network; ``WaveDecoderSizes/inputWidth`` is the number of mel bands.
    public let sizes: WaveDecoderSizes
    /// Whether each residual block has a second, undilated convolution after every dilated one (`resblock` "1").
    public let hasPairs: Bool
    /// The activations.
    public let activation: Activation
    /// Whether the activations' parameters are stored as logarithms.
    public let isLogarithmic: Bool
    /// Whether the last convolution has a bias.
    public let hasOutputBias: Bool
    /// Whether the samples are bounded by tanh; otherwise they are clipped.
    public let endsInTanh: Bool
    /// Rate of the samples, in Hz.
    public let samplingRate: Int

    /// Reads `config.json`.
    ///
    /// - Throws: ``ModelError`` with code `weights`, naming the file and the field.
    public init(path: String) throws(ModelError) {
        let file = try JSONFile.decode(File.self, path: path, keys: .convertFromSnakeCase)
        func invalid(_ what: String) -> ModelError { ModelError(.weights, "\(path): \(what)") }
        guard file.upsampleRates.count == file.upsampleKernelSizes.count else {
            throw invalid("upsample_rates and upsample_kernel_sizes differ in length")
        }
        guard file.resblockKernelSizes.count == file.resblockDilationSizes.count else {
            throw invalid("resblock_kernel_sizes and resblock_dilation_sizes differ in length")
        }
        let numbers =
            [file.numMels, file.upsampleInitialChannel] + file.upsampleRates + file.upsampleKernelSizes
            + file.resblockKernelSizes + file.resblockDilationSizes.flatMap { $0 }
        guard numbers.allSatisfy((1...1 << 15).contains), (1...768_000).contains(file.samplingRate),
            !file.upsampleRates.isEmpty, !file.resblockKernelSizes.isEmpty,
            file.resblockDilationSizes.allSatisfy({ !$0.isEmpty })
        else {
            throw invalid("sizes are missing or not in 1...\(1 << 15)")
        }
        guard file.resblock == "1" || file.resblock == "2" else {
            throw invalid("resblock is \"\(file.resblock)\"; only 1 and 2 are known")
        }
        sizes = WaveDecoderSizes(
            inputWidth: file.numMels, width: file.upsampleInitialChannel,
            upsamplings: zip(file.upsampleRates, file.upsampleKernelSizes).map { .init(rate: $0, kernel: $1) },
            residualBlocks: zip(file.resblockKernelSizes, file.resblockDilationSizes).map {
                .init(kernel: $0, dilations: $1)
            })
        try sizes.validate(path)
        guard sizes.linesUp else {
            throw invalid(
                "upsample_kernel_sizes and upsample_rates differ by an odd number, which gives frames too many")
        }
        hasPairs = file.resblock == "1"
        activation = file.activation
        isLogarithmic = file.snakeLogscale
        hasOutputBias = file.useBiasAtFinal ?? true
        endsInTanh = file.useTanhAtFinal ?? true
        samplingRate = file.samplingRate
    }

    private struct File: Decodable {
        var resblock: String
        var upsampleRates: [Int]
        var upsampleKernelSizes: [Int]
        var upsampleInitialChannel: Int
        var resblockKernelSizes: [Int]
        var resblockDilationSizes: [[Int]]
        var numMels: Int
        var samplingRate: Int
        var activation: Activation
        var snakeLogscale: Bool
        var useBiasAtFinal: Bool?
        var useTanhAtFinal: Bool?
    }
}
