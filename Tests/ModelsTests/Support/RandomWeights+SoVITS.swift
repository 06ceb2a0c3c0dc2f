import Checkpoints
import Torch

@testable import Models

extension SoVITS {
    /// A model with random weights; the default sizes are those of the published v2.
    static func random(
        _ configuration: SoVITSConfiguration = SoVITSConfiguration(), featureWidth: Int = 768, symbolCount: Int = 732,
        referenceBins: Int = 704, speaker: (width: Int, textStyleWidth: Int)? = nil, seed: UInt64 = 1,
        device: Device = .cpu, dtype: DType = .float32
    ) throws -> SoVITS {
        var weights = try RandomWeights(seed: seed)
        try weights.addQuantizer(featureWidth: featureWidth)
        try weights.addTextEncoder(
            configuration, featureWidth: featureWidth, symbolCount: symbolCount,
            styleWidth: speaker?.textStyleWidth ?? configuration.styleWidth)
        if let speaker {
            try weights.addLayer("sv_emb", [configuration.styleWidth, speaker.width])
            try weights.addLayer("ge_to512", [speaker.textStyleWidth, configuration.styleWidth])
            try weights.add("prelu.weight", [configuration.styleWidth], deviation: 0.5)
        }
        try weights.addReferenceEncoder(configuration, bins: referenceBins)
        try weights.addFlow(configuration)
        try weights.addDecoder(configuration)
        return try SoVITS(
            configuration, version: speaker == nil ? .v2 : .v2Pro, weights: weights.scope(dtype: dtype, device: device))
    }
}

extension RandomWeights {
    fileprivate mutating func addQuantizer(featureWidth: Int) throws(TorchError) {
        try addLayer("ssl_proj", [featureWidth, featureWidth, 2])
        try add("quantizer.vq.layers.0._codebook.embed", [1024, featureWidth], deviation: 1)
    }

    fileprivate mutating func addTextEncoder(
        _ configuration: SoVITSConfiguration, featureWidth: Int, symbolCount: Int, styleWidth: Int
    ) throws(TorchError) {
        let width = configuration.hiddenWidth
        try addLayer("enc_p.ssl_proj", [width, featureWidth, 1])
        try add("enc_p.text_embedding.weight", [symbolCount, width], deviation: 1)
        let parts = [("encoder_text", 1), ("encoder_ssl", 2), ("encoder2", 2)]
        for (part, divisor) in parts {
            for layer in 0..<configuration.layerCount / divisor {
                try addTransformerLayer(layer, under: "enc_p.\(part)", configuration)
            }
        }
        try addLayer("enc_p.mrte.c_pre", [styleWidth, width, 1])
        try addLayer("enc_p.mrte.text_pre", [styleWidth, width, 1])
        try addLayer("enc_p.mrte.c_post", [width, styleWidth, 1])
        for name in ["q", "k", "v", "o"] {
            try addLayer("enc_p.mrte.cross_attention.conv_\(name)", [styleWidth, styleWidth, 1])
        }
        try addLayer("enc_p.proj", [2 * configuration.latentWidth, width, 1], gain: 0.5)
    }

    private mutating func addTransformerLayer(
        _ layer: Int, under part: String, _ configuration: SoVITSConfiguration
    ) throws(TorchError) {
        let (width, inner) = (configuration.hiddenWidth, configuration.filterWidth)
        let kernel = configuration.feedForwardKernel
        let attention = "\(part).attn_layers.\(layer)"
        for name in ["q", "k", "v", "o"] { try addLayer("\(attention).conv_\(name)", [width, width, 1]) }
        let relative = [1, 2 * RelativeAttention.window + 1, width / configuration.headCount]
        try add("\(attention).emb_rel_k", relative, deviation: 0.1)
        try add("\(attention).emb_rel_v", relative, deviation: 0.1)
        try addLayer("\(part).ffn_layers.\(layer).conv_1", [inner, width, kernel])
        try addLayer("\(part).ffn_layers.\(layer).conv_2", [width, inner, kernel])
        for norm in ["norm_layers_1", "norm_layers_2"] {
            try addNorm("\(part).\(norm).\(layer)", width: width, scale: "gamma", shift: "beta")
        }
    }

    fileprivate mutating func addReferenceEncoder(
        _ configuration: SoVITSConfiguration, bins: Int
    ) throws(TorchError) {
        let width = 128
        try addLayer("ref_enc.spectral.0.fc", [width, bins])
        try addLayer("ref_enc.spectral.3.fc", [width, width])
        for index in 0..<2 { try addLayer("ref_enc.temporal.\(index).conv1.conv", [2 * width, width, 5]) }
        for name in ["w_qs", "w_ks", "w_vs", "fc"] { try addLayer("ref_enc.slf_attn.\(name)", [width, width]) }
        try addLayer("ref_enc.fc.fc", [configuration.styleWidth, width])
    }

    fileprivate mutating func addFlow(_ configuration: SoVITSConfiguration) throws(TorchError) {
        let (width, half) = (configuration.hiddenWidth, configuration.latentWidth / 2)
        for index in 0..<Flow.couplingCount {
            let flow = "flow.flows.\(2 * index)"
            try addLayer("\(flow).pre", [width, half, 1])
            try addLayer("\(flow).post", [half, width, 1], gain: 0.1)
            try addLayer("\(flow).enc.cond_layer", [2 * width * Flow.layerCount, configuration.styleWidth, 1])
            for layer in 0..<Flow.layerCount {
                let isLast = layer == Flow.layerCount - 1
                try addLayer("\(flow).enc.in_layers.\(layer)", [2 * width, width, WaveNet.kernel])
                try addLayer("\(flow).enc.res_skip_layers.\(layer)", [isLast ? width : 2 * width, width, 1])
            }
        }
    }

    fileprivate mutating func addDecoder(_ configuration: SoVITSConfiguration) throws(TorchError) {
        var width = configuration.decoderWidth
        try addLayer("dec.conv_pre", [width, configuration.latentWidth, 7])
        try addLayer("dec.cond", [width, configuration.styleWidth, 1])
        var block = 0
        for (index, stage) in configuration.upsamplings.enumerated() {
            let shape = [width, width / 2, stage.kernel]
            let inputs = width * ((stage.kernel + stage.rate - 1) / stage.rate)
            try add("dec.ups.\(index).weight", shape, deviation: 1 / Double(inputs).squareRoot())
            try add("dec.ups.\(index).bias", [width / 2], value: 0)
            width /= 2
            for kind in configuration.residualBlocks {
                for pair in kind.dilations.indices {
                    for part in ["convs1", "convs2"] {
                        try addLayer("dec.resblocks.\(block).\(part).\(pair)", [width, width, kind.kernel], gain: 0.5)
                    }
                }
                block += 1
            }
        }
        try add("dec.conv_post.weight", [1, width, 7], deviation: 0.1 / Double(7 * width).squareRoot())
    }
}
