import Foundation
import TestSupport
import Testing

@testable import Audio

@Suite struct ReferenceAudioTests {
    static let sets = Fixtures.modelGoldens(bundled: "audio")

    private struct Manifest: Decodable {
        let file: String
    }

    @Test(arguments: zip(sets, Fixtures.modelGoldens(bundled: "models/hubert")))
    func semanticInputEqualsTheReference(_ set: GoldenSet, _ encoder: GoldenSet) throws {
        let file = try encoder.manifest("hubert", as: Manifest.self).file
        let reference = try ReferenceAudio(path: set.url("fixtures/ref_audio/\(file)").path)
        let difference = largestDifference(reference.semanticInput, try encoder.stage("hubert").floats("input"))
        #expect(difference <= 1e-5, "\(difference)")
    }

    @Test(arguments: sets) func spectrogramInputEqualsTheReference(_ set: GoldenSet) throws {
        let golden = try set.stage("spec")
        let peaks = golden.names.filter { $0.hasPrefix("peak_before_scaling.") }
        try #require(!peaks.isEmpty)
        for name in peaks {
            let file = name.dropFirst("peak_before_scaling.".count)
            let reference = try ReferenceAudio(path: set.url("fixtures/ref_audio/\(file)").path, rate: 32000)
            let difference = largestDifference([reference.peak], try golden.floats(name))
            #expect(difference <= golden.tolerance(name, otherwise: 1e-6), "\(difference)")
            let field = "audio32k_head.\(file)"
            guard golden.contains(field) else { continue }
            let expected = try golden.floats(field)
            let head = Array(reference.spectrogramInput.prefix(expected.count))
            #expect(largestDifference(head, expected) <= golden.tolerance(field, otherwise: 2e-6))
        }
    }

    @Test(arguments: [(47999, false), (48000, true), (160_000, true), (160_001, false)])
    func lastsThreeToTenSeconds(_ count: Int, _ allowed: Bool) throws {
        let bytes = WaveFile.pcm16(samples: [Int16](repeating: 7, count: count))
        if allowed {
            #expect(try ReferenceAudio(bytes: bytes).semanticInput.count == count + 9600)
        } else {
            let error = #expect(throws: AudioError.self) { try ReferenceAudio(bytes: bytes, name: "a.wav") }
            #expect(error?.code == .referenceLength)
            #expect(error?.message.contains("a.wav lasts \(count < 50000 ? "3.0" : "10.0") s") == true)
            #expect(try ReferenceAudio(bytes: bytes, role: .auxiliary).semanticInput.isEmpty)
        }
    }

    @Test func anHourIsRefusedByTheRule() {
        let bytes = WaveFile.pcm16(rate: 100, samples: [Int16](repeating: 0, count: 360_000))
        let error = #expect(throws: AudioError.self) { try ReferenceAudio(bytes: bytes) }
        #expect(error?.code == .referenceLength)
        #expect(error?.message.contains("3600.0 s") == true)
    }

    @Test func moreThanTwoChannelsAreAveraged() throws {
        let mono = (0..<64000).map { Int16($0 % 3000) }
        var three = [Int16]()
        for sample in mono {
            three += [sample, 0, sample * 2]
        }
        let averaged = try ReferenceAudio(bytes: WaveFile.pcm16(channels: 3, samples: three))
        let plain = try ReferenceAudio(bytes: WaveFile.pcm16(samples: mono))
        #expect(largestDifference(averaged.spectrogramInput, plain.spectrogramInput) < 1e-6)
        #expect(largestDifference(averaged.semanticInput, plain.semanticInput) < 1e-6)
        #expect(averaged.contentHash != plain.contentHash)
    }

    @Test func aPeakAboveOneIsDividedByAtMostTwo() throws {
        let samples = (0..<64000).map { Float(sin(Double($0) / 100)) }
        for (gain, divisor) in [(Float(0.5), Float(1)), (1.5, 1.5), (4, 2)] {
            let reference = try ReferenceAudio(bytes: WaveFile.float(samples.map { $0 * gain }), rate: 16000)
            #expect(abs(reference.peak - gain) < 1e-3)
            #expect(abs(Fragments.peak(reference.spectrogramInput) - gain / divisor) < 1e-3)
        }
    }
}
