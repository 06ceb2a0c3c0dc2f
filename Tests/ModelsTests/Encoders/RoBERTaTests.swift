import Checkpoints
import TestSupport
import Testing
import Torch

@testable import Models

@Suite struct RoBERTaTests {
    static let sets = Fixtures.modelGoldens(bundled: "models/roberta")

    private struct Manifest: Decodable {
        let texts: [String]
    }

    @Test(arguments: sets) func everyStageEqualsTheReference(_ set: GoldenSet) throws {
        let golden = try set.stage("bert")
        let model = try EncoderFixtures.roberta(set)
        let tokenizer = try WordPieceTokenizer(path: set.url("\(EncoderFixtures.robertaFolder)/tokenizer.json").path)
        let texts = try set.manifest("bert", as: Manifest.self).texts
        try #require(!texts.isEmpty)
        for (number, text) in texts.enumerated() {
            let ids = tokenizer.encode(text)
            #expect(ids == (try golden.integers("\(number).input_ids").map { Int($0) }))
            if golden.contains("\(number).hidden0") {
                var hidden = try model.embed(ids)
                try expect(hidden, equals: "\(number).hidden0", of: golden, within: 2e-5)
                for (index, layer) in model.layers.enumerated() {
                    hidden = try layer(hidden)
                    try expect(hidden, equals: "\(number).hidden\(index + 1)", of: golden, within: 2e-5)
                }
            }
            let phones = try golden.integers("\(number).word2ph").map { Int($0) }
            let features = try model.features(tokenIDs: ids, phonesPerCharacter: phones)
            try expect(features, equals: "\(number).features", of: golden, within: 2e-5)
        }
    }

    @Test func refusesInputThatDoesNotFit() throws {
        let model = try EncoderFixtures.roberta(try #require(Self.sets.first))
        for (ids, phones) in [
            ([101, 102], [1]), ([], []), ([101, 5, 102], [-1]), ([101, 21128, 102], [1]), ([101, -1, 102], [1]),
            (Array(repeating: 101, count: 513), [1]),
        ] {
            let error = #expect(throws: ModelError.self) {
                try model.features(tokenIDs: ids, phonesPerCharacter: phones)
            }
            #expect(error?.code == .input)
        }
        #expect(try model.features(tokenIDs: [101, 5, 102], phonesPerCharacter: [0]).size(1) == 0)
    }

    @Test func doesNotNeedTheLayersItDoesNotRun() throws {
        let set = try #require(Self.sets.first)
        let configuration = try RoBERTaConfiguration(
            path: set.url("\(EncoderFixtures.robertaFolder)/config.json").path)
        let path = set.url("\(EncoderFixtures.robertaFolder)/pytorch_model.bin").path
        let last = "bert.encoder.layer.\(configuration.layerCount - 1)."
        let tensors = try CheckpointFile.open(path: path).tensors(under: nil).filter { !$0.key.hasPrefix(last) }
        let model = try RoBERTa(configuration, weights: WeightScope(tensors, dtype: .float32, device: .cpu))
        #expect(model.layers.count == configuration.layerCount - 2)
    }
}
