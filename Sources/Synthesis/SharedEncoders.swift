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
            HuBERTConfiguration(path: hubertFolder + "/config.json"),
            weights: try Self.weights(hubertFolder, dtype: dtype, device: device))
        self.robertaFolder = robertaFolder
        self.device = device
        self.dtype = dtype
    }

    /// RoBERTa, loaded on first use.
    func chineseEncoder() throws -> ChineseEncoder {
        if let loadedChineseEncoder { return loadedChineseEncoder }
        let loaded = ChineseEncoder(
            tokenizer: try WordPieceTokenizer(path: robertaFolder + "/tokenizer.json"),
            model: try RoBERTa(
                RoBERTaConfiguration(path: robertaFolder + "/config.json"),
                weights: try Self.weights(robertaFolder, dtype: dtype, device: device)))
        loadedChineseEncoder = loaded
        return loaded
    }

    /// The weights of a folder as transformers saves them: `pytorch_model.bin` or `model.safetensors`.
    private static func weights(_ folder: String, dtype: DType, device: Device) throws -> WeightScope {
        let names = ["pytorch_model.bin", "model.safetensors"]
        let path = names.map { folder + "/" + $0 }.first { access($0, R_OK) == 0 }
        guard let path else {
            throw SynthesisError(
                .notFound,
                "\(folder) holds neither \(names.joined(separator: " nor ")); see the README for where it comes from")
        }
        let file = try CheckpointFile.open(path: path)
        return WeightScope(try file.tensors(under: nil), dtype: dtype, device: device)
    }
}
