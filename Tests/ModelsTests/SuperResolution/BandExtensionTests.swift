import Audio
import Checkpoints
import Foundation
import TestSupport
import Testing
import Torch

@testable import Models

/// Parity of the bandwidth extension with the Python reference, and what it refuses.
@Suite struct BandExtensionTests {
    static let sets = Fixtures.modelGoldens(bundled: "models/vocoders")

    private static func folder(_ set: GoldenSet) -> String { set.url("fixtures/apbwe/24kto48k").path }

    private static func model(dtype: DType = .float32) throws -> BandExtension {
        try BandExtension(folder: folder(#require(sets.first)), dtype: dtype)
    }

    /// A golden `[1, bins, frames]` as the model has it.
    private func spectrum(_ golden: Golden, _ suffix: String) throws -> BandExtension.Spectrum {
        BandExtension.Spectrum(
            logAmplitude: try golden.tensor("apbwe.logamp_\(suffix)").transpose(1, 2),
            phase: try golden.tensor("apbwe.phase_\(suffix)").transpose(1, 2))
    }

    /// The largest difference of two phases, modulo a turn, where the amplitude is not tiny.
    private func phaseDifference(
        _ found: BandExtension.Spectrum, _ wanted: BandExtension.Spectrum, above limit: Float
    ) throws -> Float {
        let amplitudes = try wanted.logAmplitude.floats()
        var largest: Float = 0
        for (index, (first, second)) in zip(try found.phase.floats(), try wanted.phase.floats()).enumerated()
        where amplitudes[index] > limit {
            largest = max(largest, abs((first - second).remainder(dividingBy: 2 * .pi)))
        }
        return largest
    }

    /// The largest difference where the transform does not see the zeros beyond the edges: next to them there are bins without
    /// energy, whose phases are decided by rounding. The repository's own set is known to have none.
    private static func inner(_ audio: [Float], _ wanted: [Float], of set: GoldenSet) -> Float {
        let edge = set.name == "bundled" ? 0 : 1024
        guard audio.count == wanted.count, audio.count > 2 * edge else { return .infinity }
        return largestDifference(Array(audio[edge..<audio.count - edge]), Array(wanted[edge..<wanted.count - edge]))
    }

    @Test(arguments: sets) func everyStageMatches(_ set: GoldenSet) throws {
        let golden = try set.stage("vocoder")
        let model = try BandExtension(folder: Self.folder(set))
        let half = model.configuration.transformLength / 2
        let signal = try golden.tensor("apbwe.resampled").pad([half, half], .reflect)
        let (heard, narrow) = (try model.analyze(signal), try spectrum(golden, "in"))
        #expect(heard.logAmplitude.shape == narrow.logAmplitude.shape)
        #expect(largestDifference(try heard.logAmplitude.floats(), try narrow.logAmplitude.floats()) <= 1e-5)
        #expect(try phaseDifference(heard, narrow, above: -4) <= 1e-3)

        let (widened, wide) = (try model.widen(narrow) {}, try spectrum(golden, "out"))
        let difference = largestDifference(try widened.logAmplitude.floats(), try wide.logAmplitude.floats())
        #expect(difference <= golden.tolerance("apbwe.logamp_out", otherwise: 1e-5), "\(difference)")
        #expect(
            try phaseDifference(widened, wide, above: -20) <= golden.tolerance("apbwe.phase_out", otherwise: 5e-4))

        let audio = try model.synthesize(wide).floats()
        let last = largestDifference(audio, try golden.floats("apbwe.audio"))
        #expect(last <= golden.tolerance("apbwe.audio", otherwise: 1e-6), "\(last)")
    }

    @Test(arguments: sets) func audioMatches(_ set: GoldenSet) throws {
        let golden = try set.stage("vocoder")
        let model = try BandExtension(folder: Self.folder(set))
        let wanted = try golden.floats("apbwe.audio")
        let audio = try model.extend(golden.floats("apbwe.resampled"), rate: 48_000)
        #expect(audio.count == wanted.count)
        // The repository's own set is louder.
        let tolerance = golden.tolerance("apbwe.audio", otherwise: 5e-6)
        let difference = Self.inner(audio, wanted, of: set)
        #expect(difference <= tolerance, "\(difference)")

        guard golden.contains("apbwe.in") else { return }
        let resampled = try model.resample(golden.floats("apbwe.in"), rate: 24_000)
        let wantedResampled = try golden.floats("apbwe.resampled")
        #expect(
            largestDifference(resampled, wantedResampled) <= golden.tolerance("apbwe.resampled", otherwise: 1e-6))
        let fromInput = try model.extend(golden.floats("apbwe.in"), rate: 24_000)
        #expect(fromInput.count == wanted.count)
        // Where libtorch rounds a last bit otherwise, on another processor, the phases of empty bins turn, which the network hears.
        let whole = Self.inner(fromInput, wanted, of: set)
        #expect(whole <= (resampled == wantedResampled ? tolerance : 1e-4), "\(whole)")
    }

