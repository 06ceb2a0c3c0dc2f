import Checkpoints
import Torch

extension HuBERT {
    /// A model with random weights, for measurements; the sizes are those of chinese-hubert-base.
    public static func random(seed: UInt64 = 1, device: Device = .cpu, dtype: DType = .float32) throws -> HuBERT {
        let configuration = try HuBERTConfiguration.published()
        let width = configuration.hiddenSize
        var weights = try RandomWeights(seed: seed)
        var channels = 1
        for (index, convolution) in configuration.convolutions.enumerated() {
            let shape = [convolution.channels, channels, convolution.kernel]
            try weights.addLayer("feature_extractor.conv_layers.\(index).conv", shape, gain: 1.5)
            channels = convolution.channels
        }
        let first = configuration.convolutions.first?.channels ?? channels
        try weights.addNorm("feature_extractor.conv_layers.0.layer_norm", width: first)
        try weights.addNorm("feature_projection.layer_norm", width: channels)
        try weights.addLayer("feature_projection.projection", [width, channels])
        let grouped = width / configuration.positionGroups
        try weights.addLayer("encoder.pos_conv_embed.conv", [width, grouped, configuration.positionKernel])
        try weights.addNorm("encoder.layer_norm", width: width)
        for index in 0..<configuration.layerCount {
            let layer = "encoder.layers.\(index)"
            for name in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                try weights.addLayer("\(layer).attention.\(name)", [width, width])
            }
            try weights.addLayer("\(layer).feed_forward.intermediate_dense", [configuration.intermediateSize, width])
            try weights.addLayer("\(layer).feed_forward.output_dense", [width, configuration.intermediateSize])
            try weights.addNorm("\(layer).layer_norm", width: width)
            try weights.addNorm("\(layer).final_layer_norm", width: width)
        }
        return try HuBERT(configuration, weights: weights.scope(dtype: dtype, device: device))
    }
}

extension RoBERTa {
    /// A model with random weights, for measurements; the sizes are those of chinese-roberta-wwm-ext-large.
    public static func random(seed: UInt64 = 1, device: Device = .cpu, dtype: DType = .float32) throws -> RoBERTa {
        let configuration = try RoBERTaConfiguration.published()
        let width = configuration.hiddenSize
        var weights = try RandomWeights(seed: seed)
        try weights.add("embeddings.word_embeddings.weight", [configuration.vocabularySize, width], deviation: 1)
        try weights.add("embeddings.position_embeddings.weight", [configuration.maximumTokens, width], deviation: 1)
        try weights.add("embeddings.token_type_embeddings.weight", [configuration.tokenTypeCount, width], deviation: 1)
        try weights.addNorm("embeddings.LayerNorm", width: width)
        for index in 0..<configuration.usedLayerCount {
            let layer = "encoder.layer.\(index)"
            for name in ["self.query", "self.key", "self.value", "output.dense"] {
                try weights.addLayer("\(layer).attention.\(name)", [width, width])
            }
            try weights.addLayer("\(layer).intermediate.dense", [configuration.intermediateSize, width])
            try weights.addLayer("\(layer).output.dense", [width, configuration.intermediateSize])
            try weights.addNorm("\(layer).attention.output.LayerNorm", width: width)
            try weights.addNorm("\(layer).output.LayerNorm", width: width)
        }
        return try RoBERTa(configuration, weights: weights.scope(dtype: dtype, device: device))
    }
}
