import Foundation
import TestSupport
import Testing

@testable import Audio

@Suite struct AudioEncoderTests {
    private static let tone = (0..<32000).map { Int16(12000 * sin(2 * Double.pi * 440 * Double($0) / 32000)) }

    /// The tone's power times its seconds.
    private static func energy(at rate: Int) -> Double {
        pow(12000.0 / 32768, 2) / 2 * Double(tone.count) / Double(rate)
    }

    // MARK: In one piece

    @Test func wavIsAPlainHeaderAndTheSamples() throws {
        let bytes = try AudioEncoder.encode(Self.tone, sampleRate: 32000, format: .wav)
        #expect(bytes == WaveFile.pcm16(rate: 32000, samples: Self.tone))
        #expect(
            try AudioEncoder.encode([], sampleRate: 32000, format: .wav) == WaveFile.pcm16(rate: 32000, samples: []))
    }

    @Test func rawIsLittleEndian() throws {
        #expect(try AudioEncoder.encode([1, -2], sampleRate: 32000, format: .raw) == [1, 0, 0xfe, 0xff])
    }

    @Test func oggHoldsTheTone() throws {
        let long = Array(repeatElement(Self.tone, count: 20).joined())
        let bytes = try AudioEncoder.encode(long, sampleRate: 32000, format: .ogg)
        #expect(bytes.starts(with: Array("OggS".utf8)))
        #expect(bytes.count < long.count / 4)
        let clip = try AudioDecoder().decode(bytes)
        #expect(clip.sampleRate == 32000)
        #expect(clip.frameCount == long.count)
        let decoded = try #require(clip.channels.first)
        var squares = 0.0
        for (sample, original) in zip(decoded, long) {
            squares += pow(Double(sample) - Double(original) / 32768, 2)
        }
        #expect((squares / Double(long.count)).squareRoot() < 0.01)
    }

    @Test(arguments: [0, -1, Int.max]) func refusesImpossibleRates(_ rate: Int) {
        for format in AudioFormat.allCases {
            #expect(throws: AudioError.self) { try AudioEncoder.encode([0], sampleRate: rate, format: format) }
            #expect(throws: AudioError.self) { _ = try AudioEncoder(format, sampleRate: rate, isStreamed: true) }
        }
    }

    // MARK: Chunk by chunk

    /// How many samples a codec may add to an end: whole frames, and what it needs to start up.
    private static func slack(_ format: AudioFormat, isStreamed: Bool) -> Int {
        switch format {
        case .wav, .raw, .flac, .ogg: 0
        case .opus: 1
        // Frames of 1,152 samples, with the delays of encoder and decoder; in a stream the place of the length stays silent.
        case .mp3: isStreamed ? 4 * 1152 : 1
        // Frames of 1,024 samples. ADTS has no place for the delay.
        case .aac: 3 * 1024
        }
    }

    @Test(arguments: EncoderSupport.current.formats, [true, false])
    func chunksBecomeOneContinuousFile(_ format: AudioFormat, _ isStreamed: Bool) async throws {
        for (rate, sizes) in [(32000, [1, 1000, 14_999, 16_000]), (24000, [32000]), (48000, [31_999, 1])] {
            let encoder = try AudioEncoder(format, sampleRate: rate, isStreamed: isStreamed)
            var pieces: [[UInt8]] = []
            var offset = 0
            for size in sizes {
                pieces.append(try await encoder.encode(Array(Self.tone[offset..<offset + size])))
                offset += size
            }
            pieces.append(try await encoder.finish())
            if !isStreamed, format != .raw { #expect(pieces.dropLast().joined().isEmpty) }
            let bytes = Array(pieces.joined())
            try expectTone(bytes, format, rate: rate, isStreamed: isStreamed)
        }
    }

    private func expectTone(_ bytes: [UInt8], _ format: AudioFormat, rate: Int, isStreamed: Bool) throws {
        let what: Comment = "\(format) at \(rate) Hz, streamed: \(isStreamed)"
        let wanted = format.encodedRate(for: rate)
        let count = Int((Double(Self.tone.count) * Double(wanted) / Double(rate)).rounded(.up))
        let slack = Self.slack(format, isStreamed: isStreamed)
        if format != .aac, format != .raw {
            let clip = try AudioDecoder().decode(bytes)
            #expect(clip.sampleRate == wanted, what)
            #expect((count...count + slack).contains(clip.frameCount), "\(what): \(clip.frameCount) for \(count)")
            let energy = ForeignDecoder.Sound(sampleRate: wanted, samples: clip.mono()).energy
            #expect(abs(energy / Self.energy(at: rate) - 1) < 0.1, what)
        }
        guard ForeignDecoder.program != nil else { return }
        let sound = try ForeignDecoder.decode(bytes, suffix: format.rawValue, rawRate: format == .raw ? rate : nil)
        // It decodes Opus at 48 kHz always, and cuts Vorbis at whole blocks.
        let rateHere = format == .opus ? 48000 : wanted
        let here = count * rateHere / wanted
        let lengths = format == .ogg ? (here - 512)...(here + 512) : here...(here + slack * rateHere / wanted)
        #expect(sound.sampleRate == rateHere, what)
        #expect(lengths.contains(sound.samples.count), "\(what): \(sound.samples.count) for \(here)")
        #expect(abs(sound.energy / Self.energy(at: rate) - 1) < 0.1, what)
    }

    /// One sample, none, and less than any codec's frame.
    @Test(arguments: EncoderSupport.current.formats, [true, false])
    func theShortestSoundsAreFiles(_ format: AudioFormat, _ isStreamed: Bool) async throws {
        for count in [0, 1, 7] {
            let encoder = try AudioEncoder(format, sampleRate: 32000, isStreamed: isStreamed)
            var bytes = try await encoder.encode([Int16](repeating: 1000, count: count))
            bytes += try await encoder.finish()
            guard format != .raw else {
                #expect(bytes.count == 2 * count)
                continue
            }
            if format == .wav, count == 0 {
                #expect(bytes.count == 44)
                continue
            }
            #expect(!bytes.isEmpty)
            if format != .aac {
                let clip = try AudioDecoder().decode(bytes)
                #expect(clip.sampleRate == format.encodedRate(for: 32000))
            }
            guard ForeignDecoder.program != nil else { continue }
            let sound = try ForeignDecoder.decode(bytes, suffix: format.rawValue)
            #expect(sound.sampleRate == format.encodedRate(for: 32000), "\(format) \(count)")
            #expect(sound.loudness < 0.1)
        }
    }

    @Test func aStreamBeginsBeforeItsEndIsKnown() async throws {
        for format in EncoderSupport.current.formats {
            let encoder = try AudioEncoder(format, sampleRate: 32000, isStreamed: true)
            var bytes = 0
            for _ in 0..<4 { bytes += try await encoder.encode(Self.tone).count }
            // Codecs and the pipe to a program keep some hundred milliseconds, but not seconds.
            let rest = try await encoder.finish().count
            #expect(bytes > rest, "\(format): \(bytes) bytes before the end, \(rest) at the end")
        }
    }

    /// As `wave_header_chunk` of the Python server, but for the two lengths.
    @Test func aStreamedWaveBeginsWithAHeaderOfUnknownLength() async throws {
        let encoder = try AudioEncoder(.wav, sampleRate: 32000, isStreamed: true)
        let first = try await encoder.encode([1, 2])
        #expect(first == WaveFile.pcm16(rate: 32000, samples: [1, 2], claimedBytes: 0x7fff_f000))
        #expect(try await encoder.encode([3]) == [3, 0])
        #expect(try await encoder.finish() == [])
    }

    @Test func ratesThatACodecDoesNotKnowAreRaised() {
        #expect(AudioFormat.opus.encodedRate(for: 32000) == 48000)
        #expect(AudioFormat.opus.encodedRate(for: 24000) == 24000)
        #expect(AudioFormat.mp3.encodedRate(for: 40000) == 44100)
        #expect(AudioFormat.mp3.encodedRate(for: 96000) == 48000)
        #expect(AudioFormat.aac.encodedRate(for: 32000) == 32000)
        #expect(AudioFormat.flac.encodedRate(for: 31999) == 31999)
    }

    @Test func mimeTypesAreThoseOfThePythonServerAndTheRegistry() {
        #expect(
            AudioFormat.allCases.map(\.contentType) == [
                "audio/wav", "audio/raw", "audio/ogg", "audio/aac", "audio/flac", "audio/mpeg",
                "audio/ogg; codecs=opus",
            ])
    }

    // MARK: What is not there

    @Test func namesWhatIsNotInstalled() {
        let support = EncoderSupport(searchPath: "/nonexistent:")
        #expect(!support.formats.contains(.aac))
        #expect(support.formats.contains(.wav) && support.formats.contains(.raw))
        let error = support.missing(.aac)
        #expect(error?.code == .encoderMissing)
        #expect(error?.message.contains("ffmpeg") == true)
        #expect(support.missing(.wav) == nil)
    }
}

