import Checkpoints
import Torch

/// The second stage of GPT-SoVITS in any version: what can be asked of all of them.
public protocol SoVITSModel {
    /// The parts that all versions have.
    var encoders: SoVITSEncoders { get }
    /// Most frames of one call.
    static var maximumFrames: Int { get }
}

// MARK: What callers need to know

extension SoVITSModel {
    /// The sizes. Of v3 and v4 only those of the encoders count.
    public var configuration: SoVITSConfiguration { encoders.configuration }
    /// Which generation of the model it is.
    public var version: ModelVersion { encoders.version }
    /// Where it runs.
    public var device: Device { encoders.device }
    /// Element type of its weights and activations.
    public var dtype: DType { encoders.dtype }

    /// Rate of the reference spectrogram's audio, in Hz; that of the speech too, except in v3 and v4.
    public var samplingRate: Int { configuration.samplingRate }
    /// Bins of the reference spectrogram that count, from the lowest.
    public var referenceBins: Int { encoders.referenceEncoder.binCount }
    /// Width of the HuBERT features that become semantic tokens.
    public var featureWidth: Int { quantizer.width }
    /// Number of phoneme symbols.
    public var symbolCount: Int { textEncoder.symbolCount }
    /// Number of semantic tokens.
    public var tokenCount: Int { quantizer.tokenCount }

    var quantizer: SemanticQuantizer { encoders.quantizer }
    var textEncoder: TextEncoder { encoders.textEncoder }
}

// MARK: References

extension SoVITSModel {
    /// Reference spectrograms may have this many frames, 5 minutes.
    public static var maximumReferenceFrames: Int { 15_000 }

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

    /// What the reference encoder makes of a spectrogram `[1, bins, frames]`: `[1, 1, styleWidth]`.
    func encode(reference spectrogram: Tensor) throws -> Tensor {
        let shape = spectrogram.shape
        guard shape.count == 3, shape[0] == 1, shape[1] >= referenceBins,
            (1...Self.maximumReferenceFrames).contains(shape[2])
        else {
            throw ModelError(
                .input,
                "a reference spectrogram must have shape [1, \(referenceBins) or more bins, "
                    + "1 to \(Self.maximumReferenceFrames) frames], not \(shape)")
        }
        return try translating("embedding a reference's style") {
            try encoders.referenceEncoder(spectrogram.to(dtype, device: device))
        }
    }
}

// MARK: Speech

extension SoVITSModel {
    /// What the text encoder makes of tokens and phonemes: `[1, 2 × codes, hiddenWidth]`.
    ///
    /// - Parameter textStyle: the style as wide as the text encoder's cross-attention, `[1, 1, width]`.
    func jointFrames(codes: [Int], phones: [Int], textStyle: Tensor) throws(TorchError) -> Tensor {
        let speech = try textEncoder.encode(semantic: quantizer.features(codes))
        let text = try textEncoder.encode(phonemes: phones)
        return try textEncoder.jointEncoder(textEncoder.mrte(speech, text: text, style: textStyle))
    }

    /// Frames that a number of joint frames is stretched to at a speed; as a number that cannot overflow.
    static func frameCount(_ frames: Int, speed: Double) -> Double {
        speed == 1 ? Double(frames) : (Double(frames) / speed).rounded(.towardZero) + 1
    }

    /// Checks all that a caller chooses.
    ///
    /// - Parameters:
    ///   - scale: how many of the frames that are counted a joint frame becomes at speed 1.
    ///   - unit: what those frames are called.
    func check(codes: [Int], phones: [Int], speed: Double, scale: Double = 1, unit: String = "frames") throws {
        try Self.check(codes, below: tokenCount, "semantic token")
        try Self.check(phones, below: symbolCount, "phoneme id")
        guard speed.isFinite, speed > 0 else {
            throw ModelError(.input, "the speed must be above 0, not \(speed)")
        }
        let frames = codes.count * SemanticQuantizer.stride
        let length = Self.frameCount(frames, speed: speed) * scale
        guard frames <= Self.maximumFrames, length <= Double(Self.maximumFrames) else {
            throw ModelError(
                .input,
                "\(codes.count) semantic tokens at speed \(speed) make \(length) \(unit); at most "
                    + "\(Self.maximumFrames) are spoken at once: split the text")
        }
        guard phones.count <= SoVITS.maximumFrames else {
            throw ModelError(
                .input, "\(phones.count) phonemes are more than \(SoVITS.maximumFrames): split the text")
        }
    }

    private static func check(_ ids: [Int], below limit: Int, _ what: String) throws {
        guard !ids.isEmpty else { throw ModelError(.input, "there is no \(what) to speak") }
        if let index = ids.firstIndex(where: { !(0..<limit).contains($0) }) {
            throw ModelError(
                .input,
                "\(what) \(ids[index]) at position \(index) is outside 0..<\(limit); do the two models belong together?"
            )
        }
    }
}
