import Audio
import Models
import Text
import Wire

// The start-up self-test: a model set that cannot speak a known phrase is not put into rotation.
extension Synthesizer {
    /// Speaks the phrase once to wake the device up and once to measure, and refuses what is not speech.
    /// - Returns: seconds of audio per second of work.
    func selfTest(_ lease: SpeechDevice.Lease) async throws -> Double {
        let piece = try frontEnd.piece(of: Self.selfTestPhrase, mode: .english, version: lease.info.symbolVersion)
        let tone = try Self.selfTestRecording(rate: lease.referenceRate)
        var options = try SpeechOptions(SpeechRequest(text: "", textLang: "en", refAudioPath: "", promptLang: "en"))
        options.tokenLimit = Self.selfTestTokens
        let job = SpeechDevice.Job(
            pieces: [piece], prompt: lease.info.version.usesFlowMatching ? piece : nil,
            recordings: [SpeechDevice.Recording(content: tone.contentHash, isMain: true) { tone }], options: options,
            seed: 1, onStep: {})
        _ = try await collect(job, lease)
        let start = ContinuousClock.now
        let audio = try await collect(job, lease)
        let taken = ContinuousClock.now - start
        guard audio.samples.contains(where: { abs(Int($0)) > 32 }) else {
            throw SynthesisError(
                .internal,
                "the self-test was silent: the weights \(lease.info.gptPath) and \(lease.info.sovitsPath) do not speak in "
                    + "\(configuration.dtype.rawValue) on \(configuration.device); choose other weights or float32")
        }
        let (seconds, attoseconds) = taken.components
        return audio.duration / max(1e-6, Double(seconds) + Double(attoseconds) / 1e18)
    }

    /// The phrase, long enough to measure by and short enough not to delay a start.
    static let selfTestPhrase = "This voice is ready to speak."

    /// Most semantic tokens that the self-test waits for (4 s of audio): weights that were never trained do not stop by themselves.
    static let selfTestTokens = 100

    /// Three seconds of a rising tone: a reference that every voice takes.
    static func selfTestRecording(rate: Int) throws -> ReferenceAudio {
        let frames = 3 * ReferenceAudio.semanticRate + 160
        let samples = (0..<frames).map { index -> Int16 in
            let time = Double(index) / Double(ReferenceAudio.semanticRate)
            return Int16(8000 * sineWave(time * (120 + 40 * time)))
        }
        let wav = try AudioEncoder.encode(samples, sampleRate: ReferenceAudio.semanticRate, format: .wav)
        return try ReferenceAudio(bytes: wav, name: "the self-test's tone", rate: rate)
    }

    private static func sineWave(_ turns: Double) -> Double {
        // Bhaskara's approximation: a tone needs no more, and nothing here needs a mathematics library.
        let phase = turns - turns.rounded(.down)
        let half = phase < 0.5 ? phase : phase - 0.5
        let value = 16 * half * 2 * (1 - half * 2) / (5 - 4 * half * 2 * (1 - half * 2))
        return phase < 0.5 ? value : -value
    }
}
