import Torch

/// A transposed convolution that makes `rate` output frames of each input frame.
///
/// Computed as an ordinary convolution: the `rate` outputs that lie between two input frames become channels,
/// each of which sees ⌈kernel / rate⌉ input frames, and with channels last in memory those channels are the output frames
/// in their order. About twice as fast as oneDNN's transposed convolution.
struct UpsamplingConvolution {
    private let convolution: TimeConvolution
    private let rate: Int
    private let kernel: Int
    private let width: Int

    /// - Parameters:
    ///   - output: channels that come out.
    ///   - kernel: at least `rate`; the transposed convolution's own padding is (kernel − rate) / 2.
    init(_ weights: WeightScope, from input: Int, to output: Int, rate: Int, kernel: Int) throws(TorchError) {
        let folded = try weights.foldedWeight([input, output, kernel])
        let taps = (kernel + rate - 1) / rate
        let phases = try folded.pad([0, taps * rate - kernel])
            .reshape([input, output, taps, rate])
            .flip(2)  // A convolution looks forward, its transpose back.
            .permute([3, 1, 0, 2])  // [rate, out, in, taps]
            .reshape([rate * output, input, taps])
        convolution = try TimeConvolution(
            weight: phases, bias: try weights.get("bias", [output]).repeated([rate]), padding: taps - 1)
        self.rate = rate
        self.kernel = kernel
        width = output
    }

    /// `[1, time, in]` → `[1, (time − 1) × rate − 2 × ((kernel − rate) / 2) + kernel, out]`.
    func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor {
        let padding = (kernel - rate) / 2
        let length = (input.size(1) - 1) * rate - 2 * padding + kernel
        return try convolution(input)  // [1, time + taps − 1, rate × out]
            .reshape([1, -1, width])
            .narrow(1, start: padding, length: length)
    }
}
