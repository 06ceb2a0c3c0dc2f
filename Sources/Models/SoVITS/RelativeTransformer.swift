import Torch

/// A stack of post-norm transformer layers with relative attention and convolutional feed-forward layers.
///
/// Follows `Encoder` and `FFN` (GPT-SoVITS `module/attentions.py`; VITS, Kim et al. 2021, <https://arxiv.org/abs/2106.06103>).
struct RelativeTransformer {
    private struct Layer {
        let attention: RelativeAttention
        let attentionNorm: ChannelNorm
        let feedForwardIn: TimeConvolution
        let feedForwardOut: TimeConvolution
        let feedForwardNorm: ChannelNorm
    }

    private let layers: [Layer]

    init(_ weights: WeightScope, _ configuration: SoVITSConfiguration, layerCount: Int) throws(TorchError) {
        let width = configuration.hiddenWidth
        let (inner, kernel) = (configuration.filterWidth, configuration.feedForwardKernel)
        var layers: [Layer] = []
        for index in 0..<layerCount {
            let forward = weights["ffn_layers"][index]
            layers.append(
                Layer(
                    attention: try RelativeAttention(
                        weights["attn_layers"][index], width: width, headCount: configuration.headCount),
                    attentionNorm: try ChannelNorm(weights["norm_layers_1"][index], width: width),
                    feedForwardIn: try TimeConvolution(forward["conv_1"], from: width, to: inner, kernel: kernel),
                    feedForwardOut: try TimeConvolution(forward["conv_2"], from: inner, to: width, kernel: kernel),
                    feedForwardNorm: try ChannelNorm(weights["norm_layers_2"][index], width: width)))
        }
        self.layers = layers
    }

    /// `[1, time, width]` → `[1, time, width]`.
    func callAsFunction(_ frames: Tensor) throws(TorchError) -> Tensor {
        var hidden = frames
        for layer in layers {
            hidden = try layer.attentionNorm(hidden + layer.attention(hidden))
            hidden = try layer.feedForwardNorm(
                hidden + layer.feedForwardOut(layer.feedForwardIn(hidden).reluInPlace()))
        }
        return hidden
    }
}
