import Audio
import TestSupport
import Testing
import Torch

@testable import Models

@Suite struct SpectrogramTests {
    @Test(arguments: Fixtures.modelGoldens(bundled: "audio")) func equalsTheReference(_ set: GoldenSet) throws {
        let golden = try set.stage("spec")
        let names = golden.names.filter { $0.hasPrefix("spec.") }
        try #require(!names.isEmpty)
        let spectrogram = try Spectrogram(filterLength: 2048, hopLength: 640, windowLength: 2048)
        for name in names {
            let path = set.url("fixtures/ref_audio/\(name.dropFirst("spec.".count))").path
            let whole = try spectrogram.compute(ReferenceAudio(path: path, role: .auxiliary).spectrogramInput)
            #expect(whole.size(1) == spectrogram.binCount)
            // Only the first frames of some recordings are kept.
            let frames = try golden.shape(name).last ?? 0
            let head = try whole.narrow(2, start: 0, length: frames)
            try expect(head, equals: name, of: golden, within: 5e-4)
        }
    }

    @Test func refusesAudioTooShortToReflect() throws {
        let spectrogram = try Spectrogram(filterLength: 2048, hopLength: 640, windowLength: 2048)
        for count in [0, 1, 704] {
            let error = #expect(throws: ModelError.self) {
                try spectrogram.compute([Float](repeating: 0, count: count))
            }
            #expect(error?.code == .input)
        }
        let shortest = try spectrogram.compute([Float](repeating: 0, count: 705))
        #expect(shortest.shape == [1, 1025, 1])
        #expect(try shortest.floats().allSatisfy { abs($0 - 1e-4) < 1e-9 })
    }

    @Test(arguments: [(0, 1, 1), (2048, 0, 2048), (2048, 640, 4096), (2048, 4096, 2048), (Int.max, 1, 1)])
    func refusesLengthsThatDoNotFit(_ filter: Int, _ hop: Int, _ window: Int) {
        #expect(throws: ModelError.self) {
            try Spectrogram(filterLength: filter, hopLength: hop, windowLength: window)
        }
    }
}
