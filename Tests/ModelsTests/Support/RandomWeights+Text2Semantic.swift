import Checkpoints
import Torch

@testable import Models

extension Text2Semantic {
    /// A model with random weights; the default sizes are those of the published v2.
    static func random(
        _ configuration: Text2SemanticConfiguration = .publishedV2, seed: UInt64 = 1, device: Device = .cpu,
        dtype: DType = .float32
    ) throws -> Text2Semantic {
        let hidden = configuration.hiddenSize
        var weights = try RandomWeights(seed: seed)
        try weights.add(
            "ar_text_embedding.word_embeddings.weight", [configuration.phonemeVocabularySize, hidden], deviation: 1)
        try weights.add(
            "ar_audio_embedding.word_embeddings.weight", [configuration.vocabularySize, hidden], deviation: 1)
        try weights.add("ar_text_position.alpha", [1], value: 1)
        try weights.add("ar_audio_position.alpha", [1], value: 1)
        try weights.addLayer("bert_proj", [hidden, configuration.bertSize])
        for index in 0..<configuration.layerCount {
            let layer = "h.layers.\(index)"
            let deviation = 1 / Double(hidden).squareRoot()
            try weights.add("\(layer).self_attn.in_proj_weight", [3 * hidden, hidden], deviation: deviation)
            try weights.add("\(layer).self_attn.in_proj_bias", [3 * hidden], value: 0)
            try weights.addLayer("\(layer).self_attn.out_proj", [hidden, hidden])
            try weights.addLayer("\(layer).linear1", [4 * hidden, hidden])
            try weights.addLayer("\(layer).linear2", [hidden, 4 * hidden])
            try weights.addNorm("\(layer).norm1", width: hidden)
            try weights.addNorm("\(layer).norm2", width: hidden)
        }
        try weights.add(
            "ar_predict_layer.weight", [configuration.vocabularySize, hidden],
            deviation: 1 / Double(hidden).squareRoot())
        return try Text2Semantic(configuration, weights: weights.scope(dtype: dtype, device: device))
    }
}
