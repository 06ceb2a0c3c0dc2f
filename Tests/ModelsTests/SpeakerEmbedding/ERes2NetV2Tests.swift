import Audio
import Checkpoints
import TestSupport
import Testing
import Torch

@testable import Models

/// Parity of the speaker embedding with the Python reference, and what it refuses.
@Suite struct ERes2NetV2Tests {
    static let sets = Fixtures.modelGoldens(bundled: "models/sv")

    /// The recordings of which a set has a field.
    private static func recordings(_ field: String, in golden: Golden) -> [String] {
        golden.names.filter { $0.hasPrefix(field + ".") }.map { String($0.dropFirst(field.count + 1)) }
    }

    private static func path(_ set: GoldenSet) -> String {
        set.url("fixtures/pretrained_models/sv/pretrained_eres2netv2w24s4ep4.ckpt").path
    }

    @Test(arguments: sets) func filterBanksMatch(_ set: GoldenSet) throws {
        let golden = try set.stage("sv")
        let bank = try KaldiFilterBank()
        let recordings = Self.recordings("wav16k", in: golden)
        #expect(!recordings.isEmpty)
        for name in recordings {
            let features = try bank.compute(golden.floats("wav16k.\(name)"))
            #expect(features.shape == [1] + (try golden.shape("fbank.\(name)")))
            let difference = largestDifference(try features.floats(), try golden.floats("fbank.\(name)"))
            #expect(difference <= golden.tolerance("fbank.\(name)", otherwise: 2e-3), "\(name): \(difference)")
        }
    }

    @Test(arguments: sets) func embeddingsMatch(_ set: GoldenSet) throws {
        let golden = try set.stage("sv")
        let model = try ERes2NetV2(path: Self.path(set))
        var compared = 0
        for name in Self.recordings("emb", in: golden) {
            let tolerance = golden.tolerance("emb.\(name)", otherwise: 5e-2)
            let features = try Tensor(golden.floats("fbank.\(name)"), shape: [1] + golden.shape("fbank.\(name)"))
            let embedding = try model.embed(features: features) {}
            #expect(embedding.shape == (try golden.shape("emb.\(name)")))
            #expect(model.width == embedding.size(1))
            let difference = largestDifference(try embedding.floats(), try golden.floats("emb.\(name)"))
            #expect(difference <= tolerance, "\(name): \(difference)")
            if golden.contains("wav16k.\(name)") {
                let heard = try model.embed(golden.floats("wav16k.\(name)")).floats()
                #expect(largestDifference(heard, try golden.floats("emb.\(name)")) <= tolerance, "\(name)")
            }
            guard golden.contains("fuse34.\(name)") else { continue }
            let fused = try model.fusedFeatures(features) {}.slice(1, step: 8)
            #expect(fused.shape == (try golden.shape("fuse34.\(name)")))
            let inner = largestDifference(try fused.floats(), try golden.floats("fuse34.\(name)"))
            #expect(inner <= golden.tolerance("fuse34.\(name)", otherwise: 0.5), "\(name): \(inner)")
            compared += 1
        }
        #expect(compared > 0)
    }

    @Test(arguments: sets.filter { $0.name == "shared" }) func recordingsBecomeItsInput(_ set: GoldenSet) throws {
        let golden = try set.stage("sv")
        let bank = try KaldiFilterBank()
        for name in Self.recordings("fbank", in: golden) {
            let path = set.url("fixtures/ref_audio/\(name)").path
            let reference = try ReferenceAudio(path: path, role: .auxiliary)
            let samples = try SincResampler(from: reference.spectrogramRate, to: KaldiFilterBank.sampleRate)
                .resample(reference.spectrogramInput)
            if golden.contains("wav16k.\(name)") {
                #expect(largestDifference(samples, try golden.floats("wav16k.\(name)")) <= 1e-6, "\(name)")
            }
            let difference = largestDifference(try bank.compute(samples).floats(), try golden.floats("fbank.\(name)"))
            #expect(difference <= golden.tolerance("fbank.\(name)", otherwise: 2e-3), "\(name): \(difference)")
        }
    }

    @Test func windowsDoNotChangeTheEmbedding() throws {
        let model = try ERes2NetV2(path: Self.path(#require(Self.sets.first)))
        let features = try Generator(seed: 5).normal([1, 4 * model.margin + 3, 80])
        let whole = try model.embed(features: features, windowLength: 1 << 20) {}.floats()
        for length in [8, 100, 2 * model.margin] {
            let windowed = try model.embed(features: features, windowLength: length) {}.floats()
            #expect(largestDifference(whole, windowed) <= 1e-4 * (whole.map(abs).max() ?? 0), "\(length) frames")
        }
    }

    @Test(arguments: [(DType.bfloat16, Float(0.1)), (.float16, 0.01)])
    func halfPrecisionHearsNearlyTheSame(_ dtype: DType, _ tolerance: Float) throws {
        let set = try #require(Self.sets.first)
        let samples = try set.stage("sv").floats("wav16k.main_44k_stereo.wav")
        let exact = try ERes2NetV2(path: Self.path(set)).embed(samples).floats()
        let half = try ERes2NetV2(path: Self.path(set), dtype: dtype).embed(samples)
        #expect(half.dtype == dtype)
        let power = exact.reduce(0) { $0 + $1 * $1 }
        let error = zip(exact, try half.floats()).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let relative = (error / power).squareRoot()
        #expect(relative < tolerance, "\(relative)")
    }

    @Test func shortAndSilentRecordings() throws {
        let model = try ERes2NetV2(path: Self.path(#require(Self.sets.first)))
        let error = #expect(throws: ModelError.self) { try model.embed([Float](repeating: 0, count: 399)) }
        #expect(error?.code == .input)
        for count in [400, 560, 2000] {
            let embedding = try model.embed([Float](repeating: 0, count: count)).floats()
            #expect(embedding.count == model.width && embedding.allSatisfy { $0.isFinite })
        }
    }

    @Test func checkpointEndsTheWork() throws {
        struct Stop: Error {}
        let model = try ERes2NetV2(path: Self.path(#require(Self.sets.first)))
        var calls = 0
        #expect(throws: Stop.self) {
            try model.embed([Float](repeating: 0.1, count: 4000)) {
                calls += 1
                if calls == 3 { throw Stop() }
            }
        }
        #expect(calls == 3)
    }

    @Test func damagedFilesAreNamed() throws {
        let tensors = try CheckpointFile.open(path: Self.path(#require(Self.sets.first))).tensors(under: nil)
        let unused = ["seg_1.", "num_batches_tracked"]
        var kinds = Set<String>()
        for name in tensors.keys.sorted() where !unused.contains(where: name.contains) {
            guard kinds.insert(String(name.filter { !$0.isNumber })).inserted else { continue }
            var damaged = tensors
            damaged[name] = nil
            let error = #expect(throws: ModelError.self, "\(name)") {
                try ERes2NetV2(weights: WeightScope(damaged, dtype: .float32, device: .cpu))
            }
            #expect(error?.code == .weights)
        }
        #expect(kinds.count > 20)
    }
}
