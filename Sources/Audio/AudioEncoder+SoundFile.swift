import CSndFile

/// WAV, Vorbis, FLAC, MP3 and Opus through libsndfile.
///
/// Unsafe state: `handle` is open until `finish()` or `deinit`, and `sink` outlives it.
final class SoundFileWriter: AudioWriter {
    private let sink = MemorySink()
    private var handle: OpaquePointer?
    private let resampler: SoxrStream?
    private let format: AudioFormat
    private let isStreamed: Bool
    private var isEmpty = true
    private var count = 0

    init(_ format: AudioFormat, sampleRate: Int, isStreamed: Bool) throws {
        let rate = format.encodedRate(for: sampleRate)
        self.format = format
        self.isStreamed = isStreamed
        resampler = rate == sampleRate ? nil : try SoxrStream(from: sampleRate, to: rate)
        guard let libsndfileFormat = format.libsndfileFormat else {
            throw AudioError(.invalidArgument, "libsndfile does not make \(format)")
        }
        var info = SF_INFO()
        info.samplerate = CInt(clamping: rate)
        info.channels = 1
        info.format = CInt(libsndfileFormat)
        do {
            handle = try SoundFile.openForWriting(sink, info: &info)
        } catch {
            // A library built without the codec refuses every file of the form, one with it only this one.
            if let missing = EncoderSupport.current.missing(format) { throw missing }
            throw error
        }
        if isStreamed { prepareForStreaming() }
    }

    deinit {
        if let handle { sf_close(handle) }
    }

    /// By which libsndfile takes 128 kbit/s from 32 kHz on and 64 kbit/s below.
    private static let constantRateCompression = 0.66

    /// The longest sound on an Ogg page of a stream, in milliseconds.
    private static let pageLatency = 100.0

    private func prepareForStreaming() {
        switch format {
        case .ogg, .opus:
            // Ogg collects a second of sound to a page, which would keep the listener waiting.
            var latency = Self.pageLatency
            sf_command(handle, CInt(SFC_SET_OGG_PAGE_LATENCY_MS), &latency, CInt(MemoryLayout<Double>.size))
        case .mp3:
            // Without a length in front, players work it out from the rate of the first frame.
            var mode = CInt(SF_BITRATE_MODE_CONSTANT)
            sf_command(handle, CInt(SFC_SET_BITRATE_MODE), &mode, CInt(MemoryLayout<CInt>.size))
            var compression = Self.constantRateCompression
            sf_command(handle, CInt(SFC_SET_COMPRESSION_LEVEL), &compression, CInt(MemoryLayout<Double>.size))
        case .wav, .raw, .aac, .flac: break
        }
    }

    func write(_ samples: [Int16]) throws -> [UInt8] {
        count += samples.count
        guard count <= AudioEncoder.maximumSamples else {
            throw AudioError(
                .invalidArgument,
                "\(count) samples are too many for one file; \(AudioEncoder.maximumSamples) are the most")
        }
        if let resampler {
            try append(try resampler.process(samples))
        } else {
            try append(samples)
        }
        return ready()
    }

    func finish() throws -> [UInt8] {
        if let resampler { try append(try resampler.finish()) }
        // Codecs other than PCM write nothing, not even their headers, before the first sample.
        if isEmpty, format != .wav { try append([Int16(0)]) }
        guard let handle else { return [] }
        self.handle = nil
        guard sf_close(handle) == 0 else {
            throw AudioError(.encoding, "the \(format) file of \(count) samples could not be completed")
        }
        return sink.drain()
    }

    private func ready() -> [UInt8] { isStreamed ? sink.drain() : [] }

    private func append(_ samples: [Int16]) throws {
        try append(samples) { sf_writef_short($0, $1, $2) }
    }

    private func append(_ samples: [Float]) throws {
        try append(samples) { sf_writef_float($0, $1, $2) }
    }

    /// Writes in blocks: the Vorbis encoder puts the whole of one write on the stack (libsndfile issue 1023).
    private func append<Sample>(
        _ samples: [Sample], with write: (OpaquePointer, UnsafePointer<Sample>, sf_count_t) -> sf_count_t
    ) throws {
        guard let handle, !samples.isEmpty else { return }
        isEmpty = false
        let isComplete = samples.withUnsafeBufferPointer { buffer -> Bool in
            guard let base = buffer.baseAddress else { return true }
            var written = 0
            while written < buffer.count {
                let block = min(4096, buffer.count - written)
                guard write(handle, base + written, sf_count_t(block)) == sf_count_t(block) else { return false }
                written += block
            }
            return true
        }
        guard isComplete else {
            throw AudioError(
                .encoding,
                "cannot encode \(samples.count) samples as \(format): \(String(cString: sf_strerror(handle)))")
        }
    }
}

extension AudioFormat {
    /// What libsndfile calls the form; nil for what it does not make here.
    var libsndfileFormat: Int? {
        switch self {
        case .wav: SF_FORMAT_WAV | SF_FORMAT_PCM_16
        case .ogg: SF_FORMAT_OGG | SF_FORMAT_VORBIS
        case .flac: SF_FORMAT_FLAC | SF_FORMAT_PCM_16
        case .mp3: SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III
        case .opus: SF_FORMAT_OGG | SF_FORMAT_OPUS
        case .raw, .aac: nil
        }
    }
}
