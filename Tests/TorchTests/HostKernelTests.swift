import Testing

@testable import Torch

/// Our own CPU kernels against libtorch's operations.
@Suite struct HostKernelTests {
    private static func difference(_ a: Tensor, _ b: Tensor) throws -> Double { try (a - b).abs().max().item() }

    @Test(arguments: [1, 2, 3, 5, 8, 31, 33, 70, 300], [false, true]) func linearEqualsMatrixProduct(
        _ rows: Int, _ teamRests: Bool
    ) throws {
        let generator = try Generator(seed: UInt64(rows))
        for (inputs, outputs) in [(1, 1), (3, 5), (16, 4), (17, 9), (96, 131), (512, 300), (2500, 14)] {
            let (x, weight) = (try generator.normal([rows, inputs]), try generator.normal([outputs, inputs]))
            let bias = try generator.normal([outputs])
            let expected = try x.matmul(weight.transpose(0, 1))
            func linear(_ bias: Tensor?) throws -> Tensor {
                try teamRests ? Library.withTeamAtRest { try x.linear(weight, bias) } : x.linear(weight, bias)
            }
            let tolerance = inputs > 1000 ? 5e-4 : 1e-4
            #expect(try Self.difference(linear(nil), expected) < tolerance)
            #expect(try Self.difference(linear(bias), expected + bias) < tolerance)
        }
    }

    @Test(arguments: [40, 512, 2500]) func aRowsResultIsItsOwn(_ inputs: Int) throws {
        let generator = try Generator(seed: 1)
        // Every processor takes so few rows by the kernel.
        let (x, weight) = (try generator.normal([16, inputs]), try generator.normal([21, inputs]))
        let all = try x.linear(weight)
        for (start, count) in [(0, 1), (7, 1), (5, 3), (8, 4), (1, 13)] {
            let some = try x.narrow(0, start: start, length: count).contiguous().linear(weight)
            #expect(try some.floats() == all.narrow(0, start: start, length: count).floats(), "\(count) from \(start)")
        }
    }

    @Test func linearTakesWhatItsKernelDoesNot() throws {
        let generator = try Generator(seed: 1)
        let (x, weight) = (try generator.normal([2, 3, 4]), try generator.normal([5, 4]))
        #expect(try x.linear(weight).shape == [2, 3, 5])
        // A view that is not in row-major order, float64, no rows.
        let turned = try generator.normal([4, 6]).transpose(0, 1)
        #expect(try Self.difference(turned.linear(weight), turned.contiguous().linear(weight)) < 1e-5)
        #expect(try x.to(.float64).linear(weight.to(.float64)).dtype == .float64)
        #expect(try Tensor.zeros([0, 4]).linear(weight).shape == [0, 5])
        #expect(throws: TorchError.self) { try x.linear(generator.normal([5, 3])) }
        #expect(throws: TorchError.self) { try x.linear(weight, generator.normal([4])) }
    }

    /// Input and output channels, kernel, dilation, groups, frames.
    struct Convolution: CustomTestStringConvertible {
        let (input, output, kernel, dilation, groups, frames): (Int, Int, Int, Int, Int, Int)
        let padding: Int

        init(
            _ input: Int, _ output: Int, kernel: Int, dilation: Int = 1, groups: Int = 1, frames: Int,
            padding: Int? = nil
        ) {
            (self.input, self.output, self.kernel) = (input, output, kernel)
            (self.dilation, self.groups, self.frames) = (dilation, groups, frames)
            self.padding = padding ?? (kernel - 1) / 2 * dilation
        }

        var testDescription: String { "\(input) to \(output), \(kernel) by \(dilation), \(groups), \(frames)" }

        func host(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?) throws -> Tensor {
            try x.hostConvolution(
                weight.packedConvolution(groups: groups), bias, out: output, kernel: kernel, padding: padding,
                dilation: dilation, groups: groups)
        }
    }

