import Checkpoints
import Torch

/// Speech at 24 kHz to speech at 48 kHz: AP-BWE, which guesses amplitude and phase of the upper half of the band.
///
/// Follows `AP_BWE` and `APNet_BWE_Model` (GPT-SoVITS `tools/audio_sr.py`, `tools/AP_BWE_main/models/model.py`; Lu et al. 2024,
/// <https://arxiv.org/abs/2401.06387>). Not `Sendable`: it stays on its device's thread.
public final class BandExtension {
    private typealias LayerNorm = TransformerEncoderLayer.LayerNorm

    /// Kernel of the first convolutions, which upstream fixes.
    private static let kernel = 7
    /// Keeps logarithms of silence finite.
    private static let smallestAmplitude = 1e-4
    /// Frames done at once, some seconds. Longer audio is done in windows that overlap by what the network and the transform
    /// see, so that memory stays bounded and the result is that of the whole.
    static let windowLength = 2048
    /// Most input samples of one call: 20 minutes at 24 kHz.
    public static let maximumSamples = 28_800_000

    /// The sizes.
    public let configuration: BandExtensionConfiguration
    /// Where it runs.
    public let device: Device

    /// One of the two streams, for amplitude and phase.
    private struct Stream {
        let input: TimeConvolution
        let inputNorm: LayerNorm
        let blocks: [ConvNeXtBlock]
        let outputNorm: LayerNorm

        init(_ weights: WeightScope, _ name: String, _ sizes: BandExtensionConfiguration) throws(TorchError) {
            let (width, epsilon) = (sizes.width, ConvNeXtBlock.epsilon)
            input = try TimeConvolution(
                weights["conv_pre_\(name)"], from: sizes.binCount, to: width, kernel: BandExtension.kernel)
            inputNorm = try LayerNorm(weights["norm_pre_\(name)"], width: width, eps: epsilon)
            blocks = try (0..<sizes.blockCount).map { index throws(TorchError) in
                try ConvNeXtBlock(weights["convnext_\(name)"][index], width: width)
            }
            outputNorm = try LayerNorm(weights["norm_post_\(name)"], width: width, eps: epsilon)
        }

        func enter(_ spectrum: Tensor) throws(TorchError) -> Tensor { try inputNorm(input(spectrum)) }
    }

    /// Natural logarithm of the amplitude, and phase in radians, `[1, frames, binCount]` each.
    struct Spectrum {
        let logAmplitude: Tensor
        let phase: Tensor
    }

    private let amplitudeStream: Stream
    private let phaseStream: Stream
    private let amplitudeOutput: Projection
    private let realOutput: Projection
    private let imaginaryOutput: Projection
    private let window: Tensor
    private let dtype: DType

    /// Rate of what comes out, in Hz.
    public var samplingRate: Int { configuration.samplingRate }

    /// Loads a folder with `config.json` and `g_24kto48k.zip`.
    ///
    /// - Parameter dtype: element type of the network; amplitudes and phases are float32 in any case.
    /// - Throws: `CheckpointError` for a file that cannot be read or holds NaN or infinity; ``ModelError`` as
    ///   ``BandExtensionConfiguration/init(path:)`` and ``init(_:weights:)``.
    public convenience init(folder: String, device: Device = .cpu, dtype: DType = .float32) throws {
        let configuration = try BandExtensionConfiguration(path: folder + "/config.json")
        let tensors = try CheckpointFile.open(path: folder + "/g_24kto48k.zip").finiteTensors(under: "generator")
        try self.init(configuration, weights: WeightScope(tensors, dtype: dtype, device: device))
    }

    /// Builds the network from its sizes and weights.
    ///
    /// - Throws: ``ModelError`` with code `weights`, naming the tensor with the shape wanted and the shape found.
    public init(_ configuration: BandExtensionConfiguration, weights: WeightScope) throws {
        self.configuration = configuration
        device = weights.device
        dtype = weights.dtype
        do throws(TorchError) {
            amplitudeStream = try Stream(weights, "mag", configuration)
            phaseStream = try Stream(weights, "pha", configuration)
            func output(_ name: String) throws(TorchError) -> Projection {
                try Projection(
                    weights["linear_post_\(name)"], from: configuration.width, to: configuration.binCount,
                    isConvolution: false)
            }
            amplitudeOutput = try output("mag")
            realOutput = try output("pha_r")
            imaginaryOutput = try output("pha_i")
            window = try Tensor.hannWindow(configuration.windowLength, device: device)
        } catch {
            throw ModelError("building the band extension", error)
        }
    }

