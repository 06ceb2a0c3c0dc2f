import CSndFile

/// The containers that speech is answered in.
public enum AudioFormat: String, Sendable, CaseIterable {
    /// RIFF WAVE, 16-bit PCM.
    case wav
    /// Bare 16-bit little-endian PCM.
    case raw
    /// Ogg Vorbis.
    case ogg
}

/// Encodes mono 16-bit PCM as the Python server does through soundfile.
public enum AudioEncoder {
    /// Longest input, in samples: a WAV header counts bytes in 32 bits.
    public static let maximumSamples = (Int(Int32.max) - 1024) / 2

    /// Encodes samples to a complete file in memory.
    ///
    /// - Parameters:
    ///   - samples: Mono PCM.
    ///   - sampleRate: In Hz.
    ///   - format: The container; `wav` has the header that libsndfile writes, `ogg` holds Vorbis of quality 0.4.
    /// - Throws: ``AudioError`` with `invalidArgument` for too many samples or a rate that is not positive, `encoding`
    ///   when libsndfile refuses.
    public static func encode(_ samples: [Int16], sampleRate: Int, format: AudioFormat) throws -> [UInt8] {
        guard samples.count <= maximumSamples else {
            throw AudioError(
                .invalidArgument, "\(samples.count) samples are too many for one file; \(maximumSamples) are the most")
        }
        switch format {
        case .raw:
            return littleEndian(samples)
        case .wav:
            return try encode(samples, sampleRate: sampleRate, libsndfileFormat: SF_FORMAT_WAV | SF_FORMAT_PCM_16)
        case .ogg:
            return try encode(samples, sampleRate: sampleRate, libsndfileFormat: SF_FORMAT_OGG | SF_FORMAT_VORBIS)
        }
    }

    private static func littleEndian(_ samples: [Int16]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: samples.count * 2) { buffer, count in
            for (index, sample) in samples.enumerated() {
                let bits = UInt16(bitPattern: sample)
                buffer.initializeElement(at: 2 * index, to: UInt8(truncatingIfNeeded: bits))
                buffer.initializeElement(at: 2 * index + 1, to: UInt8(truncatingIfNeeded: bits >> 8))
            }
            count = samples.count * 2
        }
    }

    private static func encode(_ samples: [Int16], sampleRate: Int, libsndfileFormat: Int) throws -> [UInt8] {
        guard let rate = CInt(exactly: sampleRate), rate > 0 else {
            throw AudioError(.invalidArgument, "cannot encode at a sample rate of \(sampleRate) Hz")
        }
        let sink = MemorySink()
        try withExtendedLifetime(sink) {
            var info = SF_INFO()
            info.samplerate = rate
            info.channels = 1
            info.format = CInt(libsndfileFormat)
            let handle = try SoundFile.openForWriting(sink, info: &info)
            let complete = samples.withUnsafeBufferPointer { buffer in
                write(buffer, to: handle)
            }
            let reason = complete ? "" : String(cString: sf_strerror(handle))
            guard sf_close(handle) == 0, complete else {
                throw AudioError(.encoding, "cannot encode \(samples.count) samples at \(sampleRate) Hz: \(reason)")
            }
        }
        return sink.bytes
    }

    /// Writes in blocks: the Vorbis encoder puts the whole of one write on the stack (libsndfile issue 1023).
    private static func write(_ samples: UnsafeBufferPointer<Int16>, to handle: OpaquePointer) -> Bool {
        guard let base = samples.baseAddress else { return true }
        var written = 0
        while written < samples.count {
            let count = min(4096, samples.count - written)
            guard sf_writef_short(handle, base + written, sf_count_t(count)) == sf_count_t(count) else { return false }
            written += count
        }
        return true
    }
}
