import Checkpoints
import Foundation
import Models
import TestSupport
import Testing
import Torch

@testable import Benchmarking

@Suite struct RandomCheckpointsTests {
    private let folder: TemporaryFolder
    private let sizes = RandomCheckpoints.Sizes.small

    init() throws {
        folder = try TemporaryFolder()
    }

    private func write(_ part: BenchmarkPart) throws -> RandomCheckpoints {
        try RandomCheckpoints.write(to: folder.path + "/made/here", parts: [part], seed: 1, sizes: sizes)
    }

    private func weights(_ folder: String) throws -> WeightScope {
        WeightScope(
            try CheckpointFile.open(path: folder + "/pytorch_model.bin").tensors(under: nil), dtype: .float32,
            device: .cpu)
    }

    @Test func gptSpeaksUntilItsLimit() throws {
        let checkpoint = try GPTCheckpoint(CheckpointFile.open(path: write(.gpt).gptPath))
        #expect(Text2SemanticConfiguration(checkpoint.sizes) == sizes.gpt)
        let model = try Text2Semantic(checkpoint)
        let outputs = try model.generate(
            [Text2SemanticInput(phonemes: [1, 2, 3]), Text2SemanticInput(phonemes: [4, 5])], prompt: [6, 7],
            options: SamplingOptions(), order: .sideBySide, generator: Generator(seed: 1))
        #expect(outputs.map(\.ending) == [.earlyStop, .earlyStop])
        #expect(outputs.allSatisfy { Set($0.tokens).count > 10 })
    }

    @Test func sovitsSpeaks() throws {
        let checkpoint = try SoVITSCheckpoint(CheckpointFile.open(path: write(.sovits).sovitsPath))
        #expect(checkpoint.version.model == .v2)
        #expect(try SoVITSConfiguration(checkpoint.config) == sizes.sovits)
        let model = try SoVITS(checkpoint: checkpoint)
        #expect(model.symbolCount == 100 && model.tokenCount == 64 && model.referenceBins == 40)
        let style = try model.styleEmbedding(of: .ones([1, 40, 30]))
        let audio = try model.decode(
            codes: [1, 2, 63], phones: [0, 99], styles: [style], generator: Generator(seed: 1))
        let samples = try audio.floats()
        #expect(samples.count == 6 * 640)
        // Neither silence nor a square wave: activations keep their size through all layers.
        let power = (samples.reduce(0) { $0 + $1 * $1 } / Float(samples.count)).squareRoot()
        #expect(power > 0.01 && power < 0.9, "\(power)")
    }

    @Test(arguments: [
        (BenchmarkPart.sovitsV1, ModelVersion.v1), (.sovitsV2Pro, .v2Pro), (.sovitsV2ProPlus, .v2ProPlus),
    ]) func otherVersionsSpeak(_ part: BenchmarkPart, _ version: ModelVersion) throws {
        let checkpoint = try SoVITSCheckpoint(CheckpointFile.open(path: write(part).sovitsPath(version)))
        #expect(checkpoint.version.model == version)
        let model = try SoVITS(checkpoint: checkpoint)
        #expect(model.symbolCount == (version == .v1 ? 322 : 100))
        #expect(model.speakerWidth == (version == .v1 ? nil : sizes.speaker.embeddingWidth))
        let style = try model.styleEmbedding(
            of: .ones([1, model.referenceBins, 30]), speaker: try model.speakerWidth.map { try .ones([1, $0]) })
        let samples = try model.decode(
            codes: [1, 2, 63], phones: [0, 99], styles: [style], generator: Generator(seed: 1)
        ).floats()
        let power = (samples.reduce(0) { $0 + $1 * $1 } / Float(samples.count)).squareRoot()
        #expect(power > 0.002 && power < 0.9, "\(power)")
    }

    @Test func vocodersSpeak() throws {
        let vocoders: [any Vocoder] = [
            try BigVGAN(folder: write(.bigVGAN).bigVGANFolder),
            try HiFiGANVocoder(path: write(.v4Vocoder).v4VocoderPath),
        ]
        for vocoder in vocoders {
            let samples = try vocoder.decode(Generator(seed: 1).normal([1, vocoder.bandCount, 20])).floats()
            let power = (samples.reduce(0) { $0 + $1 * $1 } / Float(samples.count)).squareRoot()
            #expect(power > 0.002 && power < 0.9, "\(type(of: vocoder)): \(power)")
        }
    }

