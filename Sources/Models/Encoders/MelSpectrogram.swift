import Torch

/// The logarithmic mel spectrogram that v3 and v4 take their prompt from.
///
/// Follows `mel_spectrogram_torch` (GPT-SoVITS `module/mel_processing.py`) and `norm_spec` (`TTS_infer_pack/TTS.py`): the
/// magnitudes of ``Spectrogram`` through Slaney's filters, natural logarithm, floor 1e-5.
public struct MelSpectrogram {
    /// Bands.
    public static let bandCount = 100
    private static let floor = 1e-5
    /// What is mapped to −1…1.
    private static let range = (low: -12.0, high: 2.0)

    private let spectrogram: Spectrogram
    /// `[bands, bins]`
    let filters: Tensor

    /// Prepares window and filters.
    ///
    /// - Parameters:
    ///   - rate: of the samples, in Hz.
    ///   - filterLength: length of the Fourier transform and the window, in samples.
    ///   - hopLength: distance of two frames, in samples.
    /// - Throws: ``ModelError`` with `weights` for lengths that do not fit together, or `TorchError`.
    public init(rate: Int, filterLength: Int, hopLength: Int, device: Device = .cpu) throws {
        spectrogram = try Spectrogram(
            filterLength: filterLength, hopLength: hopLength, windowLength: filterLength, device: device)
        let bank = MelFilterBank(rate: rate, filterLength: filterLength, bandCount: Self.bandCount)
        filters = try Tensor(bank.weights, shape: [Self.bandCount, spectrogram.binCount], device: device)
    }

    /// Prepares what a version of the model needs.
    ///
    /// - Throws: as ``init(rate:filterLength:hopLength:device:)``.
    public init(_ format: FlowFormat, device: Device = .cpu) throws {
        try self.init(
            rate: format.melRate, filterLength: format.melFilterLength, hopLength: format.melHopLength, device: device)
    }

    /// Computes the spectrogram in single precision.
    ///
    /// - Parameter samples: Mono samples at the rate. Unlike for ``Spectrogram``, peaks are left as they are.
    /// - Returns: `[1, bandCount, frames]`, float32, natural logarithms.
    /// - Throws: ``ModelError`` with `input` when the audio is too short to be reflected, or `TorchError`.
    public func compute(_ samples: [Float]) throws -> Tensor {
        try filters.matmul(spectrogram.compute(samples)).clamp(low: Self.floor).log()
    }

    /// Logarithms to about −1…1, as the flow takes them; any shape.
    public static func normalize(_ mel: Tensor) throws(TorchError) -> Tensor {
        try (mel - range.low) / (range.high - range.low) * 2 - 1
    }

    /// About −1…1 to logarithms, as vocoders take them; any shape.
    public static func denormalize(_ mel: Tensor) throws(TorchError) -> Tensor {
        try (mel + 1) / 2 * (range.high - range.low) + range.low
    }
}
