import Torch

/// Decodes long sequences of frames in overlapping windows, which bounds the memory and keeps it in the processor's cache.
/// A window's samples are those of the whole.
struct DecodingWindows {
    /// Frames decoded at once.
    let length: Int
    /// Frames on each side that the samples of a frame depend on.
    let margin: Int
    /// Samples per frame.
    let factor: Int

    /// `[1, frames, width]` → samples `[frames × factor]`.
    ///
    /// - Parameter decode: makes `[frames × factor]` samples of a window `[1, frames, width]`.
    func callAsFunction(_ sequence: Tensor, decode: (Tensor) throws -> Tensor) throws -> Tensor {
        let frames = sequence.size(1)
        guard frames > length else { return try decode(sequence) }
        var windows: [Tensor] = []
        for start in stride(from: 0, to: frames, by: length) {
            let end = min(frames, start + length)
            let (first, last) = (max(0, start - margin), min(frames, end + margin))
            let samples = try decode(sequence.narrow(1, start: first, length: last - first))
            windows.append(
                try samples.narrow(0, start: (start - first) * factor, length: (end - start) * factor).clone())
        }
        return try Tensor.concatenate(windows)
    }
}
