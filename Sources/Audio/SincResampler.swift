import Glibc

/// Windowed-sinc polyphase resampling with a Hann window, as `torchaudio.transforms.Resample` does by default.
///
/// Lowpass width 6 zero crossings, roll-off 0.99. The rates are reduced by their greatest common divisor to
/// `stride → phases`; each of the `phases` output samples of a block has its own filter. A filter is only kept
/// where its window is not zero, a few dozen taps instead of the reference's dense row.
/// Follows J. O. Smith, "Digital Audio Resampling", and `torchaudio/functional/functional.py`.
public struct SincResampler: Sendable {
    /// Zero crossings of the sinc on either side that the window keeps.
    public static let zeroCrossings = 6.0
    /// Highest rate taken, in Hz: filters grow with it.
    public static let maximumRate = 768_000

    /// The rate of the input, in Hz.
    public let sourceRate: Int
    /// The rate of the output, in Hz.
    public let targetRate: Int

    /// Input samples per block, after reduction.
    public let stride: Int
    /// Output samples per block, after reduction.
    public let phases: Int
    /// Zeros in front of the input: the reach of a filter, in input samples.
    public let width: Int
    /// Taps kept per phase, a multiple of the SIMD width.
    private let taps: Int
    /// Where each phase's taps start, counted in the padded input of a block.
    private let starts: [Int]
    /// `[phases, taps]`, row after row.
    private let coefficients: [Float]

    private typealias Lane = SIMD8<Float>

    /// Computes the filters.
    ///
    /// - Throws: ``AudioError`` with `invalidArgument` when a rate is not between 1 and ``maximumRate`` Hz.
    public init(from sourceRate: Int, to targetRate: Int) throws {
        let allowed = 1...Self.maximumRate
        guard allowed.contains(sourceRate), allowed.contains(targetRate) else {
            throw AudioError(
                .invalidArgument,
                "cannot resample from \(sourceRate) Hz to \(targetRate) Hz; 1 to \(Self.maximumRate) Hz are taken")
        }
        self.sourceRate = sourceRate
        self.targetRate = targetRate
        let divisor = Self.greatestCommonDivisor(sourceRate, targetRate)
        stride = sourceRate / divisor
        phases = targetRate / divisor

        let zeroCrossings = Self.zeroCrossings
        let cutoff = Self.cutoff(stride: stride, phases: phases)
        let reach = zeroCrossings * Double(stride) / cutoff
        width = Int(reach.rounded(.up))
        let laneCount = (2 * width + 2 + Lane.scalarCount - 1) / Lane.scalarCount
        taps = laneCount * Lane.scalarCount

        var starts = [Int]()
        var coefficients = [Float]()
        starts.reserveCapacity(phases)
        coefficients.reserveCapacity(phases * taps)
        let scale = cutoff / Double(stride)
        for phase in 0..<phases {
            // torchaudio divides the phase in single precision and everything else in double.
            let offset = Double(Float(-phase) / Float(phases))
            let first = max(-width, Int((Double(phase) * Double(stride) / Double(phases) - reach).rounded(.down)))
            starts.append(first + width)
            for index in first..<first + taps {
                guard index < width + stride else {
                    coefficients.append(0)
                    continue
                }
                let time = (offset + Double(index) / Double(stride)) * cutoff
                let clamped = min(max(time, -zeroCrossings), zeroCrossings)
                let cosine = cos(clamped * Double.pi / zeroCrossings / 2)
                let angle = clamped * Double.pi
                let sinc = angle == 0 ? 1 : sin(angle) / angle
                coefficients.append(Float(sinc * (cosine * cosine * scale)))
            }
        }
        self.starts = starts
        self.coefficients = coefficients
    }

    /// Where the lowpass cuts off, in zero crossings a block: the lower of both rates, rolled off.
    public static func cutoff(stride: Int, phases: Int) -> Double { Double(min(stride, phases)) * 0.99 }

    /// The number of samples that `count` samples become: `ceil(count × target / source)`, the quotient rounded to
    /// single precision first, as torchaudio does.
    public func outputCount(for count: Int) -> Int {
        guard count > 0 else { return 0 }
        let exact = Double(phases) * Double(count) / Double(stride)
        return min(Int(Float(exact).rounded(.up)), (count / stride + 1) * phases)
    }

    /// Resamples one channel. Equal rates return the input.
    public func resample(_ signal: [Float]) -> [Float] {
        guard sourceRate != targetRate, !signal.isEmpty else { return signal }
        let outputCount = outputCount(for: signal.count)
        // The last block starts at most `signal.count` samples in, and its filters end `2 width + stride + taps` on.
        var padded = [Float](repeating: 0, count: signal.count + 2 * width + stride + taps)
        padded.replaceSubrange(width..<width + signal.count, with: signal)
        return [Float](unsafeUninitializedCapacity: outputCount) { output, count in
            padded.withUnsafeBytes { padded in
                coefficients.withUnsafeBytes { coefficients in
                    starts.withUnsafeBufferPointer { starts in
                        convolve(padded, coefficients, starts, into: output, count: outputCount)
                    }
                }
            }
            count = outputCount
        }
    }

    private func convolve(
        _ padded: UnsafeRawBufferPointer, _ coefficients: UnsafeRawBufferPointer, _ starts: UnsafeBufferPointer<Int>,
        into output: UnsafeMutableBufferPointer<Float>, count: Int
    ) {
        let sampleSize = MemoryLayout<Float>.size
        let rowSize = taps * sampleSize
        let laneSize = MemoryLayout<Lane>.size
        var blockStart = 0
        var phase = 0
        for index in 0..<count {
            let input = (blockStart + starts[phase]) * sampleSize
            let row = phase * rowSize
            var sum = Lane.zero
            var offset = 0
            while offset < rowSize {
                sum +=
                    padded.loadUnaligned(fromByteOffset: input + offset, as: Lane.self)
                    * coefficients.loadUnaligned(fromByteOffset: row + offset, as: Lane.self)
                offset += laneSize
            }
            output.initializeElement(at: index, to: sum.sum())
            phase += 1
            if phase == phases {
                phase = 0
                blockStart += stride
            }
        }
    }

    /// The filter bank as the reference lays it out: `[phases, 2 × width + stride]`.
    func denseKernel() -> [[Float]] {
        (0..<phases).map { phase in
            var row = [Float](repeating: 0, count: 2 * width + stride)
            for tap in 0..<taps where starts[phase] + tap < row.count {
                row[starts[phase] + tap] = coefficients[phase * taps + tap]
            }
            return row
        }
    }

    private static func greatestCommonDivisor(_ first: Int, _ second: Int) -> Int {
        var (larger, smaller) = (first, second)
        while smaller != 0 {
            (larger, smaller) = (smaller, larger % smaller)
        }
        return larger
    }
}
