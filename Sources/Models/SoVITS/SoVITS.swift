import Checkpoints
import Torch

/// The second stage of GPT-SoVITS v1, v2, v2Pro and v2ProPlus: semantic tokens, phonemes and a reference's style to speech.
///
/// Follows `SynthesizerTrn` (GPT-SoVITS `module/models.py`), a VITS (Kim et al. 2021, <https://arxiv.org/abs/2106.06103>) whose
/// prior is conditioned on semantic tokens. Not `Sendable`: it stays on its device's thread.
public final class SoVITS: SoVITSModel {
    /// The parts that all versions have.
    public let encoders: SoVITSEncoders
    /// Of v2Pro and v2ProPlus.
    let speakerConditioning: SpeakerConditioning?
    let flow: Flow
    let decoder: WaveDecoder

    /// Most latent frames of one call: 20 minutes of speech.
    public static let maximumFrames = 60_000

    /// Builds the model from a checkpoint.
    ///
    /// - Parameters:
    ///   - dtype: float32, or float16 where the device is fast at it.
    /// - Throws: ``ModelError`` with code `weights`, naming the configuration's field, or the tensor with the shape wanted
    ///   and the shape found; with code `device` where the device has no room.
    public convenience init(checkpoint: SoVITSCheckpoint, device: Device = .cpu, dtype: DType = .float32) throws {
        guard !checkpoint.version.isLoRA else {
            throw ModelError(
                .weights, "\(checkpoint.file.path) holds only LoRA factors, which need the base model that they change")
        }
        try self.init(
            SoVITSConfiguration(checkpoint.config), version: checkpoint.version.model,
            weights: WeightScope(checkpoint.weights, dtype: dtype, device: device))
    }

    /// Builds the model from its sizes and weights. Tensors that inference does not need (`enc_q`) are not looked at.
    ///
    /// - Parameter weights: the whole model; decides element type and device.
    /// - Throws: as ``init(checkpoint:device:dtype:)``.
    public init(_ configuration: SoVITSConfiguration, version: ModelVersion, weights: WeightScope) throws {
        guard !version.usesFlowMatching else {
            throw ModelError(
                .weights, "SoVITS \(version.rawValue) speaks by flow matching; this model is v1, v2, v2Pro or v2ProPlus"
            )
        }
        let encoders = try SoVITSEncoders(configuration, version: version, weights: weights)
        self.encoders = encoders
        do throws(TorchError) {
            speakerConditioning =
                version.usesSpeakerEmbedding
                ? try SpeakerConditioning(
                    weights, styleWidth: configuration.styleWidth, textStyleWidth: encoders.textEncoder.mrte.width)
                : nil
            flow = try Flow(weights["flow"], configuration)
            decoder = try WaveDecoder(
                weights["dec"], configuration.decoder, styleWidth: configuration.styleWidth)
        } catch {
            throw ModelError("building SoVITS \(version.rawValue)", error)
        }
    }

    // MARK: What callers need to know

    /// Audio samples per latent frame; a semantic token is two frames.
    public var upsampleFactor: Int { configuration.upsampleFactor }
    /// Width of the speaker embedding that each reference needs besides its spectrogram; nil for v1 and v2, which need none.
    public var speakerWidth: Int? { speakerConditioning?.speakerWidth }

    // MARK: References

    /// The style of one reference recording. It depends on nothing else, so it can be kept.
    ///
    /// - Parameters:
    ///   - spectrogram: magnitudes `[1, bins, frames]` with at least ``referenceBins`` bins, made with
    ///     ``Spectrogram/init(_:device:)`` of the model's configuration at ``samplingRate``.
    ///   - speaker: the recording's speaker embedding `[1, speakerWidth]`, see ``ERes2NetV2``, where ``speakerWidth`` is
    ///     not nil; nil for v1 and v2.
    /// - Returns: `[1, 1, styleWidth]`, for ``decode(codes:phones:styles:speed:generator:noiseScale:checkpoint:)``.
    /// - Throws: ``ModelError`` with code `input` for another shape, and for a speaker embedding that is missing or that this
    ///   version does not use.
    public func styleEmbedding(of spectrogram: Tensor, speaker: Tensor? = nil) throws -> Tensor {
        guard speaker?.shape == speakerWidth.map({ [1, $0] }) else {
            let wanted = speakerWidth.map { "a speaker embedding of shape [1, \($0)]" } ?? "no speaker embedding"
            throw ModelError(
                .input,
                "SoVITS \(version.rawValue) takes \(wanted) for each reference, not "
                    + (speaker.map { "one of shape \($0.shape)" } ?? "none"))
        }
        let style = try encode(reference: spectrogram)
        guard let speakerConditioning, let speaker else { return style }
        return try translating("embedding a reference's style") {
            try speakerConditioning(style, speaker: speaker.to(dtype, device: device))
        }
    }

