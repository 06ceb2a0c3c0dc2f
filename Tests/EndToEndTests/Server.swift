import Foundation
import Glibc
import TestSupport
import Testing

/// A whole server of its own port, workspace and processes, as `chorus serve` makes it.
struct Server: Sendable {
    let workspace: Workspace
    let command: RunningCommand
    let port: Int
    /// How many workers it has.
    let workerCount: Int

    /// The server that the suite has started; see ``SharedServer``.
    @TaskLocal private static var running: Server?

    static var shared: Server {
        get throws {
            guard let running else { throw EndToEndFailure("this suite has no server") }
            return running
        }
    }

    /// Runs a server with CPU workers for as long as `body` runs; all of its workers are ready by then.
    ///
    /// At the end nothing of it is left, whatever happened.
    static func with<Value>(workers: Int, _ body: (Server) async throws -> Value) async throws -> Value {
        try await Workspace.with { workspace in
            let start = ContinuousClock.now
            let port = try FreePort.find()
            let command = try RunningCommand(
                [
                    "serve", "-c", "voice/tts_infer.yaml", "-p", "\(port)", "--run-folder", workspace.file("run").path,
                    "--home", Installation.home, "--cpu-threads", "1",
                    "--devices", Array(repeating: "cpu", count: workers).joined(separator: ","),
                ], in: workspace)
            let server = Server(workspace: workspace, command: command, port: port, workerCount: workers)
            let value: Value
            do {
                try await server.allReady()
                report("from start to \(workers) ready workers", .now - start)
                value = try await body(server)
            } catch {
                let log = command.errorText.suffix(6000)
                await end(command)
                throw EndToEndFailure("\(error)\nthe server's log:\n\(log)")
            }
            await end(command)
            return value
        }
    }

    static func withShared(_ server: Server, _ body: @Sendable () async throws -> Void) async throws {
        try await $running.withValue(server) { try await body() }
    }

    private static func end(_ command: RunningCommand) async {
        let family = ProcessTable.children(of: command.pid)
        if command.exitCode == nil { kill(command.pid, SIGTERM) }
        _ = try? await command.exit()
        // Only those that the server has failed to end, which is what the shutdown tests are about.
        for pid in family where ProcessTable.isRunning(pid) { kill(pid, SIGKILL) }
    }

    // MARK: Asking

    /// Sends a request on a connection of its own and reads the answer.
    func ask(_ request: [UInt8]) async throws -> HTTPConnection.Reply {
        let port = port
        return try await blocking {
            let connection = try HTTPConnection(port: port)
            connection.send(request)
            return try connection.reply()
        }
    }

    func get(_ path: String, _ query: [String: String] = [:]) async throws -> HTTPConnection.Reply {
        try await ask(Request.get(path, query))
    }

    /// Has a text spoken.
    func speak(_ speech: Speech) async throws -> HTTPConnection.Reply { try await ask(try speech.post()) }

    /// Sends a request and hands its connection over, to be hung up or read.
    func begin(_ request: [UInt8]) async throws -> HTTPConnection {
        let port = port
        return try await blocking {
            let connection = try HTTPConnection(port: port)
            connection.send(request)
            return connection
        }
    }

    func health() async throws -> Health {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Health.self, from: Data(try await get("/health").body))
    }

    // MARK: Waiting

    /// Waits until `/health` is as wanted; a server that does not listen yet is waited for as well.
    @discardableResult
    func health(
        _ what: String, within limit: Duration = .seconds(30), _ isWanted: @Sendable (Health) -> Bool
    ) async throws -> Health {
        try await eventually(what, within: limit) {
            guard command.exitCode == nil else { throw EndToEndFailure("the server ended before: \(what)") }
            guard let health = try? await health() else { return nil }
            return isWanted(health) ? health : nil
        }
    }

    /// Waits until every worker is ready and has nothing to do.
    @discardableResult
    func allReady() async throws -> Health {
        let count = workerCount
        return try await health("\(count) ready workers without work") { health in
            health.workers.count == count && health.queue.inFlight == 0
                && health.workers.allSatisfy { $0.state == "ready" && $0.inFlight == 0 }
        }
    }
}

/// What `/health` tells, as far as tests want it.
struct Health: Decodable, Sendable {
    struct Worker: Decodable, Sendable {
        struct Weights: Decodable, Sendable {
            let gptPath: String
            let sovitsPath: String
        }

        let id: String
        let state: String
        let pid: Int32
        let inFlight: Int
        let model: String
        let epoch: UInt64
        let weights: Weights
    }

    struct Queue: Decodable, Sendable {
        let depth: Int
        let inFlight: Int
    }

    let status: String
    let epoch: UInt64
    let queue: Queue
    let workers: [Worker]

    /// The worker with a name.
    func worker(_ id: String) -> Worker? { workers.first { $0.id == id } }
}

/// Starts one server for all tests of a suite.
struct SharedServer: SuiteTrait, TestScoping {
    let workers: Int

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await Server.with(workers: workers) { server in
            try await Server.withShared(server, function)
        }
    }
}

extension Trait where Self == SharedServer {
    /// One server for all tests of the suite.
    static func server(workers: Int) -> Self { Self(workers: workers) }
}
