import Foundation
import Torch

/// Logarithmic mel filter banks as Kaldi computes them: 25 ms every 10 ms at 16 kHz, without dither.
///
/// Each frame loses its mean, gets a pre-emphasis of 0.97 and a Povey window. Samples are taken within −1…1, not as 16-bit
/// numbers. Follows `compute-fbank-feats` of Kaldi (Povey et al. 2011) as GPT-SoVITS `eres2net/kaldi.py` has it.
public struct KaldiFilterBank {
    /// Rate of the samples, in Hz.
    public static let sampleRate = 16_000
    /// Length of a frame, in samples.
    public static let frameLength = 400
    /// Distance of two frames, in samples.
    public static let frameShift = 160
    /// Size of a frame's Fourier transform.
    private static let transformLength = 512
    private static let preEmphasis = 0.97
    /// Where the lowest band begins, in Hz; the highest ends at half the sample rate.
    private static let lowestFrequency: Float = 20
    /// Nothing below this gets into the logarithm.
    private static let floor = 1.1920928955078125e-7  // float32's epsilon

    /// Number of bands.
    public let bandCount: Int
    private let window: Tensor
    /// `[transformLength / 2 + 1, bands]`
    private let filters: Tensor
    private let device: Device

    /// Prepares window and filters.
    public init(bandCount: Int = 80, device: Device = .cpu) throws(TorchError) {
        self.bandCount = bandCount
        self.device = device
        window = try Tensor.hannWindow(Self.frameLength, periodic: false, device: device).power(0.85)
        filters = try Tensor(
            Self.filters(bandCount: bandCount), shape: [Self.transformLength / 2 + 1, bandCount], device: device)
    }

    /// Number of frames that so many samples give: those that lie within them as a whole.
    public static func frameCount(_ samples: Int) -> Int {
        samples < frameLength ? 0 : 1 + (samples - frameLength) / frameShift
    }

    /// Computes the features in single precision.
    ///
    /// - Parameter samples: mono samples at 16 kHz, at least ``frameLength``.
    /// - Returns: natural logarithms of the bands' power, `[1, frames, bandCount]`, float32.
    /// - Throws: ``ModelError`` with code `input` where the samples do not fill a frame, or `TorchError`.
    public func compute(_ samples: [Float]) throws -> Tensor {
        let frames = Self.frameCount(samples.count)
        guard frames > 0 else {
            throw ModelError(
                .input,
                "\(samples.count) samples are too few for a speaker embedding; \(Self.frameLength) are the least")
        }
        let signal = try Tensor(samples, device: device)
        let starts = try Tensor.arange(0, Double(frames), device: device) * Double(Self.frameShift)
        let offsets = try Tensor.arange(0, Double(Self.frameLength), device: device)
        let indices = try (starts.unsqueeze(1) + offsets.unsqueeze(0)).reshape([-1])
        var frame = try signal.indexSelect(0, indices).reshape([frames, Self.frameLength])
        frame = try frame - frame.mean([1], keep: true)
        // The first sample of a frame stands in for the one before it.
        let before = try frame.pad([1, 0], .replicate).narrow(1, start: 0, length: Self.frameLength)
        frame = try (frame - before * Self.preEmphasis) * window
        // Transforms side by side: each hop is one frame, padded with zeros.
        let padding = Self.transformLength - Self.frameLength
        let transform = try frame.pad([0, padding]).reshape([1, -1]).stft(
            fft: Self.transformLength, hop: Self.transformLength, windowLength: Self.transformLength,
            window: .ones([Self.transformLength], device: device), center: false)  // [1, bins, frames, 2]
        let power = try transform.power(2).sum([-1]).transpose(1, 2)
        return try power.matmul(filters).clamp(low: Self.floor).log()
    }

    /// Triangles that overlap by half, of equal width in mel, `[bins, bands]` row after row. The highest bin counts nowhere.
    private static func filters(bandCount: Int) -> [Float] {
        func mel(_ frequency: Float) -> Float { 1127 * log(1 + frequency / 700) }
        let binCount = transformLength / 2
        let lowest = mel(lowestFrequency)
        let width = (mel(Float(sampleRate) / 2) - lowest) / Float(bandCount + 1)
        var result = [Float](repeating: 0, count: (binCount + 1) * bandCount)
        for bin in 0..<binCount {
            let place = mel(Float(sampleRate) / Float(transformLength) * Float(bin))
            for band in 0..<bandCount {
                let left = lowest + Float(band) * width
                let center = lowest + Float(band + 1) * width
                let right = lowest + Float(band + 2) * width
                let height = min((place - left) / (center - left), (right - place) / (right - center))
                result[bin * bandCount + band] = max(0, height)
            }
        }
        return result
    }
}
