import Checkpoints
import Foundation
import Models

/// Checkpoints of GPT-SoVITS with the published sizes, containers and element types and random numbers: for
/// measurements where no trained voice is at hand. What they speak is noise.
///
/// Shapes, names and configurations are those of the published files; what inference does not read is left out, as fine-tuned
/// files leave it out (the posterior encoder, pre-training's output layers). Speech never finds its end by itself, see
/// ``gptPath``. PyTorch's `torch.load(weights_only=True)` reads them too.
public struct RandomCheckpoints: Sendable {
    /// Where all files lie.
    public let folder: String

    /// The first stage, 155 MB: 24 layers of 512. Its end-of-speech token is never sampled, so texts run to their limit.
    public var gptPath: String { folder + "/random-gpt.ckpt" }
    /// The second stage of v2, 85 MB.
    public var sovitsPath: String { folder + "/random-sovits.pth" }
    /// The second stage of a version that decodes tokens directly: v1 or v2 85 MB, v2Pro 130 MB, v2ProPlus 170 MB.
    public func sovitsPath(_ version: ModelVersion) -> String {
        version == .v2 ? sovitsPath : folder + "/random-\(version.rawValue).pth"
    }
    /// The speaker embedding of v2Pro and v2ProPlus, 100 MB.
    public var speakerPath: String { folder + "/random-eres2netv2.ckpt" }
    /// `config.json` and `bigvgan_generator.pt` of the vocoder of v3, 450 MB.
    public var bigVGANFolder: String { folder + "/bigvgan_v2_24khz_100band_256x" }
    /// The vocoder of v4, 58 MB.
    public var v4VocoderPath: String { folder + "/random-v4-vocoder.pth" }
    /// `config.json` and `g_24kto48k.zip` of the bandwidth extension, 119 MB.
    public var bandExtensionFolder: String { folder + "/24kto48k" }
    /// The second stage of v4, 800 MB. Nothing but its digest tells it from one of v3: name the version when opening it.
    public var flowPath: String { folder + "/random-v4.pth" }
    /// LoRA factors of rank 32 for v4, with the parts that are trained whole, 45 MB.
    public var adapterPath: String { folder + "/random-v4-lora.pth" }
    /// `config.json` and `pytorch_model.bin` of chinese-hubert-base, 189 MB.
    public var hubertFolder: String { folder + "/chinese-hubert-base" }
    /// `config.json`, `pytorch_model.bin` and `tokenizer.json` of chinese-roberta-wwm-ext-large, 648 MB. The tokenizer knows
    /// single characters, with ids of its own.
    public var robertaFolder: String { folder + "/chinese-roberta-wwm-ext-large" }

    /// Writes checkpoints.
    ///
    /// - Parameters:
    ///   - folder: made where it does not exist. Files that it holds already are replaced.
    ///   - parts: the models wanted; all take 3 GB.
    ///   - seed: the same seed gives the same files.
    /// - Throws: ``BenchmarkingError`` with code `file`.
    public static func write(
        to folder: String, parts: [BenchmarkPart] = BenchmarkPart.allCases, seed: UInt64 = 1
    ) throws -> RandomCheckpoints {
        try write(to: folder, parts: parts, seed: seed, sizes: Sizes())
    }

    /// The sizes of all models; those of the published files unless changed.
    struct Sizes {
        var gpt = Text2SemanticConfiguration.publishedV2
        var sovits = SoVITSConfiguration()
        var sovitsWidths = SoVITSWidths()
        var flow = FlowWidths()
        var speaker = ERes2NetSizes()
        var bigVGAN = BigVGANFiles()
        var v4VocoderWidth = 512
        var bandExtension = BandExtensionFiles()
        var hubert = HuBERTFiles()
        var roberta = RoBERTaFiles()

        /// What the versions change in the second stage of v2.
        func sovits(_ version: ModelVersion) -> (SoVITSConfiguration, SoVITSWidths) {
            var (sizes, widths) = (sovits, sovitsWidths)
            if version == .v1 {
                widths.symbols = 322
                widths.referenceBins = sizes.filterLength / 2 + 1
            }
            if version.usesSpeakerEmbedding {
                widths.textStyle = sizes.styleWidth
                widths.speaker = speaker.embeddingWidth
                sizes.styleWidth *= 2
            }
            if version == .v2ProPlus, let first = sizes.upsamplings.first {
                sizes.decoderWidth += sizes.decoderWidth / 2
                sizes.upsamplings[0].kernel = first.kernel + 4
            }
            return (sizes, widths)
        }
    }

