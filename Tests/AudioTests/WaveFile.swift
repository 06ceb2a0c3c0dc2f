/// WAV files built by hand, so that their headers can lie.
enum WaveFile {
    /// 16-bit PCM; `samples` are interleaved when there are several channels.
    static func pcm16(
        rate: UInt32 = 16000, channels: UInt16 = 1, samples: [Int16], claimedBytes: UInt32? = nil
    ) -> [UInt8] {
        var file = header(
            format: 1, rate: rate, channels: channels, sampleBytes: 2,
            dataBytes: claimedBytes ?? UInt32(samples.count * 2))
        for sample in samples {
            append(sample, to: &file)
        }
        return file
    }

    /// Mono 32-bit floating-point samples.
    static func float(rate: UInt32 = 16000, _ samples: [Float]) -> [UInt8] {
        var file = header(format: 3, rate: rate, channels: 1, sampleBytes: 4, dataBytes: UInt32(samples.count * 4))
        for sample in samples {
            append(sample.bitPattern, to: &file)
        }
        return file
    }

    private static func header(
        format: UInt16, rate: UInt32, channels: UInt16, sampleBytes: UInt16, dataBytes: UInt32
    ) -> [UInt8] {
        var file = Array("RIFF".utf8)
        append(36 &+ dataBytes, to: &file)
        file += Array("WAVEfmt ".utf8)
        append(UInt32(16), to: &file)
        append(format, to: &file)
        append(channels, to: &file)
        append(rate, to: &file)
        append(rate &* UInt32(channels) &* UInt32(sampleBytes), to: &file)
        append(channels &* sampleBytes, to: &file)
        append(sampleBytes &* 8, to: &file)
        file += Array("data".utf8)
        append(dataBytes, to: &file)
        return file
    }

    private static func append(_ value: some FixedWidthInteger, to file: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { file.append(contentsOf: $0) }
    }
}
