import Checkpoints

/// The sizes of a SoVITS model that a checkpoint's configuration states; all others are read off tensors' shapes.
public struct SoVITSConfiguration: Sendable, Hashable {
    /// One kind of residual block of the wave decoder.
    public typealias ResidualBlock = WaveDecoderSizes.ResidualBlock
    /// One upsampling stage of the wave decoder.
    public typealias Upsampling = WaveDecoderSizes.Upsampling

    /// Rate of the audio that comes out, in Hz.
    public var samplingRate = 32_000
    /// Size of the reference spectrogram's transform, in samples.
    public var filterLength = 2048
    /// Step of the reference spectrogram, in samples.
    public var hopLength = 640
    /// Length of the reference spectrogram's window, in samples.
    public var windowLength = 2048

    /// Channels of the latent between prior, flow and decoder, even.
    public var latentWidth = 192
    /// Width of the text encoder and of the flow.
    public var hiddenWidth = 192
    /// Width inside the feed-forward layers of the text encoder.
    public var filterWidth = 768
    /// Attention heads of the text encoder.
    public var headCount = 2
    /// Layers of the text encoder's phoneme part; its other two parts have half as many.
    public var layerCount = 6
    /// Kernel of the feed-forward layers, odd.
    public var feedForwardKernel = 3
    /// Width of the style embedding that conditions flow and decoder.
    public var styleWidth = 512

    /// Channels after the decoder's first convolution; each stage halves them.
    public var decoderWidth = 512
    /// The decoder's stages.
    public var upsamplings = zip([10, 8, 2, 2, 2], [16, 16, 8, 2, 2]).map { Upsampling(rate: $0, kernel: $1) }
    /// The kinds of residual block that follow each stage.
    public var residualBlocks = [3, 7, 11].map { ResidualBlock(kernel: $0, dilations: [1, 3, 5]) }

    /// The sizes of the published v1 and v2 models.
    public init() {}

    /// The sizes of the wave decoder.
    public var decoder: WaveDecoderSizes {
        WaveDecoderSizes(
            inputWidth: latentWidth, width: decoderWidth, upsamplings: upsamplings, residualBlocks: residualBlocks)
    }
    /// Audio samples per latent frame.
    public var upsampleFactor: Int { decoder.upsampleFactor }
}

extension SoVITSConfiguration {
    /// Reads the sizes from a checkpoint's `config` entry (GPT-SoVITS `s2.json`).
    ///
    /// - Parameter config: the dictionary or `utils.HParams` record with the sections `data` and `model`.
    /// - Throws: ``ModelError`` with code `weights`, naming the field and what is wrong with it.
    public init(_ config: CheckpointValue) throws {
        try self.init(encodersOf: config)
        let model = try Section("model", of: config)
        if let kind = model.fields["resblock"], kind.stringValue != "1", kind.intValue != 1 {
            throw model.invalid("resblock", "is not 1, the only kind of residual block that is known")
        }
        decoderWidth = try model.size("upsample_initial_channel")
        let rates = try model.sizes("upsample_rates")
        let kernels = try model.sizes("upsample_kernel_sizes")
        let blockKernels = try model.sizes("resblock_kernel_sizes")
        let dilations = try model.sizeLists("resblock_dilation_sizes")
        guard rates.count == kernels.count else {
            throw model.invalid("upsample_kernel_sizes", "has \(kernels.count) entries, upsample_rates \(rates.count)")
        }
        guard blockKernels.count == dilations.count else {
            throw model.invalid(
                "resblock_dilation_sizes", "has \(dilations.count) entries, resblock_kernel_sizes \(blockKernels.count)"
            )
        }
        upsamplings = zip(rates, kernels).map { Upsampling(rate: $0, kernel: $1) }
        residualBlocks = zip(blockKernels, dilations).map { ResidualBlock(kernel: $0, dilations: $1) }
        try validate()
    }

    /// Reads the sizes of the encoders alone, which is all that v3 and v4 use; the decoder's stay at their defaults.
    ///
    /// - Throws: as ``init(_:)``.
    init(encodersOf config: CheckpointValue) throws {
        self.init()
        let data = try Section("data", of: config)
        samplingRate = try data.size("sampling_rate")
        filterLength = try data.size("filter_length")
        hopLength = try data.size("hop_length")
        windowLength = try data.size("win_length")

        let model = try Section("model", of: config)
        latentWidth = try model.size("inter_channels")
        hiddenWidth = try model.size("hidden_channels")
        filterWidth = try model.size("filter_channels")
        headCount = try model.size("n_heads")
        layerCount = try model.size("n_layers")
        feedForwardKernel = try model.size("kernel_size")
        styleWidth = try model.size("gin_channels")
        try validate()
    }

    /// Checks what the arithmetic relies on.
    ///
    /// - Throws: ``ModelError`` with code `weights`.
    func validate() throws {
        func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
            guard condition else { throw ModelError(.weights, "SoVITS configuration: \(message())") }
        }
        try require(latentWidth % 2 == 0, "inter_channels is \(latentWidth), which does not halve")
        try require(
            hiddenWidth % headCount == 0, "hidden_channels \(hiddenWidth) do not divide into \(headCount) n_heads")
        try require(feedForwardKernel % 2 == 1, "kernel_size is \(feedForwardKernel), which is not odd")
        try require(layerCount >= 2, "n_layers is \(layerCount); at least 2 are needed")
        try decoder.validate("SoVITS configuration")
    }

    /// A part of the configuration, whose fields are positive integers or lists of them.
    private struct Section {
        /// Larger values are no size of any model, and products of a few of them stay far from overflow.
        static let range = 1...(1 << 15)

        let name: String
        let fields: CheckpointValue

        init(_ name: String, of config: CheckpointValue) throws {
            guard let fields = config[name] else {
                throw ModelError(
                    .weights, "the configuration has no section \(name); is this a SoVITS checkpoint?")
            }
            self.name = name
            self.fields = fields
        }

        func invalid(_ field: String, _ what: String) -> ModelError {
            ModelError(.weights, "SoVITS configuration: \(name).\(field) \(what)")
        }

        private func field(_ field: String) throws -> CheckpointValue {
            guard let value = fields[field] else { throw invalid(field, "is missing") }
            return value
        }

        func size(_ field: String) throws -> Int {
            guard let value = try self.field(field).intValue, Self.range.contains(value) else {
                throw invalid(field, "is not a whole number in \(Self.range)")
            }
            return value
        }

        func sizes(_ field: String) throws -> [Int] { try sizes(field, self.field(field)) }

        func sizeLists(_ field: String) throws -> [[Int]] {
            guard let lists = try self.field(field).arrayValue else { throw invalid(field, "is not a list") }
            return try lists.map { try sizes(field, $0) }
        }

        private func sizes(_ field: String, _ value: CheckpointValue) throws -> [Int] {
            let numbers = (value.arrayValue ?? []).compactMap(\.intValue).filter(Self.range.contains)
            guard !numbers.isEmpty, numbers.count == value.arrayValue?.count else {
                throw invalid(field, "is not a list of whole numbers in \(Self.range)")
            }
            return numbers
        }
    }
}
