import CTorch
import Checkpoints

/// libtorch's random number generator: the Mersenne twister on the CPU, Philox on CUDA.
///
/// The same seed gives the same numbers as `torch.manual_seed` with the default generator of the device. Each request owns
/// one, so that concurrent requests do not disturb each other's draws. Not `Sendable`: it stays with its request.
public final class Generator {
    private let handle: ct_generator
    /// Where its tensors are made.
    public let device: Device

    /// Makes a generator in the state that `torch.manual_seed(seed)` would leave.
    public init(seed: UInt64, device: Device = .cpu) throws(TorchError) {
        var status = ct_status()
        guard let made = ct_generator_create(seed, device.raw, &status) else { throw TorchError(taking: &status) }
        self.handle = made
        self.device = device
    }

    deinit {
        ct_generator_free(handle)
    }

    /// Starts again from a seed.
    public func seed(_ seed: UInt64) throws(TorchError) { try act { ct_generator_seed(handle, seed, $0) } }

    /// Standard normal draws, as `torch.randn` makes them.
    public func normal(_ shape: [Int], dtype: DType = .float32) throws(TorchError) -> Tensor {
        try make { ct_normal(shape.map(Int64.init), Int32(shape.count), dtype.raw, device.raw, handle, $0) }
    }

    /// Draws of the exponential distribution with rate 1, as `Tensor.exponential_(1)` makes them.
    public func exponential(_ shape: [Int], dtype: DType = .float32) throws(TorchError) -> Tensor {
        try make { ct_exponential(shape.map(Int64.init), Int32(shape.count), dtype.raw, device.raw, handle, $0) }
    }
}
