import Checkpoints
import TestSupport
import Testing
import Torch

@testable import Models

/// What the model refuses, and how it behaves apart from its numbers.
@Suite struct SoVITSInputTests {
    /// A model small enough to be built for each test, unlike any published one: other widths, stages and blocks.
    private static let configuration: SoVITSConfiguration = {
        var configuration = SoVITSConfiguration()
        configuration.latentWidth = 6
        configuration.hiddenWidth = 12
        configuration.filterWidth = 10
        configuration.headCount = 3
        configuration.layerCount = 3
        configuration.feedForwardKernel = 5
        configuration.styleWidth = 8
        configuration.decoderWidth = 16
        configuration.upsamplings = [.init(rate: 4, kernel: 10), .init(rate: 3, kernel: 3)]
        configuration.residualBlocks = [.init(kernel: 3, dilations: [1, 2]), .init(kernel: 5, dilations: [4])]
        return configuration
    }()

    private func model(_ configuration: SoVITSConfiguration = Self.configuration) throws -> SoVITS {
        try SoVITS.random(configuration, featureWidth: 7, symbolCount: 20, referenceBins: 9)
    }

    private func style(_ model: SoVITS, seed: UInt64 = 5) throws -> Tensor {
        try model.styleEmbedding(of: Generator(seed: seed).normal([1, 11, 30]))
    }

    private func speakerModel(dtype: DType = .float32) throws -> SoVITS {
        try SoVITS.random(
            Self.configuration, featureWidth: 7, symbolCount: 20, referenceBins: 9,
            speaker: (width: 10, textStyleWidth: 4), dtype: dtype)
    }

    @Test(arguments: [DType.float32, .bfloat16, .float16]) func speakersChangeTheStyle(_ dtype: DType) throws {
        let model = try speakerModel(dtype: dtype)
        #expect(model.version == .v2Pro && model.speakerWidth == 10)
        let spectrogram = try Generator(seed: 5).normal([1, 11, 30])
        let styles = try [1, 2].map {
            try model.styleEmbedding(of: spectrogram, speaker: Generator(seed: $0).normal([1, 10]))
        }
        #expect(styles.allSatisfy { $0.shape == [1, 1, 8] && $0.dtype == dtype })
        #expect(largestDifference(try styles[0].floats(), try styles[1].floats()) > 0.1)
        let audio = try speak(model, styles: styles)
        #expect(audio.count == 3 * 2 * 12)
        #expect(try speak(model, styles: [styles[0]]) != audio)
    }

