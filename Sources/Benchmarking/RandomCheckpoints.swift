import Foundation
import Models

/// Checkpoints of GPT-SoVITS v2 with the published sizes, containers and element type (float16) and random numbers: for
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
    /// The second stage, 85 MB.
    public var sovitsPath: String { folder + "/random-sovits.pth" }
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
    ///   - parts: the models wanted; all take 2 GB.
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
        var hubert = HuBERTFiles()
        var roberta = RoBERTaFiles()
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
                .gpt(sizes.gpt), envelope: (sizes.gpt.checkpointConfig, "random"), seed: seed, path: gptPath)
        case .sovits:
            try CheckpointWriter.write(
                .sovits(sizes.sovits, widths: sizes.sovitsWidths), envelope: (sizes.sovits.checkpointConfig, "random"),
                seed: seed, path: sovitsPath)
        case .flow:
            let envelope = (sizes.sovits.checkpointConfig, "random")
            try CheckpointWriter.write(
                .flow(sizes.sovits, widths: sizes.sovitsWidths, flow: sizes.flow), envelope: envelope, seed: seed,
                path: flowPath)
            try CheckpointWriter.write(
                .flowAdapter(sizes.sovits, widths: sizes.sovitsWidths, flow: sizes.flow), envelope: envelope,
                adapter: (sizes.flow.rank, .v4LoRA), seed: seed, path: adapterPath)
        case .hubert:
            try Self.makeFolder(hubertFolder)
            try Self.write(Self.snakeCase(sizes.hubert), to: hubertFolder + "/config.json")
            try CheckpointWriter.write(
                sizes.hubert.plan, envelope: nil, seed: seed, path: hubertFolder + "/pytorch_model.bin")
        case .roberta:
            try Self.makeFolder(robertaFolder)
            try Self.write(Self.snakeCase(sizes.roberta), to: robertaFolder + "/config.json")
            try Self.write(
                JSONSerialization.data(withJSONObject: sizes.roberta.tokenizer), to: robertaFolder + "/tokenizer.json")
            try CheckpointWriter.write(
                sizes.roberta.plan, envelope: nil, seed: seed, path: robertaFolder + "/pytorch_model.bin")
        }
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
