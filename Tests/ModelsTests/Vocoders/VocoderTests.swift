import Checkpoints
import Foundation
import TestSupport
import Testing
import Torch

@testable import Models

/// Parity of the vocoders with the Python reference, and what they refuse.
@Suite struct VocoderTests {
    static let sets = Fixtures.modelGoldens(bundled: "models/vocoders")
    static let bigVGANName = "fixtures/pretrained_models/models--nvidia--bigvgan_v2_24khz_100band_256x"
    static let hifiGANName = "fixtures/pretrained_models/gsv-v4-pretrained/vocoder.pth"

    private static func compare(
        _ tensor: Tensor, _ golden: Golden, _ field: String, _ tolerance: Float,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let comparable = try tensor.rank == 3 ? tensor.transpose(1, 2) : tensor.reshape([1, 1, -1])
        #expect(comparable.shape == (try golden.shape(field)), "\(field)", sourceLocation: sourceLocation)
        let difference = largestDifference(try comparable.floats(), try golden.floats(field))
        let allowed = golden.tolerance(field, otherwise: tolerance)
        #expect(difference <= allowed, "\(field): \(difference)", sourceLocation: sourceLocation)
    }

    // MARK: Parity

    @Test(arguments: sets, ["bigvgan", "bigvgan2"]) func bigVGANMatches(_ set: GoldenSet, _ name: String) throws {
        let golden = try set.stage("vocoder")
        guard golden.contains("\(name).mel") else {
            #expect(set.name == "shared" && name == "bigvgan2")
            return
        }
        let folder = set.url(Self.bigVGANName + (name == "bigvgan" ? "" : "-other")).path
        let model = try BigVGAN(folder: folder)
        let mel = try golden.tensor("\(name).mel")
        let frames = try mel.transpose(1, 2)
        try Self.compare(model.enter(frames), golden, "\(name).conv_pre", 1e-4)
        for (index, block) in try model.firstBlocks(frames).prefix(2).enumerated() {
            try Self.compare(block, golden, "\(name).res\(index)", 1e-4)
        }
        try Self.compare(model.decode(mel), golden, "\(name).audio", 2e-5)
        #expect(model.samplingRate == 24_000)
    }

    @Test(arguments: sets) func hifiGANMatches(_ set: GoldenSet) throws {
        let golden = try set.stage("vocoder")
        let model = try HiFiGANVocoder(path: set.url(Self.hifiGANName).path)
        let mel = try golden.tensor("hifigan48k.mel")
        let frames = try mel.transpose(1, 2)
        try Self.compare(model.decoder.enter(frames), golden, "hifigan48k.conv_pre", 5e-5)
        let entering = try #require(try model.decoder.firstStage(frames, style: nil))
        for (index, block) in try model.decoder.firstBlocks(entering).prefix(2).enumerated() {
            try Self.compare(block, golden, "hifigan48k.res\(index)", 5e-5)
        }
        try Self.compare(model.decode(mel), golden, "hifigan48k.audio", 1e-5)
        #expect(model.samplingRate == 48_000 && model.hopLength == 480)
    }

    // MARK: Behaviour

    private static func vocoders(dtype: DType = .float32) throws -> [any Vocoder] {
        let set = try #require(sets.first)
        return [
            try BigVGAN(folder: set.url(bigVGANName).path, dtype: dtype),
            try BigVGAN(folder: set.url(bigVGANName + "-other").path, dtype: dtype),
            try HiFiGANVocoder(path: set.url(hifiGANName).path, dtype: dtype),
        ]
    }

    @Test(arguments: [DType.bfloat16, .float16]) func halfPrecisionSpeaksNearlyTheSame(_ dtype: DType) throws {
        for (exact, half) in zip(try Self.vocoders(), try Self.vocoders(dtype: dtype)) {
            let mel = try Generator(seed: 3).normal([1, exact.bandCount, 9])
            let (wanted, samples) = (try exact.decode(mel).floats(), try half.decode(mel))
            #expect(samples.dtype == .float32)
            let power = wanted.reduce(0) { $0 + $1 * $1 }
            let error = zip(wanted, try samples.floats()).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            let relative = (error / power).squareRoot()
            #expect(relative < (dtype == .bfloat16 ? 0.1 : 0.02), "\(type(of: exact)): \(relative)")
        }
    }

    @Test func windowsDoNotChangeTheSamples() throws {
        let set = try #require(Self.sets.first)
        let bigVGAN = try BigVGAN(folder: set.url(Self.bigVGANName).path)
        let mel = try Generator(seed: 4).normal([1, bigVGAN.bandCount, 300])
        let whole = try bigVGAN.decode(mel).floats()
        for length in [7, 100, 299] {
            let windowed = try bigVGAN.decode(mel, windowLength: length) {}.floats()
            #expect(largestDifference(whole, windowed) <= 1e-5, "\(length) frames")
        }
        let hifiGAN = try HiFiGANVocoder(path: set.url(Self.hifiGANName).path)
        let frames = try Generator(seed: 4).normal([1, 90, hifiGAN.bandCount])
        let wanted = try hifiGAN.decoder(frames, style: nil) {}.floats()
        let windowed = try hifiGAN.decoder(frames, style: nil, windowLength: 40) {}.floats()
        #expect(largestDifference(wanted, windowed) <= 1e-5)
    }