    @Test func speakersAreHeardAndBandsExtended() throws {
        let speaker = try ERes2NetV2(path: write(.speaker).speakerPath)
        #expect(speaker.width == sizes.speaker.embeddingWidth)
        let samples = try Generator(seed: 1).normal([16_000]).floats().map { $0 * 0.1 }
        let embedding = try speaker.embed(samples).floats()
        #expect(embedding.allSatisfy { $0.isFinite } && Set(embedding).count > 10)
        let extension48 = try BandExtension(folder: write(.bandExtension).bandExtensionFolder)
        let audio = try extension48.extend(samples, rate: 24_000)
        #expect(audio.count == 32_000 && Set(audio).count > 1000)
    }

    @Test func flowDrawsWithAndWithoutItsAdapter() throws {
        let files = try write(.flow)
        let file = try CheckpointFile.open(path: files.flowPath)
        let base = try SoVITSCheckpoint(file, knownHashes: [file.headDigest: .published(.v4)])
        let adapter = try SoVITSCheckpoint(CheckpointFile.open(path: files.adapterPath))
        #expect(adapter.version.isLoRA && adapter.version.model == .v4 && adapter.loraRank == 3)
        var mels: [[Float]] = []
        for model in [try FlowSoVITS(checkpoint: base), try FlowSoVITS(checkpoint: adapter, base: base)] {
            #expect(model.symbolCount == 100 && model.melWidth == 10 && model.conditionWidth == 20)
            let style = try model.styleEmbedding(of: .ones([1, 40, 30]))
            let condition = try model.condition(codes: [1, 2, 63], phones: [0, 99], style: style)
            mels.append(
                try model.mel(
                    condition: condition, prompt: .zeros([1, 10, 2]), steps: 2, generator: Generator(seed: 1)
                ).floats())
            let power = (mels[mels.count - 1].reduce(0) { $0 + $1 * $1 } / Float(mels[0].count)).squareRoot()
            #expect(power > 0.1 && power < 10, "\(power)")
        }
        #expect(mels[0].count == 100 && mels[0] != mels[1])
    }

    @Test func hubertEncodes() throws {
        let folder = try write(.hubert).hubertFolder
        let model = try HuBERT(HuBERTConfiguration(path: folder + "/config.json"), weights: weights(folder))
        #expect(model.configuration.layerCount == 2)
        let features = try model.encode((0..<4000).map { Float($0 % 37) / 37 })
        #expect(features.shape == [1, 12, 24])
        #expect(try features.isFinite().all().item() == 1)
    }

    @Test func robertaReadsHan() throws {
        let folder = try write(.roberta).robertaFolder
        let tokenizer = try WordPieceTokenizer(path: folder + "/tokenizer.json")
        let ids = tokenizer.encode("你好!")
        #expect(ids.count == 5 && ids.first == 2 && ids.last == 3)
        #expect(!ids.contains(1) && Set(ids).count == 5)
        let model = try RoBERTa(RoBERTaConfiguration(path: folder + "/config.json"), weights: weights(folder))
        let features = try model.features(tokenIDs: ids, phonesPerCharacter: [2, 2, 1])
        #expect(features.shape == [24, 5])
        #expect(try features.isFinite().all().item() == 1)
    }

    @Test func publishedSizes() {
        func count(_ plan: WeightPlan) -> Int { plan.entries.reduce(0) { $0 + $1.count } }
        let sizes = RandomCheckpoints.Sizes()
        // 77 M as GPT-SoVITS names it; 94.37 M and 325.5 M less pre-training's output as transformers counts them.
        #expect(count(.gpt(sizes.gpt)) == 77_606_402)
        #expect(count(sizes.hubert.plan) == 94_371_712)
        let flow = count(.flow(sizes.sovits, widths: sizes.sovitsWidths, flow: sizes.flow))
        #expect(flow == 384_394_985)
        #expect(count(sizes.roberta.plan) == 324_472_832)
    }
}

