import Checkpoints
import Models

extension WeightPlan {
    /// The tensors of a first-stage checkpoint.
    ///
    /// The end-of-speech token's row of the output matrix is 0. Among a thousand random logits it is never one of the likeliest
    /// then, so speech goes on until the caller or a limit ends it, and every measurement takes the same number of steps.
    static func gpt(_ sizes: Text2SemanticConfiguration) -> WeightPlan {
        let width = sizes.hiddenSize
        let deviation = 1 / Double(max(1, width)).squareRoot()
        var plan = WeightPlan()
        plan.addLayer("model.bert_proj", [width, sizes.bertSize])
        plan.add("model.ar_text_embedding.word_embeddings.weight", [sizes.phonemeVocabularySize, width], deviation: 1)
        plan.add("model.ar_text_position.alpha", [1], value: 1)
        plan.add("model.ar_audio_embedding.word_embeddings.weight", [sizes.vocabularySize, width], deviation: 1)
        plan.add("model.ar_audio_position.alpha", [1], value: 1)
        for index in 0..<sizes.layerCount {
            let layer = "model.h.layers.\(index)"
            plan.add("\(layer).self_attn.in_proj_weight", [3 * width, width], deviation: deviation)
            plan.add("\(layer).self_attn.in_proj_bias", [3 * width], value: 0)
            plan.addLayer("\(layer).self_attn.out_proj", [width, width])
            plan.addLayer("\(layer).linear1", [4 * width, width])
            plan.addLayer("\(layer).linear2", [width, 4 * width])
            plan.addNorm("\(layer).norm1", width: width)
            plan.addNorm("\(layer).norm2", width: width)
        }
        plan.add(
            "model.ar_predict_layer.weight", [sizes.vocabularySize, width], deviation: deviation, zeroTail: width)
        return plan
    }
}

extension Text2SemanticConfiguration {
    /// The `config` entry of a first-stage checkpoint (GPT-SoVITS `s1longer-v2.yaml`).
    var checkpointConfig: CheckpointValue {
        [
            "train": [
                "seed": 1234, "epochs": 20, "batch_size": 8, "save_every_n_epoch": 1, "precision": "16-mixed",
                "gradient_clip": 1.0,
            ],
            "optimizer": [
                "lr": 0.01, "lr_init": 0.00001, "lr_end": 0.0001, "warmup_steps": 2000, "decay_steps": 40000,
            ],
            "data": [
                "max_eval_sample": 8, "max_sec": .float(maxSeconds), "num_workers": 4,
                "pad_val": CheckpointValue(endOfSpeech),
            ],
            "model": [
                "vocab_size": CheckpointValue(vocabularySize),
                "phoneme_vocab_size": CheckpointValue(phonemeVocabularySize),
                "embedding_dim": CheckpointValue(hiddenSize), "hidden_dim": CheckpointValue(hiddenSize),
                "head": CheckpointValue(headCount), "linear_units": CheckpointValue(4 * hiddenSize),
                "n_layer": CheckpointValue(layerCount), "dropout": 0, "EOS": CheckpointValue(endOfSpeech),
                "random_bert": 0,
            ],
            "inference": ["top_k": 15],
        ]
    }
}