    /// Extends the band of speech.
    ///
    /// - Parameters:
    ///   - samples: mono samples within −1…1.
    ///   - rate: of these samples, in Hz; they are resampled first.
    ///   - checkpoint: called after each block; what it throws ends the work.
    /// - Returns: samples at ``samplingRate``, up to one hop fewer than the resampled ones are. Peaks may exceed 1.
    /// - Throws: ``ModelError`` with code `input` for too many samples, `notFinite` where the result has a NaN or an infinity;
    ///   `AudioError` for a rate out of range; whatever `checkpoint` throws.
    public func extend(
        _ samples: [Float], rate: Int, checkpoint: () throws -> Void = {}
    ) throws -> [Float] {
        guard samples.count <= Self.maximumSamples else {
            throw ModelError(
                .input, "\(samples.count) samples are more than \(Self.maximumSamples), the most whose band is extended"
            )
        }
        let resampled: [Float]
        do {
            resampled = try resample(samples, rate: rate)
        } catch let error as TorchError {
            throw ModelError(.device, "resampling \(samples.count) samples", underlying: error)
        }
        return try extend(resampled, windowLength: Self.windowLength, checkpoint: checkpoint)
    }

    /// Extends the band of samples that have ``samplingRate`` already.
    func extend(_ samples: [Float], windowLength: Int, checkpoint: () throws -> Void) throws -> [Float] {
        let (hop, size) = (configuration.hopLength, configuration.transformLength)
        let frameCount = samples.count / hop + 1
        do {
            let signal = try centred(samples)
            var pieces: [Tensor] = []
            for start in stride(from: 0, to: frameCount, by: windowLength) {
                let end = min(frameCount, start + windowLength)
                let (first, last) = (max(0, start - margin), min(frameCount, end + margin))
                let spectrum = try analyze(
                    signal.narrow(1, start: first * hop, length: (last - first - 1) * hop + size))
                let audio = try synthesize(widen(spectrum, checkpoint: checkpoint))
                // The last frame only ends the last hop.
                let kept = (min(end, frameCount - 1) - start) * hop
                pieces.append(try audio.narrow(0, start: (start - first) * hop, length: max(0, kept)))
            }
            let result = try Tensor.concatenate(pieces)
            try result.requireFinite()
            return try result.floats()
        } catch let error as TorchError {
            throw ModelError(.device, "extending the band of \(samples.count) samples", underlying: error)
        }
    }

    /// Frames on each side that a frame's samples depend on.
    private var margin: Int {
        let overlap = configuration.transformLength / configuration.hopLength + 1
        return Self.kernel / 2 + configuration.blockCount * ConvNeXtBlock.reach + overlap
    }

    /// `[1, samples]` with half a transform mirrored on either side.
    private func centred(_ samples: [Float]) throws(TorchError) -> Tensor {
        let half = configuration.transformLength / 2
        let signal = try Tensor(samples, shape: [1, samples.count], device: device)
        // What is too short to be mirrored ends in silence.
        let missing = half + 1 - samples.count
        return try (missing > 0 ? signal.pad([0, missing]) : signal).pad([half, half], .reflect)
    }

    /// Samples `[1, (frames − 1) × hop + transform]` → their spectrum.
    func analyze(_ signal: Tensor) throws(TorchError) -> Spectrum {
        let parts = try signal.stft(
            fft: configuration.transformLength, hop: configuration.hopLength,
            windowLength: configuration.windowLength, window: window, center: false
        ).transpose(1, 2)  // [1, frames, bins, 2]
        let amplitude = try parts.power(2).sum([-1]).sqrt()
        return Spectrum(
            logAmplitude: try (amplitude + Self.smallestAmplitude).log(),
            phase: try parts.select(-1, 1).arcTangent(abscissa: parts.select(-1, 0)))
    }

    /// The network: a narrow band's spectrum to that of the whole band.
    func widen(_ narrow: Spectrum, checkpoint: () throws -> Void) throws -> Spectrum {
        var amplitude = try amplitudeStream.enter(narrow.logAmplitude.to(dtype).contiguous())
        var phase = try phaseStream.enter(narrow.phase.to(dtype).contiguous())
        for (amplitudeBlock, phaseBlock) in zip(amplitudeStream.blocks, phaseStream.blocks) {
            let sum = try amplitude + phase
            phase = try phaseBlock(phase + sum)
            amplitude = try amplitudeBlock(sum)
            try checkpoint()
        }
        let added = try amplitudeOutput(amplitudeStream.outputNorm(amplitude)).to(.float32)
        let direction = try phaseStream.outputNorm(phase)
        let imaginary = try imaginaryOutput(direction).to(.float32)
        return Spectrum(
            logAmplitude: try narrow.logAmplitude + added,
            phase: try imaginary.arcTangent(abscissa: realOutput(direction).to(.float32)))
    }

    /// A spectrum → samples `[(frames − 1) × hop]`.
    func synthesize(_ spectrum: Spectrum) throws(TorchError) -> Tensor {
        let amplitude = try spectrum.logAmplitude.exp()
        let parts = try Tensor.stack(
            [amplitude * spectrum.phase.cos(), amplitude * spectrum.phase.sin()], dimension: 3)
        guard parts.size(1) > 1 else { return try Tensor.zeros([0], device: device) }
        return try parts.squeeze(0).transpose(0, 1).istft(
            fft: configuration.transformLength, hop: configuration.hopLength,
            windowLength: configuration.windowLength, window: window)
    }
}
