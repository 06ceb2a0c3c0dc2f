import CSoxr

/// Resampling by libsoxr at its "HQ" quality, as `librosa.load` does through python-soxr.
public enum SoxrResampler {
    /// The number of samples that `librosa.resample` gives back for `count` samples: `ceil(count × target / source)`.
    public static func outputCount(for count: Int, from sourceRate: Int, to targetRate: Int) -> Int {
        guard sourceRate != targetRate else { return count }
        return Int((Double(count) * (Double(targetRate) / Double(sourceRate))).rounded(.up))
    }

    /// Resamples one channel; the result is cut or filled with zeros to ``outputCount(for:from:to:)`` samples.
    ///
    /// - Parameters:
    ///   - signal: Mono samples.
    ///   - sourceRate: Their rate in Hz.
    ///   - targetRate: The rate wanted in Hz.
    /// - Throws: ``AudioError`` with `invalidArgument` when a rate is not between 1 and ``SincResampler/maximumRate``
    ///   Hz, `resampling` when libsoxr refuses.
    public static func resample(_ signal: [Float], from sourceRate: Int, to targetRate: Int) throws -> [Float] {
        let allowed = 1...SincResampler.maximumRate
        guard allowed.contains(sourceRate), allowed.contains(targetRate) else {
            throw AudioError(
                .invalidArgument,
                "cannot resample from \(sourceRate) Hz to \(targetRate) Hz; 1 to \(SincResampler.maximumRate) Hz are taken"
            )
        }
        guard sourceRate != targetRate, !signal.isEmpty else { return signal }
        let wanted = outputCount(for: signal.count, from: sourceRate, to: targetRate)
        var format = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I)
        var quality = soxr_quality_spec(UInt(SOXR_HQ), 0)
        var runtime = soxr_runtime_spec(1)
        var produced = 0
        var failure: soxr_error_t?
        var output = [Float](unsafeUninitializedCapacity: wanted) { buffer, count in
            failure = signal.withUnsafeBufferPointer { input in
                soxr_oneshot(
                    Double(sourceRate), Double(targetRate), 1, input.baseAddress, input.count, nil,
                    buffer.baseAddress, wanted, &produced, &format, &quality, &runtime)
            }
            count = failure == nil ? min(produced, wanted) : 0
        }
        if let failure {
            throw AudioError(
                .resampling, "libsoxr cannot resample \(sourceRate) Hz to \(targetRate) Hz: \(String(cString: failure))"
            )
        }
        output.append(contentsOf: repeatElement(0, count: wanted - output.count))
        return output
    }
}
