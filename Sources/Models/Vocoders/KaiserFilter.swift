import Foundation

/// The low-pass filter of BigVGAN's activations: a sinc under a Kaiser window, whose taps add up to 1.
///
/// Follows `kaiser_sinc_filter1d` (GPT-SoVITS `BigVGAN/alias_free_activation/torch/filter.py`; Kaiser and Schafer 1980).
enum KaiserFilter {
    /// - Parameters:
    ///   - cutoff: in cycles a sample, at most 0.5.
    ///   - halfWidth: of the transition band, in cycles a sample.
    ///   - count: number of taps, even.
    static func taps(cutoff: Double, halfWidth: Double, count: Int) -> [Float] {
        let half = Double(count / 2)
        let attenuation = 2.285 * (half - 1) * .pi * 4 * halfWidth + 7.95
        let beta =
            switch attenuation {
            case let decibels where decibels > 50: 0.1102 * (decibels - 8.7)
            case let decibels where decibels >= 21: 0.5842 * pow(decibels - 21, 0.4) + 0.07886 * (decibels - 21)
            default: 0.0
            }
        let values = (0..<count).map { index in
            let place = 2 * Double(index) / Double(count - 1) - 1
            let window = bessel(beta * (1 - place * place).squareRoot()) / bessel(beta)
            let angle = 2 * cutoff * (Double(index) - half + 0.5) * .pi
            return window * sin(angle) / angle
        }
        let sum = values.reduce(0, +)
        return values.map { Float($0 / sum) }
    }

    /// The modified Bessel function of the first kind and order 0, by its power series.
    private static func bessel(_ x: Double) -> Double {
        var (term, sum, index) = (1.0, 1.0, 1.0)
        while term > sum * 1e-17 {
            term *= (x / 2 / index) * (x / 2 / index)
            sum += term
            index += 1
        }
        return sum
    }
}