    @Test(arguments: [
        Convolution(1, 1, kernel: 1, frames: 1), Convolution(3, 5, kernel: 3, frames: 7),
        Convolution(16, 1, kernel: 7, frames: 401), Convolution(100, 64, kernel: 7, frames: 193),
        Convolution(64, 130, kernel: 11, dilation: 5, frames: 20),
        Convolution(24, 24, kernel: 3, dilation: 3, frames: 500), Convolution(200, 48, kernel: 5, frames: 191),
        Convolution(20, 40, kernel: 2, frames: 33, padding: 1),
        Convolution(64, 80, kernel: 31, groups: 16, frames: 50),
        Convolution(37, 37, kernel: 7, groups: 37, frames: 210), Convolution(128, 256, kernel: 3, groups: 2, frames: 1),
        Convolution(32, 70, kernel: 4, frames: 40, padding: 0),
    ]) func convolutionEqualsLibtorchs(_ sizes: Convolution) throws {
        let generator = try Generator(seed: UInt64(sizes.frames))
        let weight = try generator.normal([sizes.output, sizes.input / sizes.groups, sizes.kernel])
        let bias = try generator.normal([sizes.output])
        for batch in [1, 3] {
            let x = try generator.normal([batch, sizes.frames, sizes.input])
            // In float64, so that the tolerance is of one rounding's sum alone.
            let expected = try x.transpose(1, 2).to(.float64).conv1d(
                weight.to(.float64), bias.to(.float64), padding: sizes.padding, dilation: sizes.dilation,
                groups: sizes.groups
            ).transpose(1, 2)
            let made = try sizes.host(x, weight, bias)
            let tolerance = sizes.input / sizes.groups * sizes.kernel > 500 ? 5e-4 : 1e-4
            #expect(made.shape == expected.shape)
            #expect(try Self.difference(made.to(.float64), expected) < tolerance)
            #expect(try Self.difference((sizes.host(x, weight, nil) + bias).to(.float64), expected) < tolerance)
            let resting = try Library.withTeamAtRest { try sizes.host(x, weight, bias) }
            #expect(try resting.floats() == made.floats())
        }
    }

