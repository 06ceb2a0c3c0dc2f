import Foundation

/// What was measured, beside the Python server's figures.
public struct SpeedTable: Sendable, Codable {
    /// Where it was measured.
    public struct Machine: Sendable, Codable {
        /// `cpu` or `cuda:N`.
        public let device: String
        /// Element type of the weights.
        public let dtype: String
        /// Threads that one CPU operation may use.
        public let threadCount: Int
        /// Processors that the system has online.
        public let processorCount: Int
        /// The processor, as the system calls it; nil where it does not say.
        public let processor: String?
        /// The libtorch that was built against.
        public let libtorch: String
        /// Processes that wanted to run in the minute before, on average: figures are the machine's only where this is near 0.
        public let loadBefore: Double?
        /// The process's largest resident size, in bytes, files that are mapped included.
        public let peakResidentBytes: Int
    }

    /// One quantity.
    public struct Row: Sendable, Codable {
        /// What was measured.
        public let name: String
        /// Unit of the figures: `s`, `ms`, `real-time factor` (less is faster), `steps × rows / s` (more is faster).
        public let unit: String
        /// Half of the runs gave less, half more.
        public let median: Double
        /// The smallest of the runs.
        public let minimum: Double
        /// The largest of the runs.
        public let maximum: Double
        /// Runs that were counted.
        public let runs: Int
        /// The Python server's figure; nil on another kind of device.
        public let reference: Double?
        /// Speed as a multiple of the reference's: above 1 is faster.
        public let timesAsFast: Double?
        /// The process's resident size at the end of these runs, with the model in memory, in bytes.
        public let residentBytes: Int
        /// The process's largest resident size up to the end of these runs, in bytes.
        public let peakResidentBytes: Int
    }

    /// Where it was measured.
    public let machine: Machine
    /// The quantities, in the order of measurement.
    public let rows: [Row]

    /// One JSON object.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// A Markdown table, with what to know about it in front and below.
    public func markdown() -> String {
        let processor = machine.processor ?? "unknown processor"
        var lines = [
            "libtorch \(machine.libtorch), \(machine.device), \(machine.dtype), \(machine.threadCount) threads; "
                + "\(processor), \(machine.processorCount) processors online, "
                + "load \(machine.loadBefore.map { String(format: "%.1f", $0) } ?? "unknown") before",
            "",
            "| part | unit | median (min–max) | runs | Python reference | times as fast | memory, MB | peak so far, MB |",
            "|---|---|--:|--:|--:|--:|--:|--:|",
        ]
        for row in rows {
            let figures = "\(Self.text(row.median)) (\(Self.text(row.minimum))–\(Self.text(row.maximum)))"
            let reference = row.reference.map(Self.text) ?? "–"
            let factor = row.timesAsFast.map(Self.text) ?? "–"
            lines.append(
                "| \(row.name) | \(row.unit) | \(figures) | \(row.runs) | \(reference) | \(factor) "
                    + "| \(row.residentBytes / 1_000_000) | \(row.peakResidentBytes / 1_000_000) |")
        }
        lines += [
            "",
            "Random weights of the published sizes (v2 where nothing else is said), files in the page cache, one warm-up before each part. Steps × rows and "
                + "the real-time factor (seconds of work for a second of audio) are of the models alone. The reference is the "
                + "Python server on two cores of the AMD Zen 5 class in float32: elsewhere the factor says little.",
        ]
        return lines.joined(separator: "\n")
    }

    /// Three significant digits, without an exponent.
    static func text(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return "\(value)" }
        let digits = max(0, 2 - Int(log10(abs(value)).rounded(.down)))
        return String(format: "%.\(digits)f", value)
    }
}
