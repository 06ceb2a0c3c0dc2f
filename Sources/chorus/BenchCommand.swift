import ArgumentParser
import Benchmarking
import Foundation
import Glibc
import Torch

/// `chorus bench`
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures the models at full size, with random weights, beside the Python server's figures.",
        discussion: """
            Writes checkpoints of the published sizes in the published formats, loads them as a server does and prints a \
            table of medians.

              chorus bench --device cuda:0 --precision float16
            """)

    @Option(
        help: ArgumentHelp(
            "\(BenchmarkPart.allCases.map(\.rawValue).joined(separator: ", ")); may be given again. All where left out.",
            valueName: "model"))
    var part: [String] = []

    @Option(help: ArgumentHelp("cpu or cuda:N.", valueName: "device"))
    var device = "cpu"

    @Option(help: ArgumentHelp("float32, float16 or bfloat16.", valueName: "format"))
    var precision = "float32"

    @Option(help: ArgumentHelp("CPU threads.", valueName: "count"))
    var cpuThreads: Int?

    @Option(help: ArgumentHelp("Runs of each measurement, 2 to 100.", valueName: "count"))
    var runs = 5

    @Option(help: ArgumentHelp("Where the checkpoints are kept for the next time; 3 GB.", valueName: "folder"))
    var folder: String?

    @Flag(help: "Print JSON instead of a table.")
    var json = false

    private var parts: [BenchmarkPart?] { part.map(BenchmarkPart.init) }

    func validate() throws {
        guard parts.allSatisfy({ $0 != nil }) else {
            throw ValidationError(
                "--part must be one of \(BenchmarkPart.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard Device(device) != nil else { throw ValidationError("--device is '\(device)'; it must be cpu or cuda:N") }
        guard ["float32", "float16", "bfloat16"].contains(precision) else {
            throw ValidationError("--precision is '\(precision)'; it must be float32, float16 or bfloat16")
        }
    }

    func run() async throws {
        PassiveWaiting.ensure()
        try await exitingWithMessage {
            var options = SpeedOptions()
            options.device = Device(device) ?? .cpu
            options.dtype = DType(rawValue: precision) ?? .float32
            options.threadCount = cpuThreads
            options.runs = runs
            options.folder = folder
            let isTerminal = isatty(STDERR_FILENO) == 1
            let chosen = parts.compactMap { $0 }
            let table = try await SpeedTable.run(
                parts: chosen.isEmpty ? BenchmarkPart.allCases : chosen, options: options
            ) {
                if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K\($0)".utf8)) }
            }
            if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
            print(json ? try table.json() : table.markdown())
        }
    }
}
