import Torch

/// One transformer layer: self-attention and a ReLU feed-forward network, each followed by its residual sum and layer
/// normalisation (post-norm).
struct Text2SemanticLayer {
    /// One row of a prefill, within the rows' positions laid end to end.
    struct Segment {
        /// First position in the packed sequence.
        let start: Int
        let length: Int
        let row: KVCache.Row
        /// Bool `[length, length]`: true where a position (row) may attend to another (column).
        let mask: Tensor
    }

    private let headCount: Int
    private let headSize: Int
    private let qkvWeight: Tensor  // [3 × hidden, hidden]
    private let qkvBias: Tensor
    private let outWeight: Tensor  // [hidden, hidden]
    private let outBias: Tensor
    private let innerWeight: Tensor  // [4 × hidden, hidden]
    private let innerBias: Tensor
    private let outerWeight: Tensor  // [hidden, 4 × hidden]
    private let outerBias: Tensor
    private let norm1: (weight: Tensor, bias: Tensor)
    private let norm2: (weight: Tensor, bias: Tensor)

    private var hidden: Int { headCount * headSize }

    init(_ configuration: Text2SemanticConfiguration, _ weights: WeightScope) throws(TorchError) {
        headCount = configuration.headCount
        headSize = configuration.headSize
        let hidden = configuration.hiddenSize
        let attention = weights["self_attn"]
        qkvWeight = try attention.get("in_proj_weight", [3 * hidden, hidden])
        qkvBias = try attention.get("in_proj_bias", [3 * hidden])
        outWeight = try attention["out_proj"].get("weight", [hidden, hidden])
        outBias = try attention["out_proj"].get("bias", [hidden])
        innerWeight = try weights["linear1"].get("weight", [4 * hidden, hidden])
        innerBias = try weights["linear1"].get("bias", [4 * hidden])
        outerWeight = try weights["linear2"].get("weight", [hidden, 4 * hidden])
        outerBias = try weights["linear2"].get("bias", [hidden])
        norm1 = (try weights["norm1"].get("weight", [hidden]), try weights["norm1"].get("bias", [hidden]))
        norm2 = (try weights["norm2"].get("weight", [hidden]), try weights["norm2"].get("bias", [hidden]))
    }

    /// Runs new rows through the layer and fills their places in the cache.
    /// - Parameters:
    ///   - x: `[positions of all segments, hidden]`.
    ///   - keys: the layer's cache `[slots, heads, capacity, headDim]`; written in place.
    func prefill(_ x: Tensor, segments: [Segment], keys: Tensor, values: Tensor) throws(TorchError) -> Tensor {
        let qkv = try x.linear(qkvWeight, qkvBias)
        var attended: [Tensor] = []
        for segment in segments {
            let parts = try qkv.narrow(0, start: segment.start, length: segment.length)
                .reshape([1, segment.length, 3, headCount, headSize]).permute([2, 0, 3, 1, 4])
            // Each [1, heads, length, headDim].
            let (q, k, v) = (try parts.select(0, 0), try parts.select(0, 1), try parts.select(0, 2))
            try Self.place(keys, segment).copy(inPlace: k)
            try Self.place(values, segment).copy(inPlace: v)
            attended.append(
                try q.attention(k, v, mask: segment.mask).transpose(1, 2).reshape([segment.length, hidden]))
        }
        return try finish(x, attended.count == 1 ? attended[0] : .concatenate(attended))
    }

    /// Runs one new position of every row through the layer.
    /// - Parameters:
    ///   - x: `[rows, hidden]`.
    ///   - positions: int64 `[rows]`, each row's length before this step.
    ///   - mask: bool `[rows, 1, 1, span]`, true up to each row's new position; nil on the CPU in float32.
    func decode(_ x: Tensor, keys: Tensor, values: Tensor, positions: Tensor, mask: Tensor?) throws(TorchError)
        -> Tensor
    {
        let qkv = try x.linear(qkvWeight, qkvBias)
        return try finish(x, qkv.cachedAttention(keys: keys, values: values, positions: positions, mask: mask))
    }

    private static func place(_ memory: Tensor, _ segment: Segment) throws(TorchError) -> Tensor {
        try memory.narrow(0, start: segment.row.slot, length: 1).narrow(2, start: 0, length: segment.length)
    }

    /// What follows attention: output projection, feed-forward network, both norms.
    private func finish(_ x: Tensor, _ attended: Tensor) throws(TorchError) -> Tensor {
        let projected = try attended.linear(outWeight, outBias)
        try projected.add(inPlace: x)
        let middle = try projected.layerNorm([hidden], weight: norm1.weight, bias: norm1.bias)
        let inner = try middle.linear(innerWeight, innerBias).reluInPlace()
        let outer = try inner.linear(outerWeight, outerBias)
        try outer.add(inPlace: middle)
        return try outer.layerNorm([hidden], weight: norm2.weight, bias: norm2.bias)
    }
}