@Suite struct FilterProcessTests {
    @Test func handsBytesThroughWithoutStandingStill() throws {
        // Far more than any pipe holds, in both directions.
        let process = try FilterProcess("/bin/cat", [])
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var result = try process.write(bytes)
        result += try process.write([1, 2, 3])
        result += try process.finish()
        #expect(result == bytes + [1, 2, 3])
    }

    @Test func tellsTheProgramsOwnWords() throws {
        let process = try FilterProcess("/bin/sh", ["-c", "cat >/dev/null; echo it is broken >&2; exit 3"])
        _ = try process.write([1])
        let error = #expect(throws: AudioError.self) { try process.finish() }
        #expect(error?.message.contains("status 3: it is broken") == true, "\(error?.message ?? "")")
    }

    @Test func aProgramThatEndsEarlyIsAnErrorAndNoSignal() throws {
        let process = try FilterProcess("/bin/true", [])
        let error = #expect(throws: AudioError.self) {
            for _ in 0..<100 { _ = try process.write([UInt8](repeating: 0, count: 1 << 20)) }
        }
        #expect(error?.code == .encoding)
        #expect(throws: AudioError.self) { try FilterProcess("/nonexistent/program", []) }
    }

    @Test func cancellingEndsAProgramThatReadsNothing() async throws {
        let process = try FilterProcess("/bin/sleep", ["600"])
        let start = ContinuousClock.now
        let writing = Task.detached { try process.write([UInt8](repeating: 0, count: 8 << 20)) }
        process.cancel()
        await #expect(throws: AudioError.self) { try await writing.value }
        #expect(ContinuousClock.now - start < .seconds(500))
    }

    /// A program that nobody finishes is not left behind.
    @Test func anAbandonedProgramIsEndedAndReaped() throws {
        var process: FilterProcess? = try FilterProcess("/bin/sleep", ["600"])
        let id = try #require(process?.processID)
        #expect(kill(id, 0) == 0)
        process = nil
        // A process that was ended and not reaped would still have its id.
        #expect(kill(id, 0) == -1 && errno == ESRCH)
    }
}
