import Checkpoints
import TestSupport
import Testing
import Torch

@testable import Models

/// Opens the encoders of a golden set.
enum EncoderFixtures {
    static let hubertFolder = "fixtures/pretrained_models/chinese-hubert-base"
    static let robertaFolder = "fixtures/pretrained_models/chinese-roberta-wwm-ext-large"

    static func weights(_ set: GoldenSet, _ folder: String) throws -> WeightScope {
        let file = try CheckpointFile.open(path: set.url("\(folder)/pytorch_model.bin").path)
        return WeightScope(try file.tensors(under: nil), dtype: .float32, device: .cpu)
    }

    static func hubert(_ set: GoldenSet) throws -> HuBERT {
        let configuration = try HuBERTConfiguration(path: set.url("\(hubertFolder)/config.json").path)
        return try HuBERT(configuration, weights: weights(set, hubertFolder))
    }

    static func roberta(_ set: GoldenSet) throws -> RoBERTa {
        let configuration = try RoBERTaConfiguration(path: set.url("\(robertaFolder)/config.json").path)
        return try RoBERTa(configuration, weights: weights(set, robertaFolder))
    }
}

/// Compares a tensor with a golden: same shape, every element within the set's tolerance or, where it has none, the given.
func expect(
    _ tensor: Tensor, equals name: String, of golden: Golden, within tolerance: Float,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(tensor.shape == (try golden.shape(name)), "\(name)", sourceLocation: sourceLocation)
    let difference = largestDifference(try tensor.floats(), try golden.floats(name))
    let allowed = golden.tolerance(name, otherwise: tolerance)
    #expect(difference <= allowed, "\(name): \(difference)", sourceLocation: sourceLocation)
}
