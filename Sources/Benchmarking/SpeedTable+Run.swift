import Foundation
import Torch

extension SpeedTable {
    /// Measures the models' speed on this machine: loading, prefill, decoding at batch 1, 4 and 8, the second stages, the flow
    /// of v3 and v4, vocoders, bandwidth extension, speaker embedding, HuBERT and RoBERTa.
    ///
    /// Takes about six minutes on two cores, most of it the flow. The models are loaded from ``RandomCheckpoints``, one after
    /// the other, and run on a thread of their own.
    /// - Parameters:
    ///   - parts: the models to measure.
    ///   - onProgress: told what begins now, in a few words; called on another thread.
    /// - Throws: ``BenchmarkingError``, what reading and running models throws, `CancellationError`.
    public static func run(
        parts: [BenchmarkPart] = BenchmarkPart.allCases, options: SpeedOptions = SpeedOptions(),
        onProgress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> SpeedTable {
        try options.validate()
        try Library.prepare()
        let temporary =
            options.folder == nil ? FileManager.default.temporaryDirectory.path + "/chorus-bench-\(UUID())" : nil
        defer { if let temporary { try? FileManager.default.removeItem(atPath: temporary) } }
        let files = RandomCheckpoints(folder: options.folder ?? temporary ?? ".")
        let bench = SpeedBench(files: files, options: options, onProgress: onProgress)
        var rows: [Row] = []
        for part in BenchmarkPart.allCases where parts.contains(part) {
            rows += try await bench.measure(part)
        }
        return SpeedTable(machine: await bench.machine, rows: rows)
    }
}
