import Checkpoints
import Foundation
import TestSupport
import Testing
import Torch

@testable import Models

@Suite struct HuBERTTests {
    static let sets = Fixtures.modelGoldens(bundled: "models/hubert")

    @Test(arguments: sets) func everyStageEqualsTheReference(_ set: GoldenSet) throws {
        let golden = try set.stage("hubert")
        let model = try EncoderFixtures.hubert(set)
        let samples = try golden.floats("input")
        let features = try model.extractFeatures(Tensor(samples, shape: [1, samples.count]))
        try expect(features, equals: "conv_features", of: golden, within: 1e-4)
        let projected = try model.project(features)
        try expect(projected, equals: "feature_projection", of: golden, within: 1e-4)
        try expect(try model.positions(projected), equals: "pos_conv", of: golden, within: 2e-4)
        var hidden = try model.embed(Tensor(samples, shape: [1, samples.count]))
        try expect(hidden, equals: "encoder_in", of: golden, within: 5e-5)
        for (index, layer) in model.layers.enumerated() {
            hidden = try layer(hidden)
            if golden.contains("layer\(index)") {
                try expect(hidden, equals: "layer\(index)", of: golden, within: 5e-5)
            }
        }
        try expect(try model.encode(samples), equals: "last_hidden_state", of: golden, within: 5e-5)
    }

    @Test func refusesTooFewSamples() throws {
        let model = try EncoderFixtures.hubert(try #require(Self.sets.first))
        let minimum = model.configuration.minimumSamples
        #expect(minimum == 400)
        let error = #expect(throws: ModelError.self) { try model.encode([Float](repeating: 0, count: minimum - 1)) }
        #expect(error?.code == .input)
        #expect(try model.encode((0..<minimum).map { Float($0) / 400 }).size(1) == 1)
    }

    @Test func readsTheNewerSpellingOfWeightNorm() throws {
        let set = try #require(Self.sets.first)
        let path = set.url("\(EncoderFixtures.hubertFolder)/pytorch_model.bin").path
        var tensors = try CheckpointFile.open(path: path).tensors(under: nil)
        let key = "encoder.pos_conv_embed.conv."
        tensors[key + "parametrizations.weight.original0"] = tensors.removeValue(forKey: key + "weight_g")
        tensors[key + "parametrizations.weight.original1"] = tensors.removeValue(forKey: key + "weight_v")
        let renamed = Dictionary(uniqueKeysWithValues: tensors.map { ("hubert." + $0.key, $0.value) })
        let original = try EncoderFixtures.hubert(set)
        let model = try HuBERT(
            original.configuration, weights: WeightScope(renamed, dtype: .float32, device: .cpu))
        let samples = (0..<4000).map { Float(sin(Double($0) / 7)) }
        #expect(try model.encode(samples).floats() == original.encode(samples).floats())
    }

    @Test func namesTheTensorThatDoesNotFit() throws {
        let set = try #require(Self.sets.first)
        let configuration = try HuBERTConfiguration(
            path: set.url("\(EncoderFixtures.hubertFolder)/config.json").path)
        let empty = #expect(throws: TorchError.self) {
            try HuBERT(configuration, weights: WeightScope([String: TensorRecord](), dtype: .float32, device: .cpu))
        }
        #expect(empty?.message.contains("feature_extractor.conv_layers.0.conv.weight") == true)
    }
}

@Suite struct HuBERTConfigurationTests {
    private func configuration(_ json: String) throws -> HuBERTConfiguration {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json")
        try Data(json.utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        return try HuBERTConfiguration(path: url.path)
    }

    @Test func missingFieldsHaveTheDefaultsOfTransformers() throws {
        let base = try configuration("{}")
        #expect(base.hiddenSize == 768)
        #expect(base.layerCount == 12)
        #expect(base.convolutions.map(\.channels) == Array(repeating: 512, count: 7))
        #expect(base.minimumSamples == 400)
    }

    @Test(arguments: [
        "", "[]", #"{"hidden_size": 0}"#, #"{"num_attention_heads": 5}"#, #"{"conv_dim": [8]}"#,
        #"{"conv_kernel": []}"#,
        #"{"do_stable_layer_norm": true}"#, #"{"feat_extract_norm": "layer"}"#, #"{"hidden_act": "relu"}"#,
        #"{"hidden_size": 1e300}"#, #"{"conv_stride": [5, 2, 2, 2, 2, 2, -2]}"#,
        #"{"conv_stride": [99999, 99999, 99999, 99999, 99999, 99999, 99999]}"#,
    ])
    func refusesWhatItCannotRun(_ json: String) {
        let error = #expect(throws: ModelError.self) { try configuration(json) }
        #expect(error?.code == .weights)
    }
}
