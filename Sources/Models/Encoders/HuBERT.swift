import Torch

/// HuBERT: speech at 16 kHz to frames of features, 50 a second.
///
/// Hsu et al. 2021, <https://arxiv.org/abs/2106.07447>; the arithmetic follows `HubertModel` of transformers with
/// `feat_extract_norm` "group" and post-norm layers, which is what chinese-hubert-base is.
public struct HuBERT {
    private typealias Linear = TransformerEncoderLayer.Linear
    private typealias LayerNorm = TransformerEncoderLayer.LayerNorm

    /// The sizes.
    public let configuration: HuBERTConfiguration

    private struct Convolution {
        let weight: Tensor
        let bias: Tensor?
        let stride: Int
    }

    private let convolutions: [Convolution]
    private let groupNormWeight: Tensor
    private let groupNormBias: Tensor
    private let featureNorm: LayerNorm?
    private let projection: Linear
    private let positionWeight: Tensor
    private let positionBias: Tensor
    private let encoderNorm: LayerNorm
    let layers: [TransformerEncoderLayer]
    private let dtype: DType
    private let device: Device

    /// Reads the weights.
    ///
    /// - Parameters:
    ///   - configuration: The sizes, from `config.json`.
    ///   - weights: The whole checkpoint; keys may stand behind `hubert.`.
    /// - Throws: `TorchError` with code `weights` and the key and shapes in question.
    public init(_ configuration: HuBERTConfiguration, weights: WeightScope) throws(TorchError) {
        let root = weights.contains("hubert.encoder.layer_norm.weight") ? weights["hubert"] : weights
        let extractor = root["feature_extractor"]["conv_layers"]
        let encoder = root["encoder"]
        let width = configuration.hiddenSize
        let eps = configuration.layerNormEpsilon

        var convolutions: [Convolution] = []
        var channels = 1
        for (index, shape) in configuration.convolutions.enumerated() {
            let scope = extractor[index]["conv"]
            convolutions.append(
                Convolution(
                    weight: try scope.get("weight", [shape.channels, channels, shape.kernel]),
                    bias: configuration.convolutionBias ? try scope.get("bias", [shape.channels]) : nil,
                    stride: shape.stride))
            channels = shape.channels
        }
        self.convolutions = convolutions
        let firstChannels = configuration.convolutions.first?.channels
        groupNormWeight = try extractor[0]["layer_norm"].get("weight", [firstChannels])
        groupNormBias = try extractor[0]["layer_norm"].get("bias", [firstChannels])

        let feature = root["feature_projection"]
        featureNorm =
            configuration.normalizesFeatures
            ? try LayerNorm(feature["layer_norm"], width: channels, eps: eps) : nil
        projection = try Linear(feature["projection"], from: channels, to: width)

        let position = encoder["pos_conv_embed"]["conv"]
        positionWeight = try position.foldedWeight(
            [width, width / configuration.positionGroups, configuration.positionKernel], dimension: 2)
        positionBias = try position.get("bias", [width])
        encoderNorm = try LayerNorm(encoder["layer_norm"], width: width, eps: eps)

        var layers: [TransformerEncoderLayer] = []
        for index in 0..<configuration.layerCount {
            let scope = encoder["layers"][index]
            let attention = scope["attention"]
            let forward = scope["feed_forward"]
            let inner = configuration.intermediateSize
            layers.append(
                TransformerEncoderLayer(
                    query: try Linear(attention["q_proj"], from: width, to: width),
                    key: try Linear(attention["k_proj"], from: width, to: width),
                    value: try Linear(attention["v_proj"], from: width, to: width),
                    output: try Linear(attention["out_proj"], from: width, to: width),
                    attentionNorm: try LayerNorm(scope["layer_norm"], width: width, eps: eps),
                    feedForwardIn: try Linear(forward["intermediate_dense"], from: width, to: inner),
                    feedForwardOut: try Linear(forward["output_dense"], from: inner, to: width),
                    feedForwardNorm: try LayerNorm(scope["final_layer_norm"], width: width, eps: eps),
                    heads: configuration.headCount))
        }
        self.layers = layers
        self.configuration = configuration
        dtype = weights.dtype
        device = weights.device
    }

    /// Encodes speech.
    ///
    /// - Parameter samples: Mono samples at 16 kHz as they are, without loudness normalisation.
    /// - Returns: The last hidden state, `[1, frames, hidden]`, in the weights' element type and on their device.
    /// - Throws: ``ModelError`` with `input` for fewer samples than one frame needs, or `TorchError`.
    public func encode(_ samples: [Float]) throws -> Tensor {
        guard samples.count >= configuration.minimumSamples else {
            throw ModelError(
                .input,
                "\(samples.count) samples are too few for HuBERT, which needs \(configuration.minimumSamples)")
        }
        let input = try Tensor(samples, shape: [1, samples.count]).to(dtype, device: device)
        var hidden = try embed(input)
        for layer in layers {
            hidden = try layer(hidden)
        }
        return hidden
    }

    /// What enters the first layer: features with positions, `[batch, frames, hidden]`.
    func embed(_ samples: Tensor) throws(TorchError) -> Tensor {
        let projected = try project(extractFeatures(samples))
        return try encoderNorm(projected + positions(projected))
    }

    /// Strided convolutions: `[batch, samples]` → `[batch, channels, frames]`.
    func extractFeatures(_ samples: Tensor) throws(TorchError) -> Tensor {
        var hidden = try samples.unsqueeze(1)
        for (index, convolution) in convolutions.enumerated() {
            hidden = try hidden.conv1d(convolution.weight, convolution.bias, stride: convolution.stride)
            if index == 0 {
                // One group per channel; torch's default epsilon, which no configuration changes.
                hidden = try hidden.groupNorm(
                    groups: hidden.size(1), weight: groupNormWeight, bias: groupNormBias, eps: 1e-5)
            }
            hidden = try hidden.gelu()
        }
        return hidden
    }

    /// `[batch, channels, frames]` → `[batch, frames, hidden]`.
    func project(_ features: Tensor) throws(TorchError) -> Tensor {
        let frames = try features.transpose(1, 2)
        guard let featureNorm else { return try projection(frames) }
        return try projection(featureNorm(frames))
    }

    /// The relative positions that a wide grouped convolution sees: `[batch, frames, hidden]` → the same.
    func positions(_ hidden: Tensor) throws(TorchError) -> Tensor {
        let kernel = configuration.positionKernel
        let convolved = try hidden.transpose(1, 2).conv1d(
            positionWeight, positionBias, padding: kernel / 2, groups: configuration.positionGroups)
        // An even kernel padded on both sides gives one frame too many; it is the last.
        let frames = hidden.size(1)
        return try convolved.narrow(2, start: 0, length: frames).gelu().transpose(1, 2)
    }
}
