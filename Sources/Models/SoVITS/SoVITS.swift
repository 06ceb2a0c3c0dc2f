import Checkpoints
import Torch

/// The second stage of GPT-SoVITS v1, v2, v2Pro and v2ProPlus: semantic tokens, phonemes and a reference's style to speech.
///
/// Follows `SynthesizerTrn` (GPT-SoVITS `module/models.py`), a VITS (Kim et al. 2021, <https://arxiv.org/abs/2106.06103>) whose
/// prior is conditioned on semantic tokens. Not `Sendable`: it stays on its device's thread.
public final class SoVITS {
    /// The sizes.
    public let configuration: SoVITSConfiguration
    /// Which generation of the model it is.
    public let version: ModelVersion
    /// Where it runs.
    public let device: Device
    /// Element type of its weights and activations.
    public let dtype: DType

    let quantizer: SemanticQuantizer
    let textEncoder: TextEncoder
    let referenceEncoder: ReferenceEncoder
    /// Of v2Pro and v2ProPlus.
    let speakerConditioning: SpeakerConditioning?
    let flow: Flow
    let decoder: WaveDecoder

    /// Most latent frames of one call: 20 minutes of speech.
    public static let maximumFrames = 60_000
    /// Reference spectrograms may have this many frames, 5 minutes.
    public static let maximumReferenceFrames = 15_000

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
        try configuration.validate()
        self.configuration = configuration
        self.version = version
        device = weights.device
        dtype = weights.dtype
        do throws(TorchError) {
            quantizer = try SemanticQuantizer(weights)
            textEncoder = try TextEncoder(weights["enc_p"], configuration, featureWidth: quantizer.width)
            referenceEncoder = try ReferenceEncoder(weights["ref_enc"], styleWidth: configuration.styleWidth)
            speakerConditioning =
                version.usesSpeakerEmbedding
                ? try SpeakerConditioning(
                    weights, styleWidth: configuration.styleWidth, textStyleWidth: textEncoder.mrte.width) : nil
            flow = try Flow(weights["flow"], configuration)
            decoder = try WaveDecoder(
                weights["dec"], configuration.decoder, styleWidth: configuration.styleWidth)
        } catch {
            throw Self.wrap(error, "building SoVITS \(version.rawValue)")
        }
        guard speakerConditioning != nil || textEncoder.mrte.width == configuration.styleWidth else {
            throw ModelError(
                .weights,
                "enc_p.mrte is \(textEncoder.mrte.width) wide, the style embedding (gin_channels) "
                    + "\(configuration.styleWidth); SoVITS \(version.rawValue) needs them equal")
        }
    }

    // MARK: What callers need to know

    /// Rate of the audio, in Hz.
    public var samplingRate: Int { configuration.samplingRate }
    /// Size of the reference spectrogram's transform, in samples.
    public var filterLength: Int { configuration.filterLength }
    /// Step of the reference spectrogram, in samples.
    public var hopLength: Int { configuration.hopLength }
    /// Length of the reference spectrogram's window, in samples.
    public var windowLength: Int { configuration.windowLength }
    /// Audio samples per latent frame; a semantic token is two frames.
    public var upsampleFactor: Int { configuration.upsampleFactor }
    /// Bins of the reference spectrogram that count, from the lowest.
    public var referenceBins: Int { referenceEncoder.binCount }
    /// Width of the HuBERT features that become semantic tokens.
    public var featureWidth: Int { quantizer.width }
    /// Width of the speaker embedding that each reference needs besides its spectrogram; nil for v1 and v2, which need none.
    public var speakerWidth: Int? { speakerConditioning?.speakerWidth }
    /// Number of phoneme symbols.
    public var symbolCount: Int { textEncoder.symbolCount }
    /// Number of semantic tokens.
    public var tokenCount: Int { quantizer.tokenCount }

    // MARK: References

    /// The semantic tokens of a recording, 25 a second.
    ///
    /// - Parameter ssl: HuBERT's last hidden state with time last, `[1, featureWidth, frames]`, 50 frames a second.
    /// - Throws: ``ModelError`` with code `input` for another shape.
    public func semanticTokens(ssl: Tensor) throws -> [Int] {
        let shape = ssl.shape
        guard shape.count == 3, shape[0] == 1, shape[1] == featureWidth, shape[2] >= SemanticQuantizer.stride else {
            throw ModelError(
                .input, "semantic tokens need features of shape [1, \(featureWidth), 2 or more frames], not \(shape)")
        }
        return try translating("finding semantic tokens") {
            try quantizer.tokens(quantizer.project(ssl.to(device: device)))
        }
    }

    /// The style of one reference recording. It depends on nothing else, so it can be kept.
    ///
    /// - Parameters:
    ///   - spectrogram: magnitudes `[1, bins, frames]` with at least ``referenceBins`` bins, made with
    ///     ``filterLength``, ``hopLength`` and ``windowLength`` at ``samplingRate``.
    ///   - speaker: the recording's speaker embedding `[1, speakerWidth]`, see ``ERes2NetV2``, where ``speakerWidth`` is
    ///     not nil; nil for v1 and v2.
    /// - Returns: `[1, 1, styleWidth]`, for ``decode(codes:phones:styles:speed:generator:noiseScale:checkpoint:)``.
    /// - Throws: ``ModelError`` with code `input` for another shape, and for a speaker embedding that is missing or that this
    ///   version does not use.
    public func styleEmbedding(of spectrogram: Tensor, speaker: Tensor? = nil) throws -> Tensor {
        let shape = spectrogram.shape
        guard shape.count == 3, shape[0] == 1, shape[1] >= referenceBins,
            (1...Self.maximumReferenceFrames).contains(shape[2])
        else {
            throw ModelError(
                .input,
                "a reference spectrogram must have shape [1, \(referenceBins) or more bins, "
                    + "1 to \(Self.maximumReferenceFrames) frames], not \(shape)")
        }
        guard speaker?.shape == speakerWidth.map({ [1, $0] }) else {
            let wanted = speakerWidth.map { "a speaker embedding of shape [1, \($0)]" } ?? "no speaker embedding"
            throw ModelError(
                .input,
                "SoVITS \(version.rawValue) takes \(wanted) for each reference, not "
                    + (speaker.map { "one of shape \($0.shape)" } ?? "none"))
        }
        return try translating("embedding a reference's style") {
            let style = try referenceEncoder(spectrogram.to(dtype, device: device))
            guard let speakerConditioning, let speaker else { return style }
            return try speakerConditioning(style, speaker: speaker.to(dtype, device: device))
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
        try Self.requireFinite(audio)
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
        let speech = try textEncoder.encode(semantic: quantizer.features(codes))
        let text = try textEncoder.encode(phonemes: phones)
        let textStyle = try speakerConditioning?.textStyle(style) ?? style
        return try textEncoder.jointEncoder(textEncoder.mrte(speech, text: text, style: textStyle))
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

    // MARK: Checks

    /// Latent frames that a number of joint frames becomes at a speed; as a number that cannot overflow.
    static func frameCount(_ frames: Int, speed: Double) -> Double {
        speed == 1 ? Double(frames) : (Double(frames) / speed).rounded(.towardZero) + 1
    }

    /// Checks all that a caller chooses.
    func check(codes: [Int], phones: [Int], speed: Double) throws {
        try Self.check(codes, below: tokenCount, "semantic token")
        try Self.check(phones, below: symbolCount, "phoneme id")
        guard speed.isFinite, speed > 0 else {
            throw ModelError(.input, "the speed must be above 0, not \(speed)")
        }
        let frames = codes.count * SemanticQuantizer.stride
        let length = Self.frameCount(frames, speed: speed)
        guard frames <= Self.maximumFrames, length <= Double(Self.maximumFrames) else {
            throw ModelError(
                .input,
                "\(codes.count) semantic tokens at speed \(speed) make \(length) frames; at most "
                    + "\(Self.maximumFrames) are spoken at once: split the text")
        }
        guard phones.count <= Self.maximumFrames else {
            throw ModelError(
                .input, "\(phones.count) phonemes are more than \(Self.maximumFrames): split the text")
        }
    }

    static func check(_ ids: [Int], below limit: Int, _ what: String) throws {
        guard !ids.isEmpty else { throw ModelError(.input, "there is no \(what) to speak") }
        if let index = ids.firstIndex(where: { !(0..<limit).contains($0) }) {
            throw ModelError(
                .input,
                "\(what) \(ids[index]) at position \(index) is outside 0..<\(limit); do the two models belong together?"
            )
        }
    }

    /// Throws unless every element is a number.
    static func requireFinite(_ audio: Tensor) throws {
        guard try audio.isFinite().all().item() != 0 else {
            throw ModelError(
                .notFinite,
                "the speech is not a number in places: the weights are damaged, or the device cannot run this model in "
                    + "\(audio.dtype.rawValue) or the precision chosen for it; choose float32")
        }
    }

    // MARK: Errors

    func translating<Result>(_ what: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as TorchError {
            throw Self.wrap(error, what)
        }
    }

    private static func wrap(_ error: TorchError, _ what: String) -> ModelError {
        ModelError(error.code == .weights ? .weights : .device, what, underlying: error)
    }
}