    @Test func oneFrameIsEnough() throws {
        for vocoder in try Self.vocoders() {
            let samples = try vocoder.decode(.zeros([1, vocoder.bandCount, 1]))
            #expect(samples.shape == [vocoder.hopLength])
            #expect(try samples.floats().allSatisfy { abs($0) <= 1 })
        }
    }

    @Test func checkpointIsCalledOftenAndEndsTheWork() throws {
        struct Stop: Error {}
        for vocoder in try Self.vocoders() {
            let mel = try Tensor.zeros([1, vocoder.bandCount, 3])
            var calls = 0
            _ = try vocoder.decode(mel) { calls += 1 }
            #expect(calls >= 4)
            var left = calls - 1
            #expect(throws: Stop.self) {
                try vocoder.decode(mel) {
                    left -= 1
                    if left == 0 { throw Stop() }
                }
            }
        }
    }

    @Test func refusesWhatDoesNotFit() throws {
        for vocoder in try Self.vocoders() {
            for shape in [
                [1, vocoder.bandCount + 1, 5], [1, vocoder.bandCount, 0], [vocoder.bandCount, 5],
                [2, vocoder.bandCount, 5],
            ] {
                let error = #expect(throws: ModelError.self) { try vocoder.decode(.zeros(shape)) }
                #expect(error?.code == .input)
                #expect(error?.message.contains("\(shape)") == true)
            }
            let error = #expect(throws: ModelError.self) {
                try vocoder.decode(.full([1, vocoder.bandCount, 5], .nan))
            }
            #expect(error?.code == .notFinite)
        }
    }

    // MARK: Files

    @Test func everyTensorIsNeeded() throws {
        let set = try #require(Self.sets.first)
        let folder = set.url(Self.bigVGANName).path
        let configuration = try BigVGANConfiguration(path: folder + "/config.json")
        let tensors = try CheckpointFile.open(path: folder + "/bigvgan_generator.pt").tensors(under: "generator")
        var kinds = Set<String>()
        for name in tensors.keys.sorted() where kinds.insert(String(name.filter { !$0.isNumber })).inserted {
            var damaged = tensors
            damaged[name] = nil
            let build = { try BigVGAN(configuration, weights: WeightScope(damaged, dtype: .float32, device: .cpu)) }
            if name.hasSuffix("filter") {
                #expect(throws: Never.self) { try build() }
                continue
            }
            let error = #expect(throws: ModelError.self, "\(name)") { try build() }
            #expect(error?.code == .weights)
            #expect(error?.description.contains(name.replacing("weight_v", with: "weight")) == true)
        }
        #expect(kinds.count > 15)
    }

    @Test func computedFiltersEqualThoseInTheFile() throws {
        let file = try #require(Self.sets.first).url(Self.bigVGANName + "/bigvgan_generator.pt")
        let weights = WeightScope(
            try CheckpointFile.open(path: file.path).tensors(under: "generator"), dtype: .float32, device: .cpu)
        let computed = KaiserFilter.taps(cutoff: 0.25, halfWidth: 0.3, count: 12)
        for name in ["activation_post.upsample.filter", "activation_post.downsample.lowpass.filter"] {
            #expect(largestDifference(computed, try weights.get(name).floats()) <= 1e-7)
        }
    }

    @Test func weightsThatAreNoNumbersAreRefused() throws {
        let path = try #require(Self.sets.first).url(Self.hifiGANName).path
        let tensor = try #require(try CheckpointFile.open(path: path).tensors(under: nil)["ups.1.bias"])
        let content = tensor.withUnsafeStorageBytes { Array($0.prefix(64)) }
        var data = try Data(contentsOf: URL(fileURLWithPath: path))
        let place = try #require(data.firstRange(of: content)).lowerBound
        data.replaceSubrange(place..<place + 4, with: [UInt8](repeating: 0xFF, count: 4))
        let damaged = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).pth")
        defer { try? FileManager.default.removeItem(at: damaged) }
        try data.write(to: damaged)
        let error = #expect(throws: CheckpointError.self) { try HiFiGANVocoder(path: damaged.path) }
        #expect(error?.code == .nonFinite)
        #expect(error?.description.contains("ups.1.bias holds 1 NaN") == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ("\"upsample_rates\": [4, 2]", "\"upsample_rates\": [4]", "upsample_rates"),
        ("[8, 4]", "[8, 1]", "upsample_kernel_sizes"), ("[8, 4]", "[9, 4]", "odd"),
        ("40", "42", "upsample_initial_channel"),
        ("\"resblock\": \"1\"", "\"resblock\": \"3\"", "resblock"), ("[3, 7]", "[3, 8]", "resblock_kernel_sizes"),
        ("12", "0", "sizes"), ("snakebeta", "relu", "config.json"), ("[[1, 3], [1, 5]]", "[[], [1]]", "sizes"),
        ("{", "", "config.json"),
    ]) func damagedConfigurationsAreNamed(_ old: String, _ new: String, _ part: String) throws {
        let source = try #require(Self.sets.first).url(Self.bigVGANName + "/config.json")
        let compact = try String(contentsOf: source, encoding: .utf8)
            .replacing(/\s+/, with: " ").replacing("[ ", with: "[").replacing(" ]", with: "]")
        let text = compact.replacing(old, with: new)
        #expect(text != compact)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(text.utf8).write(to: folder.appendingPathComponent("config.json"))
        let error = #expect(throws: ModelError.self) {
            try BigVGANConfiguration(path: folder.appendingPathComponent("config.json").path)
        }
        #expect(error?.code == .weights)
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "") names \(part)")
    }
}
