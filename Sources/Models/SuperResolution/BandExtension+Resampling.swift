import Audio
import Torch

extension BandExtension {
    /// Most numbers of a filter bank that is written out: 147 → 320 takes 50 thousand, rates without a common divisor billions.
    private static let largestBank = 1 << 20

    /// Brings samples to ``samplingRate`` as `torchaudio.functional.resample` does, whose filters are computed in the samples'
    /// own precision, unlike those of `torchaudio.transforms.Resample`, and which convolves by libtorch.
    ///
    /// The network hears the phases of empty bins, which a difference in the last bit turns: hence the reference's operations in
    /// its order instead of ``SincResampler``, which is left for banks that would be too large.
    ///
    /// - Throws: `AudioError` for a rate out of range, `TorchError`.
    func resample(_ samples: [Float], rate: Int) throws -> [Float] {
        let resampler = try SincResampler(from: rate, to: samplingRate)
        let (stride, phases, width) = (resampler.stride, resampler.phases, resampler.width)
        guard rate != samplingRate, !samples.isEmpty, phases * (2 * width + stride) <= Self.largestBank else {
            return resampler.resample(samples)
        }
        let bank = try Self.filterBank(stride: stride, phases: phases, width: width, device: device)
        let signal = try Tensor(samples, shape: [1, 1, samples.count], device: device).pad([width, width + stride])
        return try signal.conv1d(bank, stride: stride).transpose(1, 2).reshape([-1])
            .narrow(0, start: 0, length: resampler.outputCount(for: samples.count)).floats()
    }

    /// One filter for each phase, float32 `[phases, 1, 2 × width + stride]`.
    private static func filterBank(
        stride: Int, phases: Int, width: Int, device: Device
    ) throws(TorchError) -> Tensor {
        let zeroCrossings = SincResampler.zeroCrossings
        let cutoff = SincResampler.cutoff(stride: stride, phases: phases)
        let taps = try Tensor.arange(Double(-width), Double(width + stride), dtype: .float32, device: device)
        let offsets = try Tensor.arange(0, Double(-phases), step: -1, dtype: .float32, device: device)
        var time = try offsets.reshape([-1, 1, 1]) / Double(phases) + taps.reshape([1, 1, -1]) / Double(stride)
        time = try (time * cutoff).clamp(low: -zeroCrossings, high: zeroCrossings)
        let window = try (time * .pi / zeroCrossings / 2).cos().power(2)
        let angle = try time * .pi
        let sinc = try angle.abs().greater(than: 0).select(angle.sin() / angle, .ones([1], device: device))
        return try sinc * (window * (cutoff / Double(stride)))
    }
}
