/// A voice's reference recording, prepared for the encoders.
///
/// Follows `_set_prompt_semantic` and `_get_ref_spec` of the Python server's `TTS.py`.
public struct ReferenceAudio: Sendable, Equatable {
    /// The rate of ``semanticInput``, in Hz.
    public static let semanticRate = 16000
    /// Lengths taken for a main reference, in samples at 16 kHz: 3 to 10 s.
    public static let allowedLength = 48000...160_000
    /// Zeros behind the recording in ``semanticInput``: 0.3 s counted at 32 kHz, hence 0.6 s at 16 kHz.
    public static let tailLength = 9600

    /// What a recording is used for.
    public enum Role: Sendable {
        /// The voice's main reference: 3 to 10 s, encoded by HuBERT too.
        case main
        /// A further reference for the timbre only: up to five minutes.
        case auxiliary
    }

    /// The hash of the encoded file.
    public let contentHash: ContentHash
    /// The rate of ``spectrogramInput``, in Hz.
    public let spectrogramRate: Int
    /// Mono samples at 16 kHz, resampled by soxr, followed by ``tailLength`` zeros: the input of HuBERT. Empty for an
    /// auxiliary reference.
    public let semanticInput: [Float]
    /// Mono samples at ``spectrogramRate``, resampled by windowed sinc: the input of the spectrogram.
    public let spectrogramInput: [Float]
    /// The largest magnitude of the resampled recording before it was scaled.
    public let peak: Float
    /// Mono samples as they were recorded, at ``recordedRate``.
    private let recorded: [Float]
    /// In Hz.
    private let recordedRate: Int

    /// Limits for a recording of either role.
    public static let limits = AudioDecoder.Limits(
        maximumBytes: 64 << 20, maximumDuration: 300, maximumSamples: 32 << 20)

    /// Prepares the file at a path; see ``init(bytes:name:role:rate:contentHash:)``.
    public init(path: String, role: Role = .main, rate: Int = 32000) throws {
        try self.init(
            bytes: FileBytes.read(path: path, maximumBytes: Self.limits.maximumBytes), name: path, role: role,
            rate: rate)
    }

    /// Prepares a recording held in memory.
    ///
    /// - Parameters:
    ///   - bytes: The whole encoded file, in any format that libsndfile reads.
    ///   - name: What error messages call it.
    ///   - role: A main reference must last 3 to 10 s.
    ///   - rate: The model's sampling rate in Hz.
    ///   - contentHash: The hash of `bytes`, where the caller has it already: hashing takes as long as all else here.
    /// - Throws: ``AudioError``: `referenceLength` with the length found and the rule, or what the decoder throws.
    public init(
        bytes: [UInt8], name: String = "the reference audio", role: Role = .main, rate: Int = 32000,
        contentHash: ContentHash? = nil
    ) throws {
        let decoder = AudioDecoder(limits: Self.limits)
        if role == .main {
            // A recording of an hour is refused by its header, with the rule, before it is decoded.
            let description = try AudioDecoder(limits: Self.headerLimits).describe(bytes, name: name)
            if let frames = description.frameCount {
                try Self.checkLength(frames: frames, rate: description.sampleRate, name: name)
            }
        }
        let clip = try decoder.decode(bytes, name: name)
        let mono = clip.mono()
        if role == .main {
            try Self.checkLength(frames: clip.frameCount, rate: clip.sampleRate, name: name)
            semanticInput =
                try SoxrResampler.resample(mono, from: clip.sampleRate, to: Self.semanticRate)
                + [Float](repeating: 0, count: Self.tailLength)
        } else {
            semanticInput = []
        }
        // Two channels are averaged before this resampler; the Python server passes more than two on as a batch and then
        // fails. Their mean is taken here as it is for HuBERT.
        let resampled = try SincResampler(from: clip.sampleRate, to: rate).resample(mono)
        let peak = Fragments.peak(resampled)
        let divisor = min(2, peak)
        spectrogramInput = peak > 1 ? resampled.map { $0 / divisor } : resampled
        spectrogramRate = rate
        recorded = mono
        recordedRate = clip.sampleRate
        self.contentHash = contentHash ?? ContentHash(of: bytes)
        self.peak = peak
    }

    /// Mono samples, peaks above 1 left as they are, resampled by windowed sinc: the input of v3's and v4's mel spectrogram.
    ///
    /// - Parameter rate: In Hz.
    /// - Throws: ``AudioError`` with `invalidArgument` for a rate out of range.
    public func unscaledInput(rate: Int) throws -> [Float] {
        try SincResampler(from: recordedRate, to: rate).resample(recorded)
    }

    /// Mono samples at 16 kHz, resampled by windowed sinc from ``spectrogramInput``: the input of the speaker embedding.
    ///
    /// - Throws: ``AudioError``.
    public func speakerInput() throws -> [Float] {
        try SincResampler(from: spectrogramRate, to: Self.semanticRate).resample(spectrogramInput)
    }

    private static let headerLimits = AudioDecoder.Limits(
        maximumBytes: limits.maximumBytes, maximumDuration: 1e12, maximumSamples: Int.max)

    private static func checkLength(frames: Int, rate: Int, name: String) throws {
        let exact = Double(frames) / Double(rate)
        // Lengths out of headers may not fit the conversion; those are far outside the rule anyway.
        let count = exact < 1e6 ? SoxrResampler.outputCount(for: frames, from: rate, to: semanticRate) : Int.max
        guard allowedLength.contains(count) else {
            throw AudioError(
                .referenceLength,
                "\(name) lasts \(rounded(exact)) s; a reference must last 3 to 10 s (48000 to 160000 samples at 16 kHz)"
            )
        }
    }
}
