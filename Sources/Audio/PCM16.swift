/// Conversion of floating-point samples to 16-bit PCM.
public enum PCM16 {
    /// Converts samples: × 32,768, truncated toward zero.
    ///
    /// A sample of exactly 1 becomes 32,767; the Python server wraps it to −32,768, an audible click. Samples beyond
    /// full scale clip in the same way.
    ///
    /// - Throws: ``AudioError`` with `nonFinite` when a sample is NaN or infinite: the model failed, and silence in its
    ///   place would hide that.
    public static func quantize(_ samples: [Float]) throws -> [Int16] {
        var allFinite = true
        let result = [Int16](unsafeUninitializedCapacity: samples.count) { buffer, count in
            for (index, sample) in samples.enumerated() {
                let scaled = sample * 32768
                allFinite = allFinite && scaled.isFinite
                let clipped = scaled.isNaN ? 0 : min(max(scaled, -32768), 32767)
                buffer.initializeElement(at: index, to: Int16(clipped))
            }
            count = samples.count
        }
        guard allFinite else {
            throw AudioError(
                .nonFinite, "the synthesized audio holds NaN or infinite samples; check weights and precision")
        }
        return result
    }

    /// The bytes of samples, little-endian.
    static func littleEndian(_ samples: [Int16]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: samples.count * 2) { buffer, count in
            for (index, sample) in samples.enumerated() {
                let bits = UInt16(bitPattern: sample)
                buffer.initializeElement(at: 2 * index, to: UInt8(truncatingIfNeeded: bits))
                buffer.initializeElement(at: 2 * index + 1, to: UInt8(truncatingIfNeeded: bits >> 8))
            }
            count = samples.count * 2
        }
    }
}
