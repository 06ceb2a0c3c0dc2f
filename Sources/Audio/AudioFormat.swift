/// The forms in which speech is answered: the values of `media_type`.
public enum AudioFormat: String, Sendable, CaseIterable {
    /// RIFF WAVE, 16-bit PCM.
    case wav
    /// Bare 16-bit little-endian PCM.
    case raw
    /// Ogg Vorbis.
    case ogg
    /// AAC in ADTS frames.
    case aac
    /// FLAC, 16-bit.
    case flac
    /// MPEG audio layer III.
    case mp3
    /// Opus in Ogg.
    case opus

    /// The MIME type: as the Python server has it for its own four, the registered one for the others (RFC 9639, RFC 3003,
    /// RFC 7845).
    public var contentType: String {
        switch self {
        case .wav, .raw, .ogg, .aac, .flac: "audio/\(rawValue)"
        case .mp3: "audio/mpeg"
        case .opus: "audio/ogg; codecs=opus"
        }
    }

    /// The rates in Hz that the codec knows, in rising order; nil where it takes any.
    var codecRates: [Int]? {
        switch self {
        case .wav, .raw, .ogg, .flac: nil
        case .opus: [8000, 12000, 16000, 24000, 48000]
        case .mp3: [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000]
        case .aac: [7350, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000]
        }
    }

    /// The rate that audio of a rate is encoded at: its own where the codec knows it, otherwise the next higher, or the
    /// highest that there is. 32 kHz becomes 48 kHz in Opus.
    public func encodedRate(for sampleRate: Int) -> Int {
        guard let rates = codecRates else { return sampleRate }
        return rates.first { $0 >= sampleRate } ?? rates.last ?? sampleRate
    }
}
