import Dispatch

/// Encodes mono 16-bit PCM chunk by chunk, on a thread of its own: neither the device's thread nor the tasks of other
/// requests wait for a codec.
///
/// One continuous stream is made, with one header: a chunk that is handed in need not be a multiple of the codec's frame.
/// Chunks are handed in one after the other; when the task that waits for an encoder is cancelled, the encoder is of no
/// further use.
///
/// `@unchecked Sendable`: `writer` is touched on `queue` only, except for its `cancel()`, which may be called from any thread.
public final class AudioEncoder: @unchecked Sendable {
    /// Longest input, in samples: a WAV header counts bytes in 32 bits.
    public static let maximumSamples = (Int(Int32.max) - 1024) / 2

    private let writer: any AudioWriter
    private let queue = DispatchQueue(label: "audio encoder")

    /// Opens an encoder.
    ///
    /// - Parameters:
    ///   - format: The form; see ``EncoderSupport`` for which of them this machine can make.
    ///   - sampleRate: Of what comes in, in Hz. It is resampled where the codec does not know the rate.
    ///   - isStreamed: Whether bytes are handed out as they are made, under headers that do not tell the length. Otherwise
    ///     all of them come from ``finish()``, under complete headers.
    /// - Throws: ``AudioError``: `encoderMissing` naming what is not installed, `invalidArgument` for a rate outside of
    ///   1…``SincResampler/maximumRate`` Hz, `encoding` where the codec refuses.
    public init(_ format: AudioFormat, sampleRate: Int, isStreamed: Bool) throws {
        writer = try Self.writer(format, sampleRate: sampleRate, isStreamed: isStreamed)
    }

    deinit {
        writer.cancel()
    }

    /// Takes in samples and gives out the bytes that are ready; often none, because codecs work in frames of their own.
    ///
    /// - Throws: ``AudioError``; `CancellationError` when the task was cancelled.
    public func encode(_ samples: [Int16]) async throws -> [UInt8] {
        try await perform { try $0.write(samples) }
    }

    /// Ends the stream and gives out the rest of the bytes. Without any samples before, the result is still a valid file.
    ///
    /// - Throws: As ``encode(_:)``.
    public func finish() async throws -> [UInt8] {
        try await perform { try $0.finish() }
    }

    private func perform(_ work: @escaping @Sendable (any AudioWriter) throws -> [UInt8]) async throws -> [UInt8] {
        do {
            let bytes = try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    queue.async { continuation.resume(with: Result { try work(self.writer) }) }
                }
            } onCancel: {
                writer.cancel()
            }
            try Task.checkCancellation()
            return bytes
        } catch {
            try Task.checkCancellation()
            throw error
        }
    }

    // MARK: In one piece

    /// Encodes samples to a complete file in memory, on the calling thread.
    ///
    /// - Parameters:
    ///   - samples: Mono PCM.
    ///   - sampleRate: In Hz.
    ///   - format: The form; `wav` has the header that libsndfile writes, `ogg` holds Vorbis of quality 0.4.
    /// - Throws: ``AudioError`` with `invalidArgument` for too many samples or a rate that is not positive, and as
    ///   ``init(_:sampleRate:isStreamed:)``.
    public static func encode(_ samples: [Int16], sampleRate: Int, format: AudioFormat) throws -> [UInt8] {
        let writer = try writer(format, sampleRate: sampleRate, isStreamed: false)
        defer { writer.cancel() }
        return try writer.write(samples) + writer.finish()
    }

    private static func writer(_ format: AudioFormat, sampleRate: Int, isStreamed: Bool) throws -> any AudioWriter {
        guard (1...SincResampler.maximumRate).contains(sampleRate) else {
            throw AudioError(
                .invalidArgument,
                "cannot encode at a sample rate of \(sampleRate) Hz; 1 to \(SincResampler.maximumRate) Hz are taken")
        }
        switch (format, isStreamed) {
        case (.raw, _): return PCMWriter(header: [])
        case (.wav, true): return PCMWriter(header: WaveHeader.streamed(sampleRate: sampleRate))
        case (.aac, _): return try AACWriter(sampleRate: sampleRate, isStreamed: isStreamed)
        case (.wav, false), (.ogg, _), (.flac, _), (.mp3, _), (.opus, _):
            return try SoundFileWriter(format, sampleRate: sampleRate, isStreamed: isStreamed)
        }
    }
}

/// What makes one stream of encoded bytes; used by one thread at a time.
protocol AudioWriter: AnyObject {
    /// Takes in samples and gives out the bytes that are ready.
    func write(_ samples: [Int16]) throws -> [UInt8]
    /// Ends the stream and gives out the rest.
    func finish() throws -> [UInt8]
    /// Ends at once what runs beside this process. May be called from any thread, and more than once.
    func cancel()
}

extension AudioWriter {
    func cancel() {}
}
