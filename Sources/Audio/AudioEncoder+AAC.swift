/// AAC in ADTS frames, made by the program `ffmpeg` as the Python server does, at 192 kbit/s.
final class AACWriter: AudioWriter {
    private let process: FilterProcess
    private let isStreamed: Bool
    private var samples = 0
    private var frames = ADTSFrames()
    private var ready: [UInt8] = []
    private let rates: (from: Int, to: Int)

    init(sampleRate: Int, isStreamed: Bool) throws {
        let support = EncoderSupport.current
        guard let ffmpeg = support.ffmpeg else {
            throw support.missing(.aac) ?? AudioError(.encoderMissing, "aac needs the program ffmpeg")
        }
        let rate = AudioFormat.aac.encodedRate(for: sampleRate)
        rates = (sampleRate, rate)
        // Bare PCM needs no probing, and every frame goes out at once: a stream is not to wait for a full buffer.
        process = try FilterProcess(
            ffmpeg,
            [
                "-hide_banner", "-loglevel", "error", "-nostdin", "-probesize", "32", "-analyzeduration", "0",
                "-f", "s16le", "-ar", "\(sampleRate)", "-ac", "1", "-i", "pipe:0",
                "-c:a", "aac", "-b:a", "192k", "-ar", "\(rate)", "-vn", "-flush_packets", "1", "-f", "adts", "pipe:1",
            ])
        self.isStreamed = isStreamed
    }

    func write(_ new: [Int16]) throws -> [UInt8] {
        guard !new.isEmpty else { return [] }
        samples += new.count
        ready += try process.write(PCM16.littleEndian(new))
        guard isStreamed else { return [] }
        frames.count(ready)
        try waitForFrames()
        defer { ready = [] }
        return ready
    }

    /// Gives the program the moment that it needs for what it was just handed: otherwise its frames would leave with the next
    /// chunk only, which may be seconds away. Some frames stay inside of it by the nature of the codec.
    private func waitForFrames() throws {
        let complete = samples * rates.to / rates.from / ADTSFrames.samples - 3
        let limit = ContinuousClock.now + .milliseconds(250)
        while frames.count < complete {
            let left = limit - .now
            guard left > .zero else { return }
            let new = try process.read(waitingFor: left)
            frames.count(new)
            ready += new
        }
    }

    func finish() throws -> [UInt8] {
        // Programs know ADTS by three headers in a row, and ffmpeg refuses an input without a sample.
        let least = 3 * ADTSFrames.samples * rates.from / rates.to
        if samples < least {
            ready += try process.write(PCM16.littleEndian([Int16](repeating: 0, count: least - samples)))
        }
        ready += try process.finish()
        defer { ready = [] }
        return ready
    }

    func cancel() {
        process.cancel()
    }
}

/// Counts the frames of an ADTS stream by their headers (ISO/IEC 13818-7, 6.2).
struct ADTSFrames {
    /// Samples that one frame holds.
    static let samples = 1024

    /// Frames that have begun.
    private(set) var count = 0
    /// Bytes until the next header.
    private var skip = 0
    private var header: [UInt8] = []

    /// Takes in the next bytes of the stream.
    mutating func count(_ bytes: [UInt8]) {
        var index = 0
        while index < bytes.count {
            if skip > 0 {
                let step = min(skip, bytes.count - index)
                skip -= step
                index += step
                continue
            }
            header.append(bytes[index])
            index += 1
            guard header.count == 7 else { continue }
            let length = Int(header[3] & 3) << 11 | Int(header[4]) << 3 | Int(header[5]) >> 5
            skip = max(0, length - 7)
            header = []
            count += 1
        }
    }
}
