import CTorch
import Checkpoints

// What networks are made of.
extension Tensor {
    /// Matrix product, batched and broadcast as `torch.matmul`.
    public func matmul(_ other: Tensor) throws(TorchError) -> Tensor {
        try make { ct_matmul(handle, other.handle, $0) }
    }
    /// `self × weightᵀ + bias` over the last dimension. `weight` `[out, in]`, `bias` `[out]`.
    public func linear(_ weight: Tensor, _ bias: Tensor? = nil) throws(TorchError) -> Tensor {
        try make { ct_linear(handle, weight.handle, bias?.handle, $0) }
    }
    /// Rows of this table `[rows, width]` by index (int64, any shape): `[…, width]`. Indices outside throw on the CPU.
    public func embedding(_ indices: Tensor) throws(TorchError) -> Tensor {
        try make { ct_embedding(handle, indices.handle, $0) }
    }
    /// One-dimensional convolution. `self` `[batch, in, time]`, `weight` `[out, in / groups, kernel]`.
    public func conv1d(
        _ weight: Tensor, _ bias: Tensor? = nil, stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1
    ) throws(TorchError) -> Tensor {
        try make {
            ct_conv1d(
                handle, weight.handle, bias?.handle, Int64(stride), Int64(padding), Int64(dilation), Int64(groups), $0)
        }
    }
    /// Two-dimensional convolution. `self` `[batch, in, height, width]`, `weight` `[out, in / groups, kernel, kernel]`.
    public func conv2d(
        _ weight: Tensor, _ bias: Tensor? = nil, stride: (Int, Int) = (1, 1), padding: (Int, Int) = (0, 0),
        dilation: (Int, Int) = (1, 1), groups: Int = 1
    ) throws(TorchError) -> Tensor {
        let stride = [Int64(stride.0), Int64(stride.1)]
        let padding = [Int64(padding.0), Int64(padding.1)]
        let dilation = [Int64(dilation.0), Int64(dilation.1)]
        return try make {
            ct_conv2d(handle, weight.handle, bias?.handle, stride, padding, dilation, Int64(groups), $0)
        }
    }
    /// The weight `[out, in / groups, kernel]` of a convolution, float32 on the CPU, in the order in which
    /// `hostConvolution` reads it: one dimension.
    public func packedConvolution(groups: Int = 1) throws(TorchError) -> Tensor {
        try make { ct_packed_convolution(handle, Int64(groups), $0) }
    }
    /// A convolution along time by a kernel of our own that is the same for every length; self is `[batch, time, in]`,
    /// float32 on the CPU. What lies beyond its ends counts as 0. A frame's bits do not depend on how many there are.
    /// - Parameters:
    ///   - packed: of `packedConvolution` with the same groups.
    ///   - bias: float32 `[out]`.
    /// - Returns: `[batch, time + 2 × padding − dilation × (kernel − 1), out]`.
    /// - Throws: `TorchError` where the shapes do not fit or the input is shorter than the kernel.
    public func hostConvolution(
        _ packed: Tensor, _ bias: Tensor?, out: Int, kernel: Int, padding: Int, dilation: Int = 1, groups: Int = 1
    ) throws(TorchError) -> Tensor {
        try make {
            ct_host_convolution(
                handle, packed.handle, bias?.handle, Int64(out), Int64(kernel), Int64(padding), Int64(dilation),
                Int64(groups), $0)
        }
    }
    /// Layer normalisation over the last dimensions.
    public func layerNorm(
        _ shape: [Int], weight: Tensor?, bias: Tensor?, eps: Double = 1e-5
    ) throws(TorchError) -> Tensor {
        try make {
            ct_layer_norm(handle, shape.map(Int64.init), Int32(shape.count), weight?.handle, bias?.handle, eps, $0)
        }
    }
    /// Group normalisation over `[batch, channels, …]`.
    public func groupNorm(
        groups: Int, weight: Tensor?, bias: Tensor?, eps: Double = 1e-5
    ) throws(TorchError) -> Tensor {
        try make { ct_group_norm(handle, Int64(groups), weight?.handle, bias?.handle, eps, $0) }
    }
    /// Scaled dot-product attention: softmax(self · keyᵀ × scale + mask) · value.
    /// - Parameters:
    ///   - key: `[batch, heads, keys, headDim]`; self is `[batch, heads, queries, headDim]`.
    ///   - mask: bool (true = may attend) or float (added), broadcast to `[batch, heads, queries, keys]`.
    ///   - scale: 1 / √headDim where nil.
    public func attention(
        _ key: Tensor, _ value: Tensor, mask: Tensor? = nil, causal: Bool = false, scale: Double? = nil
    ) throws(TorchError) -> Tensor {
        try make { ct_attention(handle, key.handle, value.handle, mask?.handle, causal, scale ?? 0, $0) }
    }
    /// The widest head that `cachedAttention` takes without a mask.
    public static let widestUnmaskedHead = 256
    /// Self-attention of one new position per row over what the row has seen before; self is the fused projection
    /// `[rows, 3 × heads × headDim]` (query, key, value). Key and value are written into the caches first, in place.
    /// - Parameters:
    ///   - keys: `[slots, heads, capacity, headDim]`; row `i` uses slot `i`.
    ///   - values: as `keys`.
    ///   - positions: int64 `[rows]`, where each row's new position lies in its cache; it attends to `0...position`.
    ///   - mask: bool `[rows, 1, 1, span]`, true up to each row's position. Not needed (nil) on the CPU in float32,
    ///     where a head is no wider than `widestUnmaskedHead`.
    /// - Returns: `[rows, heads × headDim]`.
    public func cachedAttention(
        keys: Tensor, values: Tensor, positions: Tensor, mask: Tensor?
    ) throws(TorchError) -> Tensor {
        try make { ct_cached_attention(handle, keys.handle, values.handle, positions.handle, mask?.handle, $0) }
    }
    /// x + magnitude × sin²(frequency × x), computed at twice the rate so that its overtones do not fold back; self is
    /// `[1, time, channels]`, and what lies beyond its ends has their values.
    /// - Parameters:
    ///   - frequency: float32 `[channels]`, as is `magnitude`.
    ///   - up: the taps of the filter after doubling the rate, float32 `[12]`.
    ///   - down: the taps of the filter before halving it.
    ///   - fused: in one pass where self is on the CPU; false takes libtorch's convolutions as on other devices.
    public func antiAliasedSnake(
        frequency: Tensor, magnitude: Tensor, up: Tensor, down: Tensor, fused: Bool = true
    ) throws(TorchError) -> Tensor {
        try make {
            ct_anti_aliased_snake(handle, frequency.handle, magnitude.handle, up.handle, down.handle, fused, $0)
        }
    }
    /// How `interpolate` fills in.
    public enum Interpolation: String, Sendable {
        /// Linear, corners not aligned.
        case linear
        /// The nearest sample below.
        case nearest
    }
    /// Resizes the last dimension of `[batch, channels, time]`.
    /// - Parameter scale: the factor that upstream passed to `interpolate(scale_factor:)`; nil where it passed a size.
    public func interpolate(length: Int, scale: Double? = nil, _ mode: Interpolation) throws(TorchError) -> Tensor {
        try make { ct_interpolate1d(handle, Int64(length), scale ?? 0, mode.rawValue, $0) }
    }
    /// Short-time Fourier transform: `[…, bins, frames, 2]` with real and imaginary parts, one-sided, not normalised.
    public func stft(
        fft: Int, hop: Int, windowLength: Int, window: Tensor, center: Bool
    ) throws(TorchError) -> Tensor {
        try make { ct_stft(handle, Int64(fft), Int64(hop), Int64(windowLength), window.handle, center, $0) }
    }
    /// The inverse of a centred ``stft(fft:hop:windowLength:window:center:)``: self `[bins, frames, 2]` becomes
    /// `[(frames − 1) × hop]`. Throws where windows leave a sample out.
    public func istft(fft: Int, hop: Int, windowLength: Int, window: Tensor) throws(TorchError) -> Tensor {
        try make { ct_istft(handle, Int64(fft), Int64(hop), Int64(windowLength), window.handle, $0) }
    }
    /// Folds weight normalisation: self is the direction `v`, `magnitude` is `g`; the norm is over all dimensions but one.
    public func weightNormalized(magnitude: Tensor, dimension: Int) throws(TorchError) -> Tensor {
        try make { ct_weight_norm(handle, magnitude.handle, Int64(dimension), $0) }
    }
}
