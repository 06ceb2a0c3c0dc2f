import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// How servers end.
    @Suite struct ShutdownTests {
        @Test func sigtermLetsRequestsInFlightFinish() async throws {
            try await Server.with(workers: 1) { server in
                let family = ProcessTable.children(of: server.command.pid)
                #expect(family.count == 2)
                let text = String(repeating: "This sentence is one of some. ", count: 12)
                try await withThrowingTaskGroup(of: HTTPConnection.Reply.self) { group in
                    for seed in 0..<3 { group.addTask { try await server.speak(Speech(text, seed: seed)) } }
                    try await server.health("3 requests under way") { $0.workers.map(\.inFlight) == [3] }
                    let start = ContinuousClock.now
                    kill(server.command.pid, SIGTERM)
                    // As a load balancer sees it; the signal takes a moment from one process to the next.
                    _ = try await eventually("a server that says that it is about to stop", within: .seconds(2)) {
                        (try? await server.get("/readyz").status) == 200 ? nil : true
                    }
                    let refusal = try await server.speak(Speech("Hello there."))
                    #expect(refusal.status == 503, "\(refusal.text.prefix(200))")
                    #expect(server.command.exitCode == nil, "it still works on what it had begun")
                    report("from SIGTERM to a refusal (\(refusal.status))", .now - start)
                    for try await reply in group {
                        #expect(reply.isWholeWave, "\(reply.status) \(reply.message)")
                    }
                    report("from SIGTERM to the last answer", .now - start)
                    #expect(try await server.command.exit(within: .seconds(20)) == 0)
                    report("from SIGTERM to the end", .now - start)
                }
                try await expectNoneLeft(family)
            }
        }

        @Test func nothingOutlivesAKilledServer() async throws {
            try await Server.with(workers: 2) { server in
                let family = ProcessTable.children(of: server.command.pid)
                #expect(family.count == 3)
                let start = ContinuousClock.now
                kill(server.command.pid, SIGKILL)
                try await expectNoneLeft(family)
                report("from kill -9 of the server to the end of its children", .now - start)
            }
        }

        @Test func controlRestartsAndEndsTheWholeServer() async throws {
            try await Server.with(workers: 1) { server in
                let first = ProcessTable.children(of: server.command.pid)
                #expect(try await server.get("/control", ["command": "restart"]).status == 200)
                try await expectNoneLeft(first)
                try await server.allReady()
                #expect(try await server.speak(Speech("Hello there.")).isWholeWave)

                let family = ProcessTable.children(of: server.command.pid)
                #expect(family.count == 2)
                #expect(try await server.get("/control", ["command": "exit"]).status == 200)
                #expect(try await server.command.exit(within: .seconds(20)) == 0)
                try await expectNoneLeft(family)
            }
        }

        private func expectNoneLeft(_ family: [pid_t]) async throws {
            _ = try await eventually("the end of all processes", within: .seconds(15)) {
                family.contains(where: ProcessTable.isRunning) ? nil : true
            }
        }
    }
}
