import Glibc

/// Normal random numbers in half precision, fast enough to fill a gigabyte in a few seconds.
///
/// Each number is one of 65,536 quantiles of the normal distribution, picked by 16 random bits: none is farther than 4.4
/// deviations out, so that no activation runs away because of one weight.
struct NormalHalves {
    private static let quantiles: [Float] = (0..<1 << 16).map { Float(quantile((Double($0) + 0.5) / 65_536)) }

    private var generator: SplitMix64

    /// The same seed gives the same numbers.
    init(seed: UInt64) {
        generator = SplitMix64(state: seed)
    }

    /// Bit patterns of `count` numbers around 0.
    mutating func draw(_ count: Int, deviation: Float) -> [UInt16] {
        // Rounding each quantile once is cheaper than rounding each number, unless there are few of them.
        let isTabulated = count > Self.quantiles.count
        let table = isTabulated ? Self.quantiles.map { Float16($0 * deviation).bitPattern } : []
        return Self.quantiles.withUnsafeBufferPointer { quantiles in
            table.withUnsafeBufferPointer { table in
                [UInt16](unsafeUninitializedCapacity: count) { buffer, filled in
                    var bits: UInt64 = 0
                    for index in 0..<count {
                        if index & 3 == 0 { bits = generator.next() }
                        let choice = Int(bits & 0xFFFF)
                        bits >>= 16
                        buffer.initializeElement(
                            at: index,
                            to: isTabulated ? table[choice] : Float16(quantiles[choice] * deviation).bitPattern)
                    }
                    filled = count
                }
            }
        }
    }

    /// The normal distribution's inverse: Newton's method on its cumulative function, from a logistic first guess.
    static func quantile(_ probability: Double) -> Double {
        var x = 0.5513 * log(probability / (1 - probability))
        for _ in 0..<12 {
            let density = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
            let error = 0.5 * erfc(-x / 2.0.squareRoot()) - probability
            // Halley's correction keeps the far tails from overshooting.
            let step = error / density
            x -= step / (1 + x * step / 2)
        }
        return x
    }
}

/// Steele, Lea and Flood 2014, "Fast Splittable Pseudorandom Number Generators": one addition and a mixing function.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