    @Test func speakersAreRefusedWhereTheyDoNotFit() throws {
        let spectrogram = try Tensor.ones([1, 9, 30])
        let without = #expect(throws: ModelError.self) { try speakerModel().styleEmbedding(of: spectrogram) }
        #expect(without?.code == .input)
        let wrong = #expect(throws: ModelError.self) {
            try speakerModel().styleEmbedding(of: spectrogram, speaker: .zeros([1, 11]))
        }
        #expect(wrong?.message.contains("[1, 11]") == true)
        let needless = #expect(throws: ModelError.self) {
            try model().styleEmbedding(of: spectrogram, speaker: .zeros([1, 10]))
        }
        #expect(needless?.code == .input)
    }

    private func speak(
        _ model: SoVITS, codes: [Int] = [1, 2, 3], phones: [Int] = [4, 5], styles: [Tensor]? = nil, speed: Double = 1,
        seed: UInt64 = 1, checkpoint: () throws -> Void = {}
    ) throws -> [Float] {
        try model.decode(
            codes: codes, phones: phones, styles: styles ?? [style(model)], speed: speed,
            generator: Generator(seed: seed), checkpoint: checkpoint
        ).floats()
    }

    @Test func otherSizesWork() throws {
        let model = try model()
        #expect(model.upsampleFactor == 12 && model.referenceBins == 9)
        let audio = try speak(model)
        #expect(audio.count == 3 * 2 * 12)
        #expect(audio.allSatisfy { abs($0) <= 1 })
        #expect(Set(audio).count > 10, "it makes a sound")
    }

    @Test func speedDecidesTheLength() throws {
        let model = try model()
        // int(6 / speed) + 1 frames at any speed but 1.
        for (speed, frames) in [(1.0, 6), (0.5, 13), (2, 4), (1.1, 6), (0.999, 7), (100, 1)] {
            #expect(try speak(model, speed: speed).count == frames * 12)
        }
    }

    @Test func sameSeedSameSpeech() throws {
        let model = try model()
        #expect(try speak(model, seed: 7) == speak(model, seed: 7))
        #expect(try speak(model, seed: 7) != speak(model, seed: 8))
    }

    @Test func halfPrecisionSpeaksNearlyTheSame() throws {
        let exact = try model()
        let half = try SoVITS.random(
            Self.configuration, featureWidth: 7, symbolCount: 20, referenceBins: 9, dtype: .bfloat16)
        let features = try Generator(seed: 2).normal([1, 7, 20])
        #expect(try half.semanticTokens(ssl: features.to(.bfloat16)).count == 10)
        let style = try style(half)
        #expect(style.dtype == .bfloat16)
        #expect(largestDifference(try style.floats(), try self.style(exact).floats()) < 0.05)
        let (wanted, audio) = (try speak(exact), try speak(half, styles: [style]))
        #expect(audio.count == wanted.count)
        #expect(largestDifference(audio, wanted) < 0.1)
    }

    @Test func drawsOneNormalOfTheLatentsShape() throws {
        let model = try model()
        let used = try Generator(seed: 11)
        _ = try model.decode(codes: [1, 2], phones: [3], styles: [style(model)], generator: used)
        let expected = try Generator(seed: 11)
        _ = try expected.normal([1, 6, 4])
        #expect(try used.normal([5]).floats() == expected.normal([5]).floats())
    }

    @Test func windowsDoNotChangeTheSamples() throws {
        let model = try model()
        let generator = try Generator(seed: 3)
        let latent = try generator.normal([1, 57, 6])
        let style = try style(model)
        let whole = try model.decoder(latent, style: style) {}.floats()
        for length in [1, 10, 19, 56] {
            let windowed = try model.decoder(latent, style: style, windowLength: length) {}.floats()
            #expect(largestDifference(whole, windowed) <= 1e-5, "windows of \(length) frames")
        }
    }

    @Test func oddPaddingIsDecodedWhole() throws {
        var configuration = Self.configuration
        configuration.upsamplings = [.init(rate: 4, kernel: 9), .init(rate: 3, kernel: 3)]
        let model = try model(configuration)
        let latent = try Generator(seed: 3).normal([1, 20, 6])
        // (20 − 1) × 4 − 2 × 2 + 9 = 81 frames after the first stage.
        let audio = try model.decoder(latent, style: style(model), windowLength: 5) {}
        #expect(audio.shape == [81 * 3])
    }

    @Test(arguments: [1, 3, 4, 5, 9, 511, 512, 513, 530, 1030])
    func relativeAttentionEqualsItsDefinition(_ time: Int) throws {
        let (width, heads) = (6, 2)
        let generator = try Generator(seed: 9)
        var tensors: [String: Tensor] = [:]
        for name in ["conv_q", "conv_k", "conv_v", "conv_o"] {
            tensors["\(name).weight"] = try generator.normal([width, width, 1]) * 0.5
            tensors["\(name).bias"] = try generator.normal([width])
        }
        tensors["emb_rel_k"] = try generator.normal([1, 9, width / heads])
        tensors["emb_rel_v"] = try generator.normal([1, 9, width / heads])
        let scope = WeightScope(tensors, dtype: .float32, device: .cpu)
        let frames = try generator.normal([1, time, width])
        let result = try RelativeAttention(scope, width: width, headCount: heads)(frames).floats()
        let wanted = try Self.attend(frames, tensors, heads: heads)
        #expect(largestDifference(result, wanted) <= 1e-5)
    }

    /// Attention with relative positions, written out for all pairs of frames with a mask.
    private static func attend(_ frames: Tensor, _ tensors: [String: Tensor], heads: Int) throws -> [Float] {
        let (time, width) = (frames.size(1), frames.size(2))
        func tensor(_ name: String) throws -> Tensor { try #require(tensors[name]) }
        func project(_ name: String, _ input: Tensor) throws -> Tensor {
            try input.linear(tensor("\(name).weight").squeeze(2), tensor("\(name).bias"))
        }
        func split(_ name: String) throws -> Tensor {
            try project(name, frames).reshape([time, heads, width / heads]).transpose(0, 1)
        }
        let query = try split("conv_q") / Double(width / heads).squareRoot()
        let positions = try Tensor.arange(0, Double(time))
        let distance = try positions.unsqueeze(0) - positions.unsqueeze(1) + 4  // [query, key]
        let isNear = try distance.greater(than: -1).and(distance.less(than: 9)).to(.float32).unsqueeze(2)
        let index = try distance.clamp(low: 0, high: 8).to(.int64)
        let keys = try tensor("emb_rel_k").squeeze(0).embedding(index) * isNear  // [query, key, headDim]
        let values = try tensor("emb_rel_v").squeeze(0).embedding(index) * isNear
        let near = try query.transpose(0, 1).matmul(keys.transpose(1, 2)).transpose(0, 1)
        let weights = try (query.matmul(split("conv_k").transpose(1, 2)) + near).softmax(-1)  // [heads, query, key]
        let nearValues = try weights.transpose(0, 1).matmul(values).transpose(0, 1)
        let output = try weights.matmul(split("conv_v")) + nearValues
        return try project("conv_o", output.transpose(0, 1).reshape([1, time, width])).floats()
    }

    @Test func checkpointIsCalledOftenAndEndsTheWork() throws {
        struct Stop: Error {}
        let model = try model()
        var calls = 0
        _ = try speak(model) { calls += 1 }
        #expect(calls == 1 + Flow.couplingCount + 2 * 2)
        for limit in 1...calls {
            var left = limit
            #expect(throws: Stop.self) {
                try speak(model) {
                    left -= 1
                    if left == 0 { throw Stop() }
                }
            }
            #expect(left == 0)
        }
    }

    @Test func refusesWhatDoesNotFit() throws {
        let model = try model()
        let style = try style(model)
        func expectInput(_ part: String, _ body: () throws -> Void) {
            let error = #expect(throws: ModelError.self, "\(part)") { try body() }
            #expect(error?.code == .input)
            #expect(error?.message.contains(part) == true, "\(error?.message ?? "") names \(part)")
        }
        expectInput("semantic token 1024 at position 1") { _ = try speak(model, codes: [1, 1024]) }
        expectInput("semantic token -1 at position 0") { _ = try speak(model, codes: [-1]) }
        expectInput("no semantic token") { _ = try speak(model, codes: []) }
        expectInput("phoneme id 20 at position 2") { _ = try speak(model, phones: [0, 19, 20]) }
        expectInput("no phoneme id") { _ = try speak(model, phones: []) }
        for speed in [0, -1, .infinity, .nan, 1e-300, 1e-5] as [Double] {
            expectInput("speed") { _ = try speak(model, speed: speed) }
        }
        expectInput("split the text") { _ = try speak(model, codes: Array(repeating: 1, count: 30_001)) }
        expectInput("styles must be") { _ = try speak(model, styles: []) }
        expectInput("[1, 2, 8]") { _ = try speak(model, styles: [style, Tensor.zeros([1, 2, 8])]) }
        expectInput("[1, 8, 30]") { _ = try model.styleEmbedding(of: .zeros([1, 8, 30])) }
        expectInput("[1, 9, 0]") { _ = try model.styleEmbedding(of: .zeros([1, 9, 0])) }
        expectInput("[9, 30]") { _ = try model.styleEmbedding(of: .zeros([9, 30])) }
        expectInput("[1, 7, 1]") { _ = try model.semanticTokens(ssl: .zeros([1, 7, 1])) }
        expectInput("[1, 30, 7]") { _ = try model.semanticTokens(ssl: .zeros([1, 30, 7])) }
        for (tokens, shape) in [(0, [1, 2, 12]), (4, [1, 2, 12]), (1, [1, 3, 12]), (1, [1, 2, 11]), (1, [2, 12])] {
            expectInput("overlap with a latent of shape \(shape)") {
                _ = try model.decodeChunk(
                    codes: [1, 2, 3], phones: [1], styles: [style],
                    continuing: .init(tokens: tokens, overlap: .zeros(shape)), generator: Generator(seed: 1))
            }
        }
    }

    @Test func noNumberIsAnError() throws {
        let model = try model()
        let damaged = try Tensor([Float](repeating: .nan, count: 8), shape: [1, 1, 8])
        let error = #expect(throws: ModelError.self) { try speak(model, styles: [damaged]) }
        #expect(error?.code == .notFinite)
    }
}
