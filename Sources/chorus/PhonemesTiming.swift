import Foundation

/// How long the lines of `chorus phonemes` took, and how much memory is resident.
///
/// The first line pays for what its language loads, and is told apart from the others.
struct PhonemesTiming: Encodable {
    private let lines: Int
    private let firstMs: Double
    private let meanMs: Double
    private let p50Ms: Double
    private let p95Ms: Double
    private let residentMb: Double

    init(_ times: [Duration]) throws {
        let milliseconds = times.map { $0 / .milliseconds(1) }
        let rest = milliseconds.dropFirst().sorted()
        let quantile = { (share: Double) in
            rest.isEmpty ? 0 : rest[min(rest.count - 1, Int(share * Double(rest.count)))]
        }
        lines = times.count
        firstMs = milliseconds.first ?? 0
        meanMs = rest.isEmpty ? 0 : rest.reduce(0, +) / Double(rest.count)
        p50Ms = quantile(0.5)
        p95Ms = quantile(0.95)
        residentMb = Double(try Self.residentBytes()) / 1_048_576
    }

    /// Writes one JSON line to standard error.
    func write() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        FileHandle.standardError.write(try encoder.encode(self) + Data("\n".utf8))
    }

    private static func residentBytes() throws -> Int {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return (pages.count > 1 ? Int(pages[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
