import CSndFile

/// Decodes every format that libsndfile recognises by content: WAV, FLAC, Ogg Vorbis and Opus, MP3, AIFF, AU, CAF, …
///
/// Headers are not trusted: memory grows with what is really decoded, and never past ``Limits``.
public struct AudioDecoder: Sendable {
    /// Bounds on one recording.
    public struct Limits: Sendable, Equatable {
        /// Largest encoded size, in bytes.
        public var maximumBytes: Int
        /// Longest duration, in seconds.
        public var maximumDuration: Double
        /// Most channels.
        public var maximumChannels: Int
        /// Most samples over all channels; four bytes of memory each.
        public var maximumSamples: Int
        /// Highest sample rate, in Hz.
        public var maximumSampleRate: Int

        /// Creates limits; the defaults take ten minutes of ordinary stereo.
        public init(
            maximumBytes: Int = 128 << 20, maximumDuration: Double = 600, maximumChannels: Int = 64,
            maximumSamples: Int = 64 << 20, maximumSampleRate: Int = 768_000
        ) {
            self.maximumBytes = maximumBytes
            self.maximumDuration = maximumDuration
            self.maximumChannels = maximumChannels
            self.maximumSamples = maximumSamples
            self.maximumSampleRate = maximumSampleRate
        }
    }

    /// What a recording's header says about it.
    public struct Description: Sendable, Equatable {
        /// Samples per second, in Hz.
        public let sampleRate: Int
        /// Number of channels.
        public let channelCount: Int
        /// Samples per channel as the header has it; nil where the format does not tell.
        public let frameCount: Int?
    }

    /// The bounds that every call keeps.
    public let limits: Limits

    /// Creates a decoder with the given bounds.
    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Decodes the file at a path.
    ///
    /// - Throws: ``AudioError``: `unreadable`, `notRegularFile`, `tooLarge`, `unsupportedFormat`, `empty`, `nonFinite`.
    public func decode(path: String) throws -> AudioClip {
        try decode(FileBytes.read(path: path, maximumBytes: limits.maximumBytes), name: path)
    }

    /// Decodes a recording held in memory.
    ///
    /// - Parameters:
    ///   - bytes: The whole encoded file.
    ///   - name: What error messages call it.
    /// - Throws: ``AudioError``: `tooLarge`, `unsupportedFormat`, `empty`, `nonFinite`.
    public func decode(_ bytes: [UInt8], name: String = "the audio") throws -> AudioClip {
        try open(bytes, name: name) { handle, description in
            try read(handle, description, name: name)
        }
    }

    /// Reads the header of a recording held in memory.
    ///
    /// - Throws: ``AudioError``: `tooLarge`, `unsupportedFormat`, `empty`.
    public func describe(_ bytes: [UInt8], name: String = "the audio") throws -> Description {
        try open(bytes, name: name) { _, description in description }
    }

    private func open<Result>(
        _ bytes: [UInt8], name: String, _ body: (OpaquePointer, Description) throws -> Result
    ) throws -> Result {
        guard !bytes.isEmpty else {
            throw AudioError(.empty, "\(name) is empty (0 bytes); give a recording")
        }
        guard bytes.count <= limits.maximumBytes else {
            throw AudioError(
                .tooLarge, "\(name) has \(bytes.count) bytes, more than the \(limits.maximumBytes) allowed")
        }
        return try bytes.withUnsafeBytes { buffer in
            let source = MemorySource(buffer)
            // libsndfile calls back with this pointer until the handle is closed, which the defer below does.
            return try withExtendedLifetime(source) {
                var info = SF_INFO()
                let handle = try SoundFile.openForReading(source, info: &info, name: name)
                defer { sf_close(handle) }
                return try body(handle, try checked(info, name: name))
            }
        }
    }

    private func checked(_ info: SF_INFO, name: String) throws -> Description {
        let rate = Int(info.samplerate)
        let channels = Int(info.channels)
        guard rate > 0, rate <= limits.maximumSampleRate else {
            throw AudioError(
                .unsupportedFormat,
                "\(name) claims a sample rate of \(rate) Hz; 1 to \(limits.maximumSampleRate) Hz are read")
        }
        guard channels > 0, channels <= limits.maximumChannels else {
            throw AudioError(
                .tooLarge, "\(name) claims \(channels) channels; 1 to \(limits.maximumChannels) are read")
        }
        guard info.frames != 0 else {
            throw AudioError(.empty, "\(name) holds no samples")
        }
        let known = info.frames > 0 && info.frames < Int64(1) << 62
        let description = Description(
            sampleRate: rate, channelCount: channels, frameCount: known ? Int(info.frames) : nil)
        if let frames = description.frameCount, frames > maximumFrames(description) {
            throw tooLong(frames: frames, description, name: name)
        }
        return description
    }

    private func maximumFrames(_ description: Description) -> Int {
        let bySamples = limits.maximumSamples / description.channelCount
        let byDuration = limits.maximumDuration * Double(description.sampleRate)
        return byDuration < Double(bySamples) ? Int(max(0, byDuration)) : bySamples
    }

    private func tooLong(frames: Int, _ description: Description, name: String) -> AudioError {
        let seconds = rounded(Double(frames) / Double(description.sampleRate))
        return AudioError(
            .tooLarge,
            """
            \(name) has at least \(frames) frames of \(description.channelCount) channels (\(seconds) s at \
            \(description.sampleRate) Hz), more than the \(rounded(limits.maximumDuration)) s or \
            \(limits.maximumSamples) samples allowed; cut it
            """)
    }

    private func read(_ handle: OpaquePointer, _ description: Description, name: String) throws -> AudioClip {
        let channelCount = description.channelCount
        let maximum = maximumFrames(description)
        let blockFrames = 8192
        var block = [Float](repeating: 0, count: blockFrames * channelCount)
        var channels = [[Float]](repeating: [], count: channelCount)
        // The header only hints at the size, and a lying one must not reserve much.
        let hint = min(description.frameCount ?? 0, maximum, 1 << 20)
        for index in channels.indices {
            channels[index].reserveCapacity(hint)
        }
        var frames = 0
        while true {
            let count = block.withUnsafeMutableBufferPointer { buffer in
                Int(sf_readf_float(handle, buffer.baseAddress, sf_count_t(blockFrames)))
            }
            guard count > 0 else { break }
            frames += min(count, blockFrames)
            guard frames <= maximum else {
                throw tooLong(frames: frames, description, name: name)
            }
            let samples = block.prefix(min(count, blockFrames) * channelCount)
            guard samples.allSatisfy(\.isFinite) else {
                throw AudioError(.nonFinite, "\(name) holds samples that are NaN or infinite; export it again")
            }
            for channel in 0..<channelCount {
                channels[channel].append(
                    contentsOf: stride(from: channel, to: samples.count, by: channelCount).lazy.map { samples[$0] })
            }
        }
        guard frames > 0 else {
            throw AudioError(.empty, "\(name) holds no samples that can be decoded")
        }
        return try AudioClip(sampleRate: description.sampleRate, channels: channels)
    }
}

/// A number of seconds for a message, with two decimals.
func rounded(_ seconds: Double) -> Double {
    (seconds * 100).rounded() / 100
}