    // MARK: Speech

    /// Speaks.
    ///
    /// Draws one standard normal of the shape of the prior's mean, `[1, latentWidth, frames]`, from `generator`.
    /// - Parameters:
    ///   - codes: semantic tokens, below ``tokenCount``; at least one.
    ///   - phones: phoneme ids of the same text, below ``symbolCount``; at least one.
    ///   - styles: one or more results of ``styleEmbedding(of:speaker:)``, which are averaged.
    ///   - speed: above 1 speaks faster; at 1 nothing is interpolated.
    ///   - noiseScale: standard deviations of the noise, as a share of the prior's.
    ///   - checkpoint: called after each flow layer and residual block, dozens of times a second: counts progress,
    ///     and throws to stop.
    /// - Returns: float32 samples `[frames × upsampleFactor]` within −1…1, where frames are 2 × codes, or
    ///   int(2 × codes / speed) + 1 at another speed than 1.
    /// - Throws: ``ModelError`` with code `input` for ids, lengths or a speed out of range, `notFinite` where the result has
    ///   a NaN or an infinity; whatever `checkpoint` throws.
    public func decode(
        codes: [Int], phones: [Int], styles: [Tensor], speed: Double = 1, generator: Generator,
        noiseScale: Double = 0.5,
        checkpoint: () throws -> Void = {}
    ) throws -> Tensor {
        try check(codes: codes, phones: phones, speed: speed)
        return try translating("speaking \(codes.count) semantic tokens and \(phones.count) phonemes") {
            let style = try self.style(styles)
            let joint = try jointFrames(codes: codes, phones: phones, style: style)
            try checkpoint()
            return try speak(
                joint, style: style, speed: speed, generator: generator, noiseScale: noiseScale, checkpoint: checkpoint)
        }
    }

    /// The end of the way: what the text encoder made of tokens and phonemes, `[1, frames, hiddenWidth]`, to samples.
    func speak(
        _ joint: Tensor, style: Tensor, speed: Double, generator: Generator, noiseScale: Double,
        checkpoint: () throws -> Void
    ) throws -> Tensor {
        let prior = try textEncoder.prior(joint, length: Int(Self.frameCount(joint.size(1), speed: speed)))
        let latent = try sample(prior, generator: generator, noiseScale: noiseScale)
        let audio = try decoder(
            flow.reversed(latent, style: style, checkpoint: checkpoint), style: style, checkpoint: checkpoint
        ).to(.float32)
        try audio.requireFinite()
        return audio
    }

    /// The mean of several styles, `[1, 1, styleWidth]`.
    func style(_ styles: [Tensor]) throws -> Tensor {
        let shape = [1, 1, configuration.styleWidth]
        guard !styles.isEmpty, styles.allSatisfy({ $0.shape == shape }) else {
            throw ModelError(
                .input, "styles must be one or more tensors of shape \(shape), not \(styles.map(\.shape))")
        }
        return try Tensor.stack(styles.map { style throws(TorchError) in try style.to(dtype, device: device) })
            .mean([0])
    }

    /// What the text encoder makes of tokens and phonemes: `[1, 2 × codes, hiddenWidth]`.
    func jointFrames(codes: [Int], phones: [Int], style: Tensor) throws(TorchError) -> Tensor {
        try jointFrames(codes: codes, phones: phones, textStyle: speakerConditioning?.textStyle(style) ?? style)
    }

    /// Draws the latent from its prior: `[1, frames, latentWidth]`.
    func sample(
        _ prior: TextEncoder.Prior, generator: Generator, noiseScale: Double
    ) throws(TorchError) -> Tensor {
        let (frames, width) = (prior.mean.size(1), prior.mean.size(2))
        // Drawn with channels before time, as upstream draws it, and in float32, so that precision does not change the draw.
        let noise = try generator.normal([1, width, frames]).to(dtype, device: device).transpose(1, 2).contiguous()
        return try prior.mean + noise * prior.logDeviation.exp() * noiseScale
    }
}