    /// So that a streamed stretch and the whole have the same bits.
    @Test(arguments: [72, 64, 1, 40]) func aFramesConvolutionIsItsOwn(_ channels: Int) throws {
        let sizes = Convolution(48, channels, kernel: 7, dilation: 3, frames: 700)
        let generator = try Generator(seed: 5)
        let (x, weight) = (try generator.normal([1, 700, 48]), try generator.normal([channels, 48, 7]))
        let whole = try sizes.host(x, weight, nil)
        for (start, length) in [(0, 60), (13, 300), (640, 60), (101, 19)] {
            let part = try sizes.host(x.narrow(1, start: start, length: length), weight, nil)
            // Frames whose whole view is in the stretch, and, at an end of the whole, those beside it.
            let first = start == 0 ? 0 : 9
            let last = start + length == 700 ? length : length - 9
            #expect(
                try part.narrow(1, start: first, length: last - first).floats()
                    == whole.narrow(1, start: start + first, length: last - first).floats())
        }
    }

    /// Frames are multiplied six at a time. Those left over once went through a function that was compiled without vectors, each
    /// at the price of hundreds.
    @Test func looseFramesCostLittle() throws {
        let generator = try Generator(seed: 2)
        let (input, kernel) = (192, 5)
        let packed = try generator.normal([384, input, kernel]).packedConvolution()
        func best(frames: Int) throws -> Duration {
            let x = try generator.normal([1, frames + kernel - 1, input])
            return try (0..<9).map { _ in
                try ContinuousClock().measure {
                    _ = try x.hostConvolution(packed, nil, out: 384, kernel: kernel, padding: 0)
                }
            }.min() ?? .zero
        }
        try Library.withTeamAtRest {
            let (even, odd) = (try best(frames: 240), try best(frames: 245))
            #expect(odd < even * 3, "\(even) for 240 frames, \(odd) for 245")
        }
    }

    @Test func aConvolutionThatDoesNotFitIsAnError() throws {
        let generator = try Generator(seed: 1)
        let packed = try generator.normal([4, 8, 3]).packedConvolution()
        #expect(throws: TorchError.self) {
            try generator.normal([1, 9, 7]).hostConvolution(packed, nil, out: 4, kernel: 3, padding: 1)
        }
        #expect(throws: TorchError.self) {
            try generator.normal([1, 2, 8]).hostConvolution(packed, nil, out: 4, kernel: 3, padding: 0)
        }
        #expect(throws: TorchError.self) {
            try generator.normal([1, 9, 8])
                .hostConvolution(packed, generator.normal([5]), out: 4, kernel: 3, padding: 1)
        }
        #expect(throws: TorchError.self) { try generator.normal([4, 8, 3]).to(.float64).packedConvolution() }
    }

    @Test(arguments: [(48, 48), (49, 100), (200, 64), (97, 333), (31, 96), (64, 20)])
    func attentionEqualsLibtorchs(_ queries: Int, _ keys: Int) throws {
        let generator = try Generator(seed: UInt64(queries))
        for (batch, heads, width) in [(1, 1, 64), (2, 3, 64), (1, 2, 32)] {
            // As projections leave them: heads behind time, keys and values side by side.
            let query = try generator.normal([batch, queries, heads, width]).transpose(1, 2)
            let both = try generator.normal([batch, keys, 2 * heads * width]).chunk(2, dimension: 2)
                .map { try $0.reshape([batch, keys, heads, width]).transpose(1, 2) }
            // A mask that hides nothing keeps libtorch's kernel.
            let mask = try Tensor.zeros([1, 1, queries, keys])
            for scale in [nil, 0.05] {
                let ours = try (query * 4).attention(both[0], both[1], scale: scale)
                let theirs = try (query * 4).attention(both[0], both[1], mask: mask, scale: scale)
                #expect(ours.shape == [batch, heads, queries, width])
                #expect(try Self.difference(ours, theirs) < 2e-5, "\(batch) × \(heads) × \(width)")
            }
        }
    }

    @Test func attentionToExtremeScores() throws {
        let query = try Tensor.full([1, 1, 60, 64], 30)
        let keys = try Tensor.concatenate(
            [Tensor.full([1, 1, 30, 64], -30), Tensor.full([1, 1, 1, 64], 30), Tensor.full([1, 1, 30, 64], -30)],
            dimension: 2)
        let values = try Generator(seed: 1).normal([1, 1, 61, 64])
        let attended = try query.attention(keys, values)
        #expect(try Self.difference(attended, values.narrow(2, start: 30, length: 1)) < 1e-6)
    }

    @Test(arguments: [1, 4, 7, 16, 24, 32, 64, 256]) func cachedAttentionEqualsLibtorchs(_ width: Int) throws {
        let generator = try Generator(seed: UInt64(width))
        let (rows, heads, capacity) = (3, 2, 256)
        for position in [0, 1, 3, 15, 63, 64, 65, 200, 255] {
            let qkv = try generator.normal([rows, 3 * heads * width])
            let keys = try generator.normal([rows + 1, heads, capacity, width])
            let values = try generator.normal([rows + 1, heads, capacity, width])
            let (otherKeys, otherValues) = (try keys.clone(), try values.clone())
            // Rows of different lengths.
            let positions = try Tensor(ids: [position, position / 2, 0])
            let mask = try Tensor.arange(0, Double(capacity)).lessOrEqual(positions.unsqueeze(1))
                .reshape([rows, 1, 1, capacity])
            let ours = try qkv.cachedAttention(keys: keys, values: values, positions: positions, mask: nil)
            let theirs = try qkv.cachedAttention(
                keys: otherKeys, values: otherValues, positions: positions, mask: mask)
            #expect(try Self.difference(ours, theirs) < 1e-5, "position \(position)")
            #expect(try Self.difference(keys, otherKeys) == 0)
            #expect(try Self.difference(values, otherValues) == 0)
        }
    }

    @Test func cachedAttentionRefusesWhatDoesNotFit() throws {
        let (keys, values) = (try Tensor.zeros([2, 2, 8, 4]), try Tensor.zeros([2, 2, 8, 4]))
        func attend(_ qkv: Tensor, _ positions: [Int]) throws {
            _ = try qkv.cachedAttention(keys: keys, values: values, positions: Tensor(ids: positions), mask: nil)
        }
        try attend(.zeros([2, 24]), [0, 7])
        for (shape, positions) in [
            ([2, 24], [0, 8]), ([2, 24], [-1, 0]), ([3, 24], [0, 0, 0]), ([2, 23], [0, 0]), ([2, 24], [0]),
        ] {
            #expect(throws: TorchError.self) { try attend(.zeros(shape), positions) }
        }
        #expect(throws: TorchError.self) { try attend(Tensor.zeros([2, 24], dtype: .float64), [0, 0]) }
    }

    /// Helpers serve one thread at a time; the others' loops run alone, and all get the same numbers.
    @Test func helpersServeManyThreads() async throws {
        let wrong = await withTaskGroup(of: Int.self) { group in
            for seed in 0..<8 {
                group.addTask { (try? Self.wrongProducts(seed: UInt64(seed))) ?? .max }
            }
            return await group.reduce(0, max)
        }
        #expect(wrong == 0)
    }

    private static func wrongProducts(seed: UInt64) throws -> Int {
        try Library.withTeamAtRest {
            let generator = try Generator(seed: seed)
            let (x, weight) = (try generator.normal([4, 256]), try generator.normal([512, 256]))
            let expected = try x.matmul(weight.transpose(0, 1))
            return try (0..<200).count { _ in try difference(x.linear(weight), expected) > 1e-4 }
        }
    }

    @Test func theTeamComesBackAfterItsRest() throws {
        let before = Library.threadCount
        Library.withTeamAtRest {
            #expect(Library.threadCount == 1)
            Library.withTeamAtRest {}
            #expect(Library.threadCount == 1)
        }
        #expect(Library.threadCount == before)
        #expect(throws: CancellationError.self) { try Library.withTeamAtRest { throw CancellationError() } }
        #expect(Library.threadCount == before)
    }
}
