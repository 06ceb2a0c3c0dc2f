import Foundation
import Glibc

/// A process of the program that was started with some arguments.
final class RunningCommand: Sendable {
    private let process: Process
    /// Standard output and standard error.
    private let output: URL
    private let errors: URL

    /// Starts the program in a workspace.
    ///
    /// - Parameter input: what it reads from standard input.
    init(_ arguments: [String], in workspace: Workspace, input: String? = nil) throws {
        guard let binary = Installation.binary else { throw EndToEndFailure("the program is not built") }
        let name = UUID().uuidString
        output = workspace.file("\(name).out")
        errors = workspace.file("\(name).err")
        for file in [output, errors] { try Data().write(to: file) }
        process = Process()
        process.executableURL = URL(fileURLWithPath: binary)
        process.arguments = arguments
        process.environment = Installation.environment
        process.currentDirectoryURL = workspace.root
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        if let input {
            let file = workspace.file("\(name).in")
            try Data(input.utf8).write(to: file)
            process.standardInput = try FileHandle(forReadingFrom: file)
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        try process.run()
    }

    var pid: pid_t { process.processIdentifier }

    /// What it has printed to standard output so far.
    var text: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }

    /// What it and its children have printed to standard error so far.
    var errorText: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

    /// The exit code, 128 + the signal that ended it, or nil while it runs.
    var exitCode: Int32? {
        guard !process.isRunning else { return nil }
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    /// Waits for the end.
    func exit(within limit: Duration = .seconds(60)) async throws -> Int32 {
        do {
            return try await eventually("the end of process \(pid)", within: limit) { exitCode }
        } catch {
            kill(pid, SIGKILL)
            throw EndToEndFailure("\(error)\n\(errorText.suffix(4000))")
        }
    }

    /// Runs the program to its end.
    static func run(
        _ arguments: [String], in workspace: Workspace, input: String? = nil
    ) async throws -> (code: Int32, text: String, errors: String) {
        let command = try RunningCommand(arguments, in: workspace, input: input)
        let code = try await command.exit()
        return (code, command.text, command.errorText)
    }
}

/// Other processes, as `/proc` tells of them.
enum ProcessTable {
    /// The processes that a process has started and that still run.
    static func children(of parent: pid_t) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { status(of: $0)?.parent == parent }
    }

    /// Whether a process runs; one that has ended and that nobody has waited for does not.
    static func isRunning(_ pid: pid_t) -> Bool {
        status(of: pid).map { !["Z", "X"].contains($0.state) } ?? false
    }

    private static func status(of pid: pid_t) -> (state: String, parent: pid_t)? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let name = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: name)...].split(separator: " ")
        guard fields.count > 1, let parent = pid_t(fields[1]) else { return nil }
        return (String(fields[0]), parent)
    }
}
