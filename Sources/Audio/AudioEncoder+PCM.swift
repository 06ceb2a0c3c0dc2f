/// Bare PCM behind a header.
final class PCMWriter: AudioWriter {
    private var header: [UInt8]

    init(header: [UInt8]) {
        self.header = header
    }

    func write(_ samples: [Int16]) -> [UInt8] {
        defer { header = [] }
        return header + PCM16.littleEndian(samples)
    }

    func finish() -> [UInt8] {
        defer { header = [] }
        return header
    }
}

/// The first 44 bytes of a WAV file.
enum WaveHeader {
    /// What stands for a length that nobody knows yet: the longest that is a whole number of any sample's bytes and does not
    /// look negative to a reader with signed numbers. SoX writes the same when it streams.
    static let unknownLength: UInt32 = 0x7fff_f000

    /// The header of a stream.
    ///
    /// The Python server's `wave_header_chunk` tells a length of 0 here, by which SoX, libsndfile and several players find
    /// nothing in a file that was saved from a stream; with a length that is too long all of them read on to the end.
    static func streamed(sampleRate: Int) -> [UInt8] {
        let rate = UInt32(clamping: sampleRate)
        var header = Array("RIFF".utf8)
        append(unknownLength + 36, to: &header)
        header += Array("WAVEfmt ".utf8)
        append(UInt32(16), to: &header)
        append(UInt16(1), to: &header)  // PCM
        append(UInt16(1), to: &header)  // channels
        append(rate, to: &header)
        append(rate &* 2, to: &header)  // bytes a second
        append(UInt16(2), to: &header)  // bytes a frame
        append(UInt16(16), to: &header)  // bits a sample
        header += Array("data".utf8)
        append(unknownLength, to: &header)
        return header
    }

    private static func append(_ value: some FixedWidthInteger, to header: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { header.append(contentsOf: $0) }
    }
}
