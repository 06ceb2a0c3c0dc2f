import Testing

@testable import Checkpoints

@Suite struct GPTCheckpointTests {
    @Test func sizesComeFromConfigurationAndWeights() throws {
        let model = try GPTCheckpoint(Fixtures.open("gpt.ckpt"))
        #expect(model.sizes.hiddenSize == 8)
        #expect(model.sizes.headCount == 2)
        #expect(model.sizes.layerCount == 1)
        #expect(model.sizes.vocabularySize == 9)
        #expect(model.sizes.endOfSpeech == 8)
        #expect(model.sizes.phonemeVocabularySize == 12)
        #expect(model.sizes.bertSize == 6)
        #expect(model.sizes.maxSeconds == 54)
        #expect(model.config["inference"]?["top_k"]?.intValue == 15)
    }

    @Test(arguments: [
        ("gpt_config_class.ckpt", CheckpointError.Code.configurationNotDictionary, "utils.HParams"),
        ("gpt_missing_tensor.ckpt", .missingTensor, "model.h.layers.0.norm2.bias"),
        ("gpt_wrong_shape.ckpt", .wrongShape, "model.ar_predict_layer.weight has shape [8, 8]"),
        ("gpt_unexpected_tensor.ckpt", .unexpectedTensor, "model.extra.weight"),
        ("gpt_eos_not_last.ckpt", .endOfSpeechNotLast, "7"),
        ("gpt_no_weight_entry.ckpt", .missingEntry, "'weight'"),
        ("sovits_v2.pth", .wrongStage, "it is a SoVITS model (second stage)"),
        ("good.safetensors", .missingEntry, "'weight'"),
    ])
    func badModelsHaveTheirOwnErrors(name: String, code: CheckpointError.Code, detail: String) throws {
        let file = try Fixtures.open(name)
        let error = #expect(throws: CheckpointError.self) { _ = try GPTCheckpoint(file) }
        #expect(error?.code == code, "\(error?.message ?? "")")
        #expect(error?.message.contains(detail) == true, "\(error?.message ?? "")")
        #expect(error?.message.hasPrefix(file.path) == true)
    }

    @Test(arguments: ["gpt_unknown_class.ckpt", "gpt_nan.ckpt"])
    func oddModelsLoad(name: String) throws {
        let model = try GPTCheckpoint(Fixtures.open(name))
        let counts = model.weights.mapValues { $0.countNonFinite() }.filter { !$0.value.isZero }
        if name == "gpt_nan.ckpt" {
            #expect(counts == ["model.h.layers.0.linear1.weight": .init(nan: 1, infinity: 1)])
            let error = #expect(throws: CheckpointError.self) { try model.requireFiniteWeights() }
            #expect(error?.code == .nonFinite)
            #expect(error?.message.hasPrefix(model.file.path) == true)
            #expect(error?.message.contains("model.h.layers.0.linear1.weight holds 1 NaN and 1 infinite") == true)
        } else {
            #expect(counts.isEmpty)
            try model.requireFiniteWeights()
        }
    }

    @Test func absurdSizesAreRefused() throws {
        let weights = try GPTCheckpoint(Fixtures.open("gpt.ckpt")).weights
        func code(_ changes: [String: CheckpointValue], maxSeconds: CheckpointValue = .int(54)) -> CheckpointError.Code?
        {
            var model: [String: CheckpointValue] = [
                "vocab_size": .int(9), "phoneme_vocab_size": .int(12), "embedding_dim": .int(8), "hidden_dim": .int(8),
                "head": .int(2), "n_layer": .int(1), "EOS": .int(8),
            ]
            model.merge(changes) { $1 }
            let config = CheckpointValue.dictionary([
                (.string("data"), .dictionary([(.string("max_sec"), maxSeconds)])),
                (.string("model"), .dictionary(model.map { (.string($0.key), $0.value) })),
            ])
            return Fixtures.code { _ = try GPTSizes(config: config, weights: weights) }
        }
        #expect(code([:]) == nil)
        #expect(code(["head": .int(0)]) == .invalidConfiguration)
        #expect(code(["head": .int(3)]) == .invalidConfiguration)
        #expect(code(["hidden_dim": .int(-8)]) == .invalidConfiguration)
        #expect(code(["hidden_dim": .int(16)]) == .invalidConfiguration)
        #expect(code(["hidden_dim": .float(8)]) == .invalidConfiguration)
        #expect(code(["n_layer": .int(.max)]) == .invalidConfiguration)
        #expect(code(["n_layer": .int(5000)]) == .invalidConfiguration)
        #expect(code(["n_layer": .string("1")]) == .invalidConfiguration)
        #expect(code(["vocab_size": .int(10)]) == .endOfSpeechNotLast)
        #expect(code([:], maxSeconds: .float(.nan)) == .invalidConfiguration)
        #expect(code([:], maxSeconds: .float(1.5)) == nil)
    }

    @Test(
        .enabled(if: Fixtures.goldenModels != nil),
        arguments: [
            ("bad/s1_good_reference.ckpt", nil), ("bad/s1_legacy_nonzip.ckpt", nil), ("bad/s1_nan.ckpt", nil),
            ("bad/s1_unknown_class_extra.ckpt", nil),
            ("bad/s1_config_class_utils_HParams.ckpt", CheckpointError.Code.configurationNotDictionary),
            ("bad/s1_missing_key.ckpt", .missingTensor), ("bad/s1_wrong_shape.ckpt", .wrongShape),
            ("bad/s1_eos_not_last.ckpt", .endOfSpeechNotLast), ("bad/s1_no_weight_key.ckpt", .missingEntry),
            ("user/GPT_weights_v2/short-e10.ckpt", nil), ("pretrained_models/s1v3.ckpt", nil),
            ("pretrained_models/s1bert25hz-2kh-longer-epoch=68e-step=50232.ckpt", nil),
            ("pretrained_models/gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt", nil),
        ] as [(String, CheckpointError.Code?)])
    func goldens(name: String, code: CheckpointError.Code?) throws {
        let file = try Fixtures.golden(name)
        #expect(Fixtures.code { _ = try GPTCheckpoint(file) } == code)
    }
}
