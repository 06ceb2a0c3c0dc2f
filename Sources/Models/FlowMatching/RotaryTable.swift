import Torch

/// Rotary position embedding of the first head, in interleaved pairs.
///
/// Su et al. 2021, <https://arxiv.org/abs/2104.09864>; follows `apply_rotary_pos_emb` (x-transformers) as GPT-SoVITS
/// `f5_tts/model/modules.py` calls it: before the heads are split, so that only the first one turns.
struct RotaryTable {
    private let cosines: Tensor  // [frames, pairs]
    private let sines: Tensor
    private let width: Int

    /// - Parameters:
    ///   - frequencies: float32 `[pairs]`, radians a frame.
    ///   - dtype: element type of what is turned.
    init(frequencies: Tensor, frames: Int, dtype: DType) throws(TorchError) {
        let positions = try Tensor.arange(0, Double(frames), dtype: .float32, device: frequencies.device)
        let angles = try positions.unsqueeze(1) * frequencies.unsqueeze(0)
        cosines = try angles.cos().to(dtype)
        sines = try angles.sin().to(dtype)
        width = 2 * frequencies.count
    }

    /// Turns the first channels of projected queries or keys `[batch, frames, channels]` in place.
    ///
    /// - Parameter start: position of the first frame.
    func rotate(_ projected: Tensor, from start: Int = 0) throws(TorchError) {
        let (batch, frames) = (projected.size(0), projected.size(1))
        let cosines = try cosines.narrow(0, start: start, length: frames)
        let sines = try sines.narrow(0, start: start, length: frames)
        let pairs = try projected.narrow(2, start: 0, length: width).reshape([batch, frames, width / 2, 2])
        let (even, odd) = (try pairs.select(3, 0), try pairs.select(3, 1))
        let turned = (try even * cosines - odd * sines, try odd * cosines + even * sines)
        try even.copy(inPlace: turned.0)
        try odd.copy(inPlace: turned.1)
    }
}
