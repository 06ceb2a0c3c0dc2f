/// `config.json` and the tensors of chinese-hubert-base.
struct HuBERTFiles: Encodable {
    var modelType = "hubert"
    var hiddenSize = 768
    var intermediateSize = 3072
    var numHiddenLayers = 12
    var numAttentionHeads = 12
    var convDim = [512, 512, 512, 512, 512, 512, 512]
    var convKernel = [10, 3, 3, 3, 3, 2, 2]
    var convStride = [5, 2, 2, 2, 2, 2, 2]
    var convBias = false
    var featExtractNorm = "group"
    var featExtractActivation = "gelu"
    var featProjLayerNorm = true
    var numConvPosEmbeddings = 128
    var numConvPosEmbeddingGroups = 16
    var numFeatExtractLayers = 7
    var layerNormEps = 1e-5
    var doStableLayerNorm = false
    var hiddenAct = "gelu"
    var torchDtype = "float16"

    /// The tensors that `config.json` describes.
    var plan: WeightPlan {
        let width = hiddenSize
        var plan = WeightPlan()
        plan.add("masked_spec_embed", [width], deviation: 1)
        var channels = 1
        for (index, (outputs, kernel)) in zip(convDim, convKernel).enumerated() {
            let layer = "feature_extractor.conv_layers.\(index)"
            // GELU halves the power and more.
            plan.addLayer("\(layer).conv", [outputs, channels, kernel], gain: 1.5, hasBias: false)
            if index == 0 { plan.addNorm("\(layer).layer_norm", width: outputs) }
            channels = outputs
        }
        plan.addNorm("feature_projection.layer_norm", width: channels)
        plan.addLayer("feature_projection.projection", [width, channels])
        // Weight normalisation here keeps one magnitude for each position of the kernel.
        let position = "encoder.pos_conv_embed.conv"
        let kernel = numConvPosEmbeddings
        plan.add("\(position).bias", [width], value: 0)
        plan.add("\(position).weight_g", [1, 1, kernel], value: (Double(width) / Double(kernel)).squareRoot())
        plan.add("\(position).weight_v", [width, width / numConvPosEmbeddingGroups, kernel], deviation: 0.1)
        plan.addNorm("encoder.layer_norm", width: width)
        for index in 0..<numHiddenLayers {
            let layer = "encoder.layers.\(index)"
            for name in ["k_proj", "v_proj", "q_proj", "out_proj"] {
                plan.addLayer("\(layer).attention.\(name)", [width, width])
            }
            plan.addNorm("\(layer).layer_norm", width: width)
            plan.addLayer("\(layer).feed_forward.intermediate_dense", [intermediateSize, width])
            plan.addLayer("\(layer).feed_forward.output_dense", [width, intermediateSize])
            plan.addNorm("\(layer).final_layer_norm", width: width)
        }
        return plan
    }
}
