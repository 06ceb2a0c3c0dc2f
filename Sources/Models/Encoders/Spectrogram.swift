import Torch

/// The linear magnitude spectrogram that the SoVITS reference encoder takes.
///
/// Follows `spectrogram_torch` of the Python server's `mel_processing.py`: Hann window, reflection at both ends by half
/// of what the transform is wider than the hop, no centring, √(power + 1e-8).
public struct Spectrogram {
    /// Length of the Fourier transform in samples.
    public let filterLength: Int
    /// Distance of two frames in samples.
    public let hopLength: Int
    /// Length of the window in samples.
    public let windowLength: Int
    private let window: Tensor
    private let device: Device

    /// Prepares the window.
    ///
    /// - Parameters: The `filter_length`, `hop_length` and `win_length` of the SoVITS configuration.
    /// - Throws: ``ModelError`` with `weights` for lengths that do not fit together, or `TorchError`.
    public init(filterLength: Int, hopLength: Int, windowLength: Int, device: Device = .cpu) throws {
        guard (1...1 << 20).contains(filterLength), (1...filterLength).contains(hopLength),
            (1...filterLength).contains(windowLength)
        else {
            throw ModelError(
                .weights,
                "a spectrogram with filter \(filterLength), hop \(hopLength) and window \(windowLength) is not possible"
            )
        }
        self.filterLength = filterLength
        self.hopLength = hopLength
        self.windowLength = windowLength
        self.device = device
        window = try Tensor.hannWindow(windowLength, device: device)
    }

    /// Prepares the spectrogram that a SoVITS model's references need.
    ///
    /// - Throws: as ``init(filterLength:hopLength:windowLength:device:)``.
    public init(_ configuration: SoVITSConfiguration, device: Device = .cpu) throws {
        try self.init(
            filterLength: configuration.filterLength, hopLength: configuration.hopLength,
            windowLength: configuration.windowLength, device: device)
    }

    /// Number of frequency bins.
    public var binCount: Int { filterLength / 2 + 1 }

    /// Computes the spectrogram in single precision.
    ///
    /// - Parameter samples: Mono samples at the model's rate, peak at most 1.
    /// - Returns: `[1, binCount, frames]`, float32.
    /// - Throws: ``ModelError`` with `input` when the audio is too short to be reflected, or `TorchError`.
    public func compute(_ samples: [Float]) throws -> Tensor {
        let margin = (filterLength - hopLength) / 2
        guard samples.count > margin, samples.count + 2 * margin >= filterLength else {
            throw ModelError(
                .input, "\(samples.count) samples are too few for a spectrogram; more than \(margin) are needed")
        }
        let signal = try Tensor(samples, shape: [1, 1, samples.count], device: device)
        let padded = try signal.pad([margin, margin], .reflect).squeeze(1)  // [1, samples]
        let transform = try padded.stft(
            fft: filterLength, hop: hopLength, windowLength: windowLength, window: window, center: false)
        let power = try transform.power(2).sum([-1])  // [1, bins, frames]
        return try (power + 1e-8).sqrt()
    }
}
