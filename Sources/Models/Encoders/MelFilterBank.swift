import Foundation

/// Triangular filters on Slaney's mel scale, each of the same area.
///
/// Slaney 1998, Auditory Toolbox; follows `librosa.filters.mel` with its defaults: from 0 Hz to half the rate, linear below 1 kHz and
/// logarithmic above.
struct MelFilterBank {
    /// `[bands, bins]`, row after row.
    let weights: [Float]

    private static let linearStep = 200.0 / 3
    private static let logarithmicStart = 1000.0
    private static let logarithmicStep = log(6.4) / 27

    /// - Parameters:
    ///   - rate: of the samples, in Hz.
    ///   - filterLength: length of the Fourier transform, in samples.
    init(rate: Int, filterLength: Int, bandCount: Int) {
        let binCount = filterLength / 2 + 1
        let highest = Self.mel(Double(rate) / 2)
        let edges = (0..<bandCount + 2).map { Self.hertz(highest * Double($0) / Double(bandCount + 1)) }
        var weights: [Float] = []
        weights.reserveCapacity(bandCount * binCount)
        for band in 0..<bandCount {
            let (low, centre, high) = (edges[band], edges[band + 1], edges[band + 2])
            let area = 2 / (high - low)
            for bin in 0..<binCount {
                let frequency = Double(bin) * Double(rate) / Double(filterLength)
                let rising = (frequency - low) / (centre - low)
                let falling = (high - frequency) / (high - centre)
                // Rounded before the area is applied, as librosa does.
                weights.append(Float(Double(Float(max(0, min(rising, falling)))) * area))
            }
        }
        self.weights = weights
    }

    private static func mel(_ frequency: Double) -> Double {
        guard frequency >= logarithmicStart else { return frequency / linearStep }
        return logarithmicStart / linearStep + log(frequency / logarithmicStart) / logarithmicStep
    }

    private static func hertz(_ mel: Double) -> Double {
        let start = logarithmicStart / linearStep
        guard mel >= start else { return mel * linearStep }
        return logarithmicStart * exp(logarithmicStep * (mel - start))
    }
}
