import Foundation
import TestSupport
import Testing

@testable import Audio

/// The rates in a golden name such as `resample.sinc.44100_16000`.
private func rates(_ name: String) throws -> (from: Int, to: Int) {
    let parts = (name.split(separator: ".").last ?? "").split(separator: "_").compactMap { Int($0) }
    return (try #require(parts.first), try #require(parts.dropFirst().first))
}

@Suite struct SincResamplerTests {
    static let sets = Fixtures.modelGoldens(bundled: "audio")

    @Test(arguments: sets) func kernelsEqualTheReference(_ set: GoldenSet) throws {
        let golden = try set.stage("audio")
        let names = golden.names.filter { $0.hasPrefix("resample.kernel.") }
        try #require(!names.isEmpty)
        for name in names {
            let (from, to) = try rates(name)
            let kernel = try SincResampler(from: from, to: to).denseKernel()
            #expect(try golden.shape(name) == [kernel.count, 1, kernel.first?.count ?? 0])
            let difference = largestDifference(kernel.flatMap { $0 }, try golden.floats(name))
            #expect(difference <= golden.tolerance(name, otherwise: 1e-5), "\(name): \(difference)")
        }
    }

    @Test(arguments: sets) func signalsEqualTheReference(_ set: GoldenSet) throws {
        let golden = try set.stage("audio")
        let names = golden.names.filter { $0.hasPrefix("resample.sinc.") }
        try #require(!names.isEmpty)
        for name in names {
            let functional = name.hasSuffix("_functional")
            let (from, to) = try rates(functional ? String(name.dropLast("_functional".count)) : name)
            let input = try golden.floats("resample.in.\(from)")
            let output = try SincResampler(from: from, to: to).resample(input)
            let difference = largestDifference(output, try golden.floats(name))
            let tolerance = golden.tolerance(name, otherwise: functional ? 1e-5 : 2e-4)
            #expect(difference <= tolerance, "\(name): \(difference)")
        }
    }

    @Test func keepsTheFilterOnlyWhereItIsNotZero() throws {
        // 44,101 and 32,000 have no common divisor: dense rows would take 32,000 × 44,119 numbers.
        let resampler = try SincResampler(from: 44101, to: 32000)
        let tone = (0..<44101).map { Float(sin(2 * Double.pi * 440 * Double($0) / 44101)) }
        let output = resampler.resample(tone)
        #expect(output.count == 32000)
        let expected = (0..<32000).map { Float(sin(2 * Double.pi * 440 * Double($0) / 32000)) }
        #expect(largestDifference(Array(output[100..<31900]), Array(expected[100..<31900])) < 2e-3)
    }

    @Test(arguments: [(1, 32000), (768_000, 32000), (8000, 768_000), (3, 2)])
    func extremeRatesKeepTheLength(_ from: Int, _ to: Int) throws {
        let resampler = try SincResampler(from: from, to: to)
        for count in [0, 1, 2, 20] {
            let output = resampler.resample([Float](repeating: 0.25, count: count))
            let expected = Int((Double(count * to) / Double(from)).rounded(.up))
            #expect(output.count == expected)
            #expect(output.allSatisfy { $0.isFinite })
        }
    }

    @Test func equalRatesReturnTheInput() throws {
        let input: [Float] = [0.5, -0.25, 2]
        #expect(try SincResampler(from: 32000, to: 32000).resample(input) == input)
    }

    @Test(arguments: [(0, 16000), (16000, -1), (16000, 768_001), (Int.min, Int.max)])
    func refusesImpossibleRates(_ from: Int, _ to: Int) throws {
        let sinc = #expect(throws: AudioError.self) { try SincResampler(from: from, to: to) }
        #expect(sinc?.code == .invalidArgument)
        let soxr = #expect(throws: AudioError.self) { try SoxrResampler.resample([0], from: from, to: to) }
        #expect(soxr?.code == .invalidArgument)
    }
}

@Suite struct SoxrResamplerTests {
    static let sets = Fixtures.modelGoldens(bundled: "audio")

    @Test(arguments: sets) func signalsEqualTheReference(_ set: GoldenSet) throws {
        let golden = try set.stage("audio")
        let names = golden.names.filter { $0.hasPrefix("resample.soxr_hq.") }
        try #require(!names.isEmpty)
        for name in names {
            let (from, to) = try rates(name)
            let output = try SoxrResampler.resample(try golden.floats("resample.in.\(from)"), from: from, to: to)
            let difference = largestDifference(output, try golden.floats(name))
            #expect(difference <= golden.tolerance(name, otherwise: 1e-5), "\(name): \(difference)")
        }
    }

    @Test(arguments: sets) func recordingsEqualTheReference(_ set: GoldenSet) throws {
        let golden = try set.stage("audio")
        let names = golden.names.filter { $0.hasPrefix("load16k.") }
        try #require(!names.isEmpty)
        for name in names {
            let file = name.dropFirst("load16k.".count)
            let clip = try AudioDecoder().decode(path: set.url("fixtures/ref_audio/\(file)").path)
            let output = try SoxrResampler.resample(clip.mono(), from: clip.sampleRate, to: 16000)
            let difference = largestDifference(output, try golden.floats(name))
            #expect(difference <= golden.tolerance(name, otherwise: 1e-5), "\(name): \(difference)")
        }
    }

    @Test func emptyAndEqualRatesReturnTheInput() throws {
        #expect(try SoxrResampler.resample([], from: 44100, to: 16000).isEmpty)
        #expect(try SoxrResampler.resample([1, 2], from: 16000, to: 16000) == [1, 2])
    }
}
