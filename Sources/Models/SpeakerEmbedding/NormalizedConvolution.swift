import Torch

/// A two-dimensional convolution followed by batch normalisation, which is folded into its weights.
///
/// Tensors are `[1, channels, bands, frames]` with a point's channels together in memory, which spares oneDNN (and cuDNN)
/// reordering them.
struct NormalizedConvolution {
    /// Torch's default, which no file changes.
    private static let epsilon = 1e-5

    /// `[out, in, kernel, kernel]`; `[out, in]` where the kernel is 1.
    private let weight: Tensor
    private let bias: Tensor
    private let stride: Int
    private let padding: Int

    /// Number of output channels.
    var outputWidth: Int { bias.size(0) }

    /// Reads and folds the weights.
    ///
    /// - Parameters:
    ///   - normalization: nil where there is none after this convolution.
    ///   - output: nil where the file decides.
    ///   - kernel: odd; pads so that without a stride the output is as large as the input.
    init(
        _ weights: WeightScope, normalization: WeightScope?, from input: Int, to output: Int? = nil, kernel: Int,
        stride: Int = 1, hasBias: Bool = false
    ) throws(TorchError) {
        // Folded in float32 even where the model runs in half precision.
        let plain = try weights.get("weight", [output, input, kernel, kernel], dtype: .float32)
        let width = plain.size(0)
        var (folded, offset) = (plain, try Tensor.zeros([width], device: weights.device))
        if hasBias { offset = try weights.get("bias", [width], dtype: .float32) }
        if let normalization {
            func statistic(_ name: String) throws(TorchError) -> Tensor {
                try normalization.get(name, [width], dtype: .float32)
            }
            let scale = try statistic("weight") / (statistic("running_var") + Self.epsilon).sqrt()
            folded = try plain * scale.reshape([-1, 1, 1, 1])
            offset = try (offset - statistic("running_mean")) * scale + statistic("bias")
        }
        let converted = try folded.to(weights.dtype)
        weight =
            kernel == 1
            ? try converted.reshape([width, input])
            : try converted.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2])
        bias = try offset.to(weights.dtype)
        self.stride = stride
        padding = kernel / 2
    }

    /// `[1, in, bands, frames]` → `[1, out, ⌈bands / stride⌉, ⌈frames / stride⌉]`.
    func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor {
        guard weight.rank == 2 else {
            return try input.conv2d(weight, bias, stride: (stride, stride), padding: (padding, padding))
        }
        // A product of matrices, for which our own kernel is faster than oneDNN's.
        let points = try stride == 1 ? input : input.slice(2, step: stride).slice(3, step: stride)
        return try points.permute([0, 2, 3, 1]).contiguous().linear(weight, bias).permute([0, 3, 1, 2])
    }
}
