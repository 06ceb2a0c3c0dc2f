import Torch

/// One post-norm layer of a bidirectional transformer encoder, as in BERT and HuBERT.
///
/// Vaswani et al. 2017, <https://arxiv.org/abs/1706.03762>.
struct TransformerEncoderLayer {
    let query: Linear
    let key: Linear
    let value: Linear
    let output: Linear
    let attentionNorm: LayerNorm
    let feedForwardIn: Linear
    let feedForwardOut: Linear
    let feedForwardNorm: LayerNorm
    let heads: Int

    /// `[batch, time, width]` → `[batch, time, width]`.
    func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor {
        let attended = try output(attention(input))
        let hidden = try attentionNorm(input + attended)
        let forward = try feedForwardOut(feedForwardIn(hidden).gelu())
        return try feedForwardNorm(hidden + forward)
    }

    private func attention(_ input: Tensor) throws(TorchError) -> Tensor {
        let (batch, time, width) = (input.size(0), input.size(1), input.size(2))
        func split(_ projected: Tensor) throws(TorchError) -> Tensor {
            try projected.reshape([batch, time, heads, width / heads]).transpose(1, 2)  // [batch, heads, time, headDim]
        }
        let attended = try split(query(input)).attention(split(key(input)), split(value(input)))
        return try attended.transpose(1, 2).reshape([batch, time, width])
    }
}

extension TransformerEncoderLayer {
    /// Weight and bias of a linear layer.
    struct Linear {
        let weight: Tensor
        let bias: Tensor

        init(_ weights: WeightScope, from input: Int, to output: Int) throws(TorchError) {
            weight = try weights.get("weight", [output, input])
            bias = try weights.get("bias", [output])
        }

        func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor {
            try input.linear(weight, bias)
        }
    }

    /// Scale and shift of a layer normalisation over the last dimension.
    struct LayerNorm {
        let weight: Tensor
        let bias: Tensor
        let width: Int
        let eps: Double

        /// - Parameter weights: Holds `weight` and `bias`, or `gamma` and `beta` as files converted from TensorFlow do.
        init(_ weights: WeightScope, width: Int, eps: Double) throws(TorchError) {
            let old = weights.contains("gamma")
            weight = try weights.get(old ? "gamma" : "weight", [width])
            bias = try weights.get(old ? "beta" : "bias", [width])
            self.width = width
            self.eps = eps
        }

        func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor {
            try input.layerNorm([width], weight: weight, bias: bias, eps: eps)
        }
    }
}