    @Test(arguments: [(24_000, 1), (24_000, 5000), (44_100, 777), (24_001, 300), (48_000, 9)])
    func resamplesAsTheSparseFilters(_ rate: Int, _ count: Int) throws {
        let model = try Self.model()
        let samples = try Generator(seed: 11).normal([count]).floats()
        let expected = try SincResampler(from: rate, to: model.samplingRate).resample(samples)
        let resampled = try model.resample(samples, rate: rate)
        #expect(resampled.count == expected.count)
        // Positions within a block of 147 samples in single precision cost some digits.
        #expect(largestDifference(resampled, expected) <= 1e-4)
        #expect(try model.resample([], rate: rate).isEmpty)
    }

    @Test func windowsDoNotChangeTheSamples() throws {
        let model = try Self.model()
        let samples = try Generator(seed: 8).normal([5000]).floats().map { $0 * 0.2 }
        let whole = try model.extend(samples, windowLength: 1 << 20) {}
        #expect(whole.count == 5000)
        for length in [20, 77, 125, 250, 251] {
            let windowed = try model.extend(samples, windowLength: length) {}
            #expect(largestDifference(whole, windowed) <= 1e-4, "\(length) frames")
        }
    }

    @Test(arguments: [0, 1, 19, 20, 21, 64, 65, 1999]) func anyLength(_ count: Int) throws {
        let model = try Self.model()
        let samples = [Float](repeating: 0.1, count: count)
        let audio = try model.extend(samples, rate: 48_000)
        #expect(audio.count == count / model.configuration.hopLength * model.configuration.hopLength)
        #expect(audio.allSatisfy { $0.isFinite })
    }

    @Test func halfPrecisionIsNearlyTheSame() throws {
        let samples = try Generator(seed: 8).normal([2000]).floats().map { $0 * 0.2 }
        let exact = try Self.model().extend(samples, rate: 24_000)
        let half = try Self.model(dtype: .bfloat16).extend(samples, rate: 24_000)
        let power = exact.reduce(0) { $0 + $1 * $1 }
        let error = zip(exact, half).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        #expect((error / power).squareRoot() < 0.2, "\((error / power).squareRoot())")
    }

    @Test func refusesWhatDoesNotFit() throws {
        let model = try Self.model()
        #expect(throws: (any Error).self) { try model.extend([0, 0], rate: 0) }
        let error = #expect(throws: ModelError.self) {
            try model.extend([Float](repeating: .nan, count: 500), rate: 48_000)
        }
        #expect(error?.code == .notFinite)
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try model.extend([Float](repeating: 0, count: 500), rate: 48_000) { throw Stop() }
        }
    }

    @Test func everyTensorIsNeeded() throws {
        let folder = Self.folder(try #require(Self.sets.first))
        let configuration = try BandExtensionConfiguration(path: folder + "/config.json")
        let tensors = try CheckpointFile.open(path: folder + "/g_24kto48k.zip").tensors(under: "generator")
        for name in tensors.keys.sorted() {
            var damaged = tensors
            damaged[name] = nil
            let error = #expect(throws: ModelError.self, "\(name)") {
                try BandExtension(configuration, weights: WeightScope(damaged, dtype: .float32, device: .cpu))
            }
            #expect(error?.code == .weights)
            #expect(error?.description.contains(name) == true)
        }
    }

    @Test(arguments: [
        ("\"ConvNeXt_layers\": 2", "\"ConvNeXt_layers\": 0", "ConvNeXt_layers"), ("128", "127", "n_fft 127"),
        ("\"hop_size\": 20", "\"hop_size\": 41", "hop_size 41"), ("80", "130", "win_size 130"),
        ("24,", "-1,", "channels"),
        ("48000", "\"48000\"", "config.json"),
    ]) func damagedConfigurationsAreNamed(_ old: String, _ new: String, _ part: String) throws {
        let source = Self.folder(try #require(Self.sets.first)) + "/config.json"
        let text = try String(contentsOfFile: source, encoding: .utf8)
        let damaged = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).config.json")
        defer { try? FileManager.default.removeItem(at: damaged) }
        try Data(text.replacing(old, with: new, maxReplacements: 1).utf8).write(to: damaged)
        let error = #expect(throws: ModelError.self) { try BandExtensionConfiguration(path: damaged.path) }
        #expect(error?.code == .weights)
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "") names \(part)")
    }
}
