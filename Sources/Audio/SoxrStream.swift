import CSoxr

/// Resampling of a signal that comes in pieces, by libsoxr at its "HQ" quality.
///
/// Unsafe state: `handle` is open from `init` to `deinit`.
final class SoxrStream {
    private let handle: soxr_t
    private let ratio: Double

    /// Opens a resampler.
    ///
    /// - Parameters:
    ///   - sourceRate: Of what comes in, in Hz.
    ///   - targetRate: Of what goes out, in Hz.
    /// - Throws: ``AudioError`` with `resampling` when libsoxr refuses.
    init(from sourceRate: Int, to targetRate: Int) throws {
        var format = soxr_io_spec(SOXR_INT16_I, SOXR_FLOAT32_I)
        var quality = soxr_quality_spec(UInt(SOXR_HQ), 0)
        var runtime = soxr_runtime_spec(1)
        var failure: soxr_error_t?
        guard
            let handle = soxr_create(
                Double(sourceRate), Double(targetRate), 1, &failure, &format, &quality, &runtime)
        else {
            let reason = failure.map { String(cString: $0) } ?? "out of memory"
            throw AudioError(.resampling, "libsoxr cannot resample \(sourceRate) Hz to \(targetRate) Hz: \(reason)")
        }
        self.handle = handle
        ratio = Double(targetRate) / Double(sourceRate)
    }

    deinit {
        soxr_delete(handle)
    }

    /// Takes in samples and gives out those that are ready, full scale at ±1.
    func process(_ samples: [Int16]) throws -> [Float] {
        var output: [Float] = []
        var consumed = 0
        while consumed < samples.count {
            var used = 0
            output += try samples.withUnsafeBufferPointer { input in
                try produce(room: room(for: input.count - consumed)) { buffer, room, produced in
                    soxr_process(
                        handle, input.baseAddress.map { $0 + consumed }, input.count - consumed, &used, buffer, room,
                        &produced)
                }
            }
            guard used > 0 else { break }
            consumed += used
        }
        return output
    }

    /// Ends the signal and gives out its rest.
    func finish() throws -> [Float] {
        var output: [Float] = []
        while true {
            let rest = try produce(room: 4096) { buffer, room, produced in
                soxr_process(handle, nil, 0, nil, buffer, room, &produced)
            }
            guard !rest.isEmpty else { return output }
            output += rest
        }
    }

    private func room(for count: Int) -> Int { Int((Double(count) * ratio).rounded(.up)) + 4096 }

    private func produce(
        room: Int, _ convert: (UnsafeMutablePointer<Float>?, Int, inout Int) -> soxr_error_t?
    ) throws -> [Float] {
        var failure: soxr_error_t?
        let output = [Float](unsafeUninitializedCapacity: room) { buffer, count in
            var produced = 0
            failure = convert(buffer.baseAddress, room, &produced)
            count = failure == nil ? min(produced, room) : 0
        }
        if let failure {
            throw AudioError(.resampling, "libsoxr failed: \(String(cString: failure))")
        }
        return output
    }
}
