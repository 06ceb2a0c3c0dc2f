import Checkpoints
import Glibc
import Models
import Torch

/// HuBERT and RoBERTa: frozen, the same for every voice. Lives on the device thread.
final class SharedEncoders {
    /// Recordings to self-supervised features.
    let hubert: HuBERT
    private let robertaFolder: String
    private let device: Device
    private let dtype: DType
    private var loadedChineseEncoder: ChineseEncoder?

    /// RoBERTa with its tokenizer.
    struct ChineseEncoder {
        let tokenizer: WordPieceTokenizer
        let model: RoBERTa

        /// Width of its features.
        var width: Int { model.configuration.hiddenSize }

        /// Features of a normalised text, `[width, phones]`.
        func features(_ text: String, word2ph: [Int]) throws -> Tensor {
            try model.features(tokenIDs: tokenizer.encode(text), phonesPerCharacter: word2ph)
        }
    }

    /// Loads HuBERT now, and RoBERTa when a text first needs it: English has no use for its 1.2 GB.
    init(hubertFolder: String, robertaFolder: String, device: Device, dtype: DType) throws {
        hubert = try HuBERT(
            HuBERTConfiguration(path: try Self.file(["config.json"], in: hubertFolder)),
            weights: try Self.weights(hubertFolder, dtype: dtype, device: device))
        self.robertaFolder = robertaFolder
        self.device = device
        self.dtype = dtype
    }

    /// RoBERTa, loaded on first use.
    func chineseEncoder() throws -> ChineseEncoder {
        if let loadedChineseEncoder { return loadedChineseEncoder }
        let loaded = ChineseEncoder(
            tokenizer: try WordPieceTokenizer(path: Self.file(["tokenizer.json"], in: robertaFolder)),
            model: try RoBERTa(
                RoBERTaConfiguration(path: Self.file(["config.json"], in: robertaFolder)),
                weights: try Self.weights(robertaFolder, dtype: dtype, device: device)))
        loadedChineseEncoder = loaded
        return loaded
    }

    /// The weights of a folder as transformers saves them: `pytorch_model.bin` or `model.safetensors`.
    private static func weights(_ folder: String, dtype: DType, device: Device) throws -> WeightScope {
        let file = try CheckpointFile.open(path: try Self.file(["pytorch_model.bin", "model.safetensors"], in: folder))
        return WeightScope(try file.tensors(under: nil), dtype: dtype, device: device)
    }

    /// The first of these files that the folder holds.
    private static func file(_ names: [String], in folder: String) throws -> String {
        guard let path = names.map({ folder + "/" + $0 }).first(where: { access($0, R_OK) == 0 }) else {
            throw SynthesisError(.notFound, "\(folder) holds no \(names.joined(separator: " and no "))")
        }
        return path
    }
}