/// Names and shapes beside those of small files in the published layout.
@Suite struct PublishedLayoutTests {
    private static func shapes(_ plan: WeightPlan) -> [String: [Int]] {
        Dictionary(uniqueKeysWithValues: plan.entries.map { ($0.name, $0.shape) })
    }

    private static func shapes(_ tensors: [String: TensorRecord], without prefixes: [String] = []) -> [String: [Int]] {
        tensors.filter { name, _ in !prefixes.contains { name.hasPrefix($0) } }.mapValues(\.shape)
    }

    private static func open(_ path: String) throws -> CheckpointFile {
        try CheckpointFile.open(path: Fixtures.folder.appendingPathComponent("models/" + path).path)
    }

    @Test func gpt() throws {
        let checkpoint = try GPTCheckpoint(
            Self.open(
                "t2s/fixtures/pretrained_models/gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt")
        )
        #expect(Self.shapes(.gpt(Text2SemanticConfiguration(checkpoint.sizes))) == Self.shapes(checkpoint.weights))
    }

    @Test func sovits() throws {
        let checkpoint = try SoVITSCheckpoint(
            Self.open("fixtures/pretrained_models/gsv-v2final-pretrained/s2G2333k.pth"))
        let sizes = try SoVITSConfiguration(checkpoint.config)
        let widths = SoVITSWidths(features: 96, tokens: 1024, symbols: 732, referenceBins: 704, reference: 32)
        #expect(Self.shapes(.sovits(sizes, widths: widths)) == Self.shapes(checkpoint.weights, without: ["enc_q."]))
        #expect("\(sizes.checkpointConfig)" == "\(checkpoint.config)")
    }

    @Test func flow() throws {
        let file = try Self.open("flow/fixtures/pretrained_models/s2Gv3.pth")
        let checkpoint = try SoVITSCheckpoint(file, knownHashes: [file.headDigest: .published(.v3)])
        let sizes = try SoVITSConfiguration(checkpoint.config)
        let widths = SoVITSWidths(features: 96, tokens: 1024, symbols: 732, referenceBins: 704, reference: 32)
        let flow = FlowWidths(
            layers: 2, width: 128, feedForward: 256, condition: 40, conditionInner: 80, conditionLayers: 8, bands: 100)
        // The copy of the tests lacks what only training reads.
        let unread = [
            "linear_mel.", "quantizer.vq.layers.0._codebook.embed_avg", "quantizer.vq.layers.0._codebook.cluster_size",
        ]
        let planned = Self.shapes(.flow(sizes, widths: widths, flow: flow)).filter { name, _ in
            !unread.contains { name.hasPrefix($0) }
        }
        #expect(planned == Self.shapes(checkpoint.weights))
    }

    @Test func hubert() throws {
        let tensors = try Self.open("hubert/fixtures/pretrained_models/chinese-hubert-base/pytorch_model.bin")
            .tensors(under: nil)
        var files = HuBERTFiles()
        files.hiddenSize = 96
        files.intermediateSize = 160
        files.numHiddenLayers = 3
        files.convDim = Array(repeating: 32, count: 7)
        #expect(Self.shapes(files.plan) == Self.shapes(tensors))
    }

    @Test func roberta() throws {
        let tensors = try Self.open(
            "roberta/fixtures/pretrained_models/chinese-roberta-wwm-ext-large/pytorch_model.bin"
        )
        .tensors(under: nil)
        var files = RoBERTaFiles()
        let words = try #require(tensors["bert.embeddings.word_embeddings.weight"]).shape
        let inner = try #require(tensors["bert.encoder.layer.0.intermediate.dense.weight"]).shape
        files.vocabSize = words[0]
        files.hiddenSize = words[1]
        files.intermediateSize = inner[0]
        files.numHiddenLayers = 4
        files.maxPositionEmbeddings = try #require(tensors["bert.embeddings.position_embeddings.weight"]).shape[0]
        #expect(
            Self.shapes(files.plan) == Self.shapes(tensors, without: ["cls.", "bert.embeddings.position_ids"]))
    }
}
