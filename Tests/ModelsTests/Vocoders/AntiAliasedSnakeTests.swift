import TestSupport
import Testing
import Torch

/// The fused kernel against the same by libtorch's convolutions.
@Suite struct AntiAliasedSnakeTests {
    private func activate(
        time: Int, channels: Int, frequency: Double = 1, dtype: DType = .float32, fused: Bool
    ) throws -> Tensor {
        let generator = try Generator(seed: UInt64(1000 * time + channels))
        let input = try (generator.normal([1, time, channels]) * 3).to(dtype)
        return try input.antiAliasedSnake(
            frequency: generator.normal([channels]).exp() * frequency, magnitude: generator.normal([channels]),
            up: generator.normal([12]) * 0.3, down: generator.normal([12]) * 0.3, fused: fused)
    }

    @Test(arguments: [1, 2, 5, 63, 64, 65, 70, 129, 1000], [1, 3, 4, 7, 8, 15, 16, 24, 48, 100])
    func kernelEqualsConvolutions(_ time: Int, _ channels: Int) throws {
        let fused = try activate(time: time, channels: channels, fused: true)
        let plain = try activate(time: time, channels: channels, fused: false)
        #expect(fused.shape == [1, time, channels] && plain.shape == fused.shape)
        #expect(largestDifference(try fused.floats(), try plain.floats()) <= 2e-5)
    }

    @Test(arguments: [100.0, 1e4, 1e8]) func largeAngles(_ frequency: Double) throws {
        let fused = try activate(time: 200, channels: 20, frequency: frequency, fused: true).floats()
        let plain = try activate(time: 200, channels: 20, frequency: frequency, fused: false).floats()
        // Where an angle is n rounding units large, so is its sine's error.
        #expect(fused.allSatisfy { $0.isFinite })
        if frequency < 1000 { #expect(largestDifference(fused, plain) <= 2e-3) }
    }

    @Test func infinityIsNoNumber() throws {
        let input = try Tensor.full([1, 40, 5], .infinity)
        let ones = try Tensor.ones([5])
        let filter = try Tensor.full([12], 1.0 / 12)
        let result = try input.antiAliasedSnake(frequency: ones, magnitude: ones, up: filter, down: filter)
        #expect(try result.isFinite().any().item() == 0)
    }

    @Test func halfPrecisionIsComputedInSingle() throws {
        let half = try activate(time: 80, channels: 10, dtype: .bfloat16, fused: true)
        #expect(half.dtype == .bfloat16)
        let plain = try activate(time: 80, channels: 10, dtype: .bfloat16, fused: false)
        #expect(largestDifference(try half.floats(), try plain.floats()) <= 0.05)
    }

    @Test func shapesAreChecked() throws {
        let (five, filter) = (try Tensor.ones([5]), try Tensor.ones([12]))
        for (shape, frequency, up) in [
            ([1, 4, 6], five, filter), ([2, 4, 5], five, filter), ([1, 0, 5], five, filter), ([1, 4, 5], five, five),
            ([1, 4, 5], try five.to(.float64), filter),
        ] {
            #expect(throws: TorchError.self) {
                try Tensor.zeros(shape).antiAliasedSnake(frequency: frequency, magnitude: five, up: up, down: filter)
            }
        }
    }
}
