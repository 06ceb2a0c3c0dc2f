import Foundation
import TestSupport
import Testing

@testable import Audio

@Suite struct AudioDecoderTests {
    @Test func readsChannelsInOrder() throws {
        let clip = try AudioDecoder().decode(WaveFile.pcm16(rate: 8000, channels: 3, samples: [1, 2, 3, 4, 5, -32768]))
        #expect(clip.sampleRate == 8000)
        let expected: [[Float]] = [[1, 4], [2, 5], [3, -32768]]
        #expect(clip.channels == expected.map { channel in channel.map { $0 / 32768 } })
        #expect(clip.duration == 0.00025)
        #expect(clip.mono().first == 2 / Float(32768))
    }

    @Test func aHeaderThatClaimsMoreGivesWhatIsThere() throws {
        let clip = try AudioDecoder().decode(WaveFile.pcm16(samples: [5, 6, 7], claimedBytes: 0x7fff_fff0))
        let expected: [Float] = [5, 6, 7]
        #expect(clip.channels == [expected.map { $0 / 32768 }])
    }

    @Test func headersWithoutSamplesAreEmpty() {
        for bytes in [[], WaveFile.pcm16(samples: [])] {
            let error = #expect(throws: AudioError.self) { try AudioDecoder().decode(bytes) }
            #expect(error?.code == .empty)
        }
    }

    @Test(arguments: [Array("this is not audio at all, only text".utf8), [0x52], Array("RIFF\0\0\0\0WAVE".utf8)])
    func refusesWhatIsNotAudio(_ bytes: [UInt8]) {
        let error = #expect(throws: AudioError.self) { try AudioDecoder().decode(bytes, name: "voice.wav") }
        #expect(error?.code == .unsupportedFormat)
        #expect(error?.message.contains("voice.wav") == true)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity]) func refusesSamplesThatAreNotFinite(_ sample: Float) throws {
        #expect(try AudioDecoder().decode(WaveFile.float([0, 1.5])).channels == [[0, 1.5]])
        let error = #expect(throws: AudioError.self) { try AudioDecoder().decode(WaveFile.float([0, sample])) }
        #expect(error?.code == .nonFinite)
    }

    @Test func keepsItsLimits() {
        let samples = [Int16](repeating: 0, count: 16000)
        let limits = [
            AudioDecoder.Limits(maximumBytes: 100), .init(maximumDuration: 0.5), .init(maximumSamples: 8000),
            .init(maximumChannels: 0),
        ]
        for limit in limits {
            let error = #expect(throws: AudioError.self) {
                try AudioDecoder(limits: limit).decode(WaveFile.pcm16(samples: samples))
            }
            #expect(error?.code == .tooLarge)
        }
        let error = #expect(throws: AudioError.self) {
            try AudioDecoder(limits: .init(maximumSampleRate: 8000)).decode(WaveFile.pcm16(samples: samples))
        }
        #expect(error?.code == .unsupportedFormat)
    }

    @Test func readsNothingButRegularFiles() {
        let missing = #expect(throws: AudioError.self) { try AudioDecoder().decode(path: "/nonexistent/voice.wav") }
        #expect(missing?.code == .unreadable)
        for path in ["/dev/zero", "/tmp"] {
            let error = #expect(throws: AudioError.self) { try AudioDecoder().decode(path: path) }
            #expect(error?.code == .notRegularFile)
        }
        let zero = #expect(throws: AudioError.self) { try AudioDecoder().decode(path: "a\0b") }
        #expect(zero?.code == .unreadable)
    }

    @Test func damagedFilesGiveErrorsOrSamplesButNoCrash() throws {
        var generator = SplitMix(state: 1)
        let tone = (0..<3000).map { Int16(8000 * sin(Double($0) / 20)) }
        for format in [AudioFormat.wav, .ogg] {
            let sound = try AudioEncoder.encode(tone, sampleRate: 16000, format: format)
            for _ in 0..<300 {
                var damaged = sound
                for _ in 0..<Int.random(in: 1...8, using: &generator) {
                    damaged[Int.random(in: 0..<damaged.count, using: &generator)] = .random(
                        in: 0...255, using: &generator)
                }
                let cut = damaged.prefix(Int.random(in: 0...damaged.count, using: &generator))
                for bytes in [damaged, Array(cut)] {
                    do {
                        #expect(try AudioDecoder().decode(bytes).frameCount > 0)
                    } catch {
                        #expect(error is AudioError)
                    }
                }
            }
        }
    }
}

/// A small seeded generator, so that a failure can be repeated.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct AudioClipTests {
    @Test func refusesUnevenChannels() {
        #expect(throws: AudioError.self) { try AudioClip(sampleRate: 1, channels: []) }
        #expect(throws: AudioError.self) { try AudioClip(sampleRate: 1, channels: [[1], []]) }
        #expect(throws: AudioError.self) { try AudioClip(sampleRate: 0, channels: [[1]]) }
    }
}
