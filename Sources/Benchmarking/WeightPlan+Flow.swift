import Checkpoints
import Models

/// The sizes of a flow-matching model, which its configuration does not state; those of the published v3 and v4 unless changed.
struct FlowWidths {
    /// Transformer layers.
    var layers = 22
    /// Width of the transformer; its heads are 64 wide.
    var width = 1024
    /// Width inside the feed-forward layers.
    var feedForward = 2048
    /// Width of the condition.
    var condition = 512
    /// Width inside the condition's blocks.
    var conditionInner = 1024
    /// Layers of the condition's WaveNet.
    var conditionLayers = 8
    /// Mel bands.
    var bands = 100
    /// Rank of LoRA factors.
    var rank = 32
}

extension WeightPlan {
    /// The tensors of a whole v3 or v4 checkpoint; both have the same.
    static func flow(_ sizes: SoVITSConfiguration, widths: SoVITSWidths, flow: FlowWidths) -> WeightPlan {
        var plan = WeightPlan()
        plan.addTextEncoder(sizes, widths)
        plan.addReferenceEncoder(sizes, widths)
        plan.addLayer("ssl_proj", [widths.features, widths.features, 2])
        plan.addCodebook(widths)
        plan.addConditionEncoder(sizes, flow)
        plan.addEstimator(flow)
        return plan
    }

    /// The tensors of a LoRA file for v3 or v4: factors, and the parts that are trained whole.
    static func flowAdapter(_ sizes: SoVITSConfiguration, widths: SoVITSWidths, flow: FlowWidths) -> WeightPlan {
        var plan = WeightPlan()
        plan.addReferenceEncoder(sizes, widths)
        plan.addCodebook(widths)
        plan.addConditionEncoder(sizes, flow)
        for layer in 0..<flow.layers {
            for name in ["to_q", "to_k", "to_v", "to_out.0"] {
                let factor = "cfm.base_model.model.estimator.transformer_blocks.\(layer).attn.\(name)"
                let deviation = 1 / Double(max(1, flow.width)).squareRoot()
                plan.add("\(factor).lora_A.default.weight", [flow.rank, flow.width], deviation: deviation)
                plan.add("\(factor).lora_B.default.weight", [flow.width, flow.rank], deviation: 0.01)
            }
        }
        return plan
    }

    private mutating func addConditionEncoder(_ sizes: SoVITSConfiguration, _ flow: FlowWidths) {
        addLayer("bridge.0", [flow.condition, sizes.hiddenWidth, 1])
        addLayer("wns1.pre", [flow.condition, flow.condition, 1])
        addWaveNet(
            "wns1.enc", width: flow.condition, styleWidth: sizes.styleWidth, layers: flow.conditionLayers)
        addLayer("wns1.proj", [flow.condition, flow.condition, 1])
        addLayer("linear_mel", [flow.bands, flow.condition, 1])
    }

    private mutating func addEstimator(_ flow: FlowWidths) {
        let (blocks, groups, positionKernel, waves, headWidth) = (4, 16, 31, 256, 64)  // fixed upstream
        let (width, name) = (flow.width, "cfm.estimator")
        for embedding in ["time_embed", "d_embed"] {
            addLayer("\(name).\(embedding).time_mlp.0", [width, waves])
            addLayer("\(name).\(embedding).time_mlp.2", [width, width])
        }
        for block in 0..<blocks {
            let part = "\(name).text_embed.text_blocks.\(block)"
            addLayer("\(part).dwconv", [flow.condition, 1, 7])
            addNorm("\(part).norm", width: flow.condition)
            addLayer("\(part).pwconv1", [flow.conditionInner, flow.condition])
            add("\(part).grn.gamma", [1, 1, flow.conditionInner], value: 0.5)
            add("\(part).grn.beta", [1, 1, flow.conditionInner], value: 0)
            addLayer("\(part).pwconv2", [flow.condition, flow.conditionInner])
        }
        addLayer("\(name).input_embed.proj", [width, 2 * flow.bands + flow.condition])
        for layer in [0, 2] {
            addLayer("\(name).input_embed.conv_pos_embed.conv1d.\(layer)", [width, width / groups, positionKernel])
        }
        add("\(name).rotary_embed.inv_freq", [headWidth / 2], value: 0.1)
        for layer in 0..<flow.layers {
            let block = "\(name).transformer_blocks.\(layer)"
            addLayer("\(block).attn_norm.linear", [6 * width, width], gain: 0.3)
            for part in ["to_q", "to_k", "to_v", "to_out.0"] { addLayer("\(block).attn.\(part)", [width, width]) }
            addLayer("\(block).ff.ff.0.0", [flow.feedForward, width])
            addLayer("\(block).ff.ff.2", [width, flow.feedForward])
        }
        addLayer("\(name).norm_out.linear", [2 * width, width], gain: 0.3)
        addLayer("\(name).proj_out", [flow.bands, width])
    }
}