    static func write(
        to folder: String, parts: [BenchmarkPart], seed: UInt64, sizes: Sizes
    ) throws -> RandomCheckpoints {
        let files = RandomCheckpoints(folder: folder)
        try makeFolder(folder)
        for part in parts {
            try files.write(part, seed: seed, sizes: sizes)
        }
        return files
    }

    private func write(_ part: BenchmarkPart, seed: UInt64, sizes: Sizes) throws {
        switch part {
        case .gpt:
            try CheckpointWriter.write(
                .gpt(sizes.gpt), entry: "weight", envelope: (sizes.gpt.checkpointConfig, "random"), seed: seed,
                path: gptPath)
        case .sovits: try writeSoVITS(.v2, seed: seed, sizes: sizes)
        case .sovitsV1: try writeSoVITS(.v1, seed: seed, sizes: sizes)
        case .sovitsV2Pro: try writeSoVITS(.v2Pro, seed: seed, sizes: sizes)
        case .sovitsV2ProPlus: try writeSoVITS(.v2ProPlus, seed: seed, sizes: sizes)
        case .speaker: try CheckpointWriter.write(sizes.speaker.plan, seed: seed, path: speakerPath)
        case .bigVGAN:
            try Self.makeFolder(bigVGANFolder)
            try Self.write(Self.snakeCase(sizes.bigVGAN), to: bigVGANFolder + "/config.json")
            try CheckpointWriter.write(
                sizes.bigVGAN.plan, entry: "generator", seed: seed, path: bigVGANFolder + "/bigvgan_generator.pt")
        case .v4Vocoder:
            let vocoder = HiFiGANVocoder.sizes(bandCount: 100, width: sizes.v4VocoderWidth)
            try CheckpointWriter.write(.hifiGAN(vocoder), seed: seed, path: v4VocoderPath)
        case .bandExtension:
            try Self.makeFolder(bandExtensionFolder)
            try Self.write(JSONEncoder().encode(sizes.bandExtension), to: bandExtensionFolder + "/config.json")
            try CheckpointWriter.write(
                sizes.bandExtension.plan, entry: "generator", seed: seed, path: bandExtensionFolder + "/g_24kto48k.zip")
        case .flow:
            let envelope = (sizes.sovits.checkpointConfig, "random")
            try CheckpointWriter.write(
                .flow(sizes.sovits, widths: sizes.sovitsWidths, flow: sizes.flow), entry: "weight", envelope: envelope,
                seed: seed, path: flowPath)
            try CheckpointWriter.write(
                .flowAdapter(sizes.sovits, widths: sizes.sovitsWidths, flow: sizes.flow), entry: "weight",
                envelope: envelope, headTag: .v4LoRA, loraRank: sizes.flow.rank, seed: seed, path: adapterPath)
        case .hubert:
            try Self.makeFolder(hubertFolder)
            try Self.write(Self.snakeCase(sizes.hubert), to: hubertFolder + "/config.json")
            try CheckpointWriter.write(sizes.hubert.plan, seed: seed, path: hubertFolder + "/pytorch_model.bin")
        case .roberta:
            try Self.makeFolder(robertaFolder)
            try Self.write(Self.snakeCase(sizes.roberta), to: robertaFolder + "/config.json")
            try Self.write(
                JSONSerialization.data(withJSONObject: sizes.roberta.tokenizer), to: robertaFolder + "/tokenizer.json")
            try CheckpointWriter.write(sizes.roberta.plan, seed: seed, path: robertaFolder + "/pytorch_model.bin")
        }
    }

    private func writeSoVITS(_ version: ModelVersion, seed: UInt64, sizes: Sizes) throws {
        let (configuration, widths) = sizes.sovits(version)
        // Published v2Pro files are known by their digests, fine-tuned ones by their tags.
        let tag: HeadTag? = version == .v2Pro ? .v2Pro : version == .v2ProPlus ? .v2ProPlus : nil
        try CheckpointWriter.write(
            .sovits(configuration, widths: widths), entry: "weight",
            envelope: (configuration.checkpointConfig, "random"), headTag: tag, seed: seed, path: sovitsPath(version))
    }

    private static func snakeCase(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(value)
    }

    private static func makeFolder(_ path: String) throws(BenchmarkingError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw BenchmarkingError(.file, "cannot make the folder \(path)", underlying: error)
        }
    }

    private static func write(_ data: Data, to path: String) throws(BenchmarkingError) {
        do {
            try data.write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw BenchmarkingError(.file, "cannot write \(path)", underlying: error)
        }
    }
}
