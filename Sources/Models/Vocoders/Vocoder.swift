import Torch

/// Turns mel spectrograms into sound. Stays on its device's thread.
public protocol Vocoder: AnyObject {
    /// Rate of the samples, in Hz.
    var samplingRate: Int { get }
    /// Samples for each mel frame.
    var hopLength: Int { get }
    /// Mel bands.
    var bandCount: Int { get }
    /// Where it runs.
    var device: Device { get }
    /// Element type of its weights and activations.
    var dtype: DType { get }

    /// Speaks.
    ///
    /// - Parameters:
    ///   - mel: natural logarithms of mel magnitudes, `[1, bandCount, frames]` of any element type; at most
    ///     ``VocoderLimits/maximumFrames``.
    ///   - checkpoint: called after each residual block, dozens of times a second: counts progress, and throws to stop.
    /// - Returns: float32 samples `[frames × hopLength]` within −1…1.
    /// - Throws: ``ModelError`` with code `input` for another shape, `notFinite` where the result has a NaN or an infinity;
    ///   whatever `checkpoint` throws.
    func decode(_ mel: Tensor, checkpoint: () throws -> Void) throws -> Tensor
}

/// What a vocoder takes.
public enum VocoderLimits {
    /// Most mel frames of one call, 10 minutes and more.
    public static let maximumFrames = 60_000
}

extension Vocoder {
    /// Speaks; see ``decode(_:checkpoint:)``.
    public func decode(_ mel: Tensor) throws -> Tensor { try decode(mel) {} }

    /// Checks what a caller gives, runs a network over frames `[1, frames, bandCount]`, and checks what it made.
    func decode(_ mel: Tensor, by network: (Tensor) throws -> Tensor) throws -> Tensor {
        let shape = mel.shape
        guard shape.count == 3, shape[0] == 1, shape[1] == bandCount,
            (1...VocoderLimits.maximumFrames).contains(shape[2])
        else {
            throw ModelError(
                .input,
                "the vocoder takes mel frames of shape [1, \(bandCount), 1 to \(VocoderLimits.maximumFrames)], not \(shape)"
            )
        }
        return try translating("making sound of \(shape[2]) mel frames") {
            let samples = try network(mel.to(dtype, device: device).transpose(1, 2).contiguous()).to(.float32)
            try samples.requireFinite()
            return samples
        }
    }
}
