import Foundation
import Glibc
import Testing

extension EndToEnd {
    /// `/set_sovits_weights` and `/set_gpt_weights` over two workers that are at work.
    @Suite(.server(workers: 2)) struct WeightSwitchTests {
        private static let folder = "voice/gsv-v2final-pretrained"

        @Test func switchesUnderLoadAndKeepsTheOldSetWhenItCannot() async throws {
            let server = try Server.shared
            let workspace = server.workspace
            let before = try await server.allReady()
            let expected = try await server.speak(Speech("Hello there.")).body
            try workspace.copy(Workspace.sovits, to: "\(Self.folder)/second.pth")
            try workspace.copy(Workspace.sovits, to: "\(Self.folder)/broken.pth", bytes: 2_000_000)
            try workspace.copy(Workspace.gpt, to: "\(Self.folder)/second.ckpt")
            let second = workspace.file("\(Self.folder)/second.pth").path

            try await underLoad(server, expected: expected) {
                let start = ContinuousClock.now
                let reply = try await server.get(
                    "/set_sovits_weights", ["weights_path": "\(Self.folder)/second.pth"])
                report("a switch of SoVITS weights under load", .now - start)
                #expect(reply.status == 200 && reply.text == #"{"message":"success"}"#, "\(reply.text)")
            }
            let after = try await server.allReady()
            #expect(after.epoch == before.epoch + 1)
            expectAll(after, sovits: second)
            #expect(try savedSection(workspace).contains("vits_weights_path: \(second)"))
            // What was saved is what the program itself can start with.
            #expect(try savedSection(workspace).contains("t2s_weights_path: "))

            try await underLoad(server, expected: expected) {
                for path in ["\(Self.folder)/broken.pth", Workspace.gpt, Workspace.reference] {
                    let reply = try await server.get("/set_sovits_weights", ["weights_path": path])
                    #expect(reply.status == 400)
                    #expect(reply.object["message"] as? String == "change sovits weight failed")
                    let reasons = reply.object["Exception"] as? String ?? ""
                    for worker in after.workers { #expect(reasons.contains(worker.id), "\(path): \(reasons)") }
                }
            }
            let kept = try await server.allReady()
            #expect(kept.epoch == after.epoch)
            expectAll(kept, sovits: second)
            #expect(try savedSection(workspace).contains("vits_weights_path: \(second)"))

            let reply = try await server.get("/set_gpt_weights", ["weights_path": "\(Self.folder)/second.ckpt"])
            #expect(reply.status == 200, "\(reply.text)")
            let both = try await server.allReady()
            expectAll(both, sovits: second)
            #expect(both.workers.allSatisfy { $0.weights.gptPath.hasSuffix("/second.ckpt") })

            try await aNewWorkerTakesTheCommittedSet(server, both, sovits: second)
            try await aNewRouterKeepsTheCommittedSet(server, both, sovits: second)
        }

        /// A worker that dies comes back with what was committed, and never serves anything else.
        private func aNewWorkerTakesTheCommittedSet(_ server: Server, _ set: Health, sovits: String) async throws {
            let worker = try #require(set.workers.first)
            kill(worker.pid, SIGKILL)
            let health = try await server.health("worker \(worker.id) with another process") { health in
                health.worker(worker.id).map { $0.pid != worker.pid && $0.state == "ready" } ?? false
            }
            expectAll(health, sovits: sovits)
            #expect(health.worker(worker.id)?.epoch == set.epoch)
        }

        /// A router that dies is started again at the same port, and learns from its workers what was committed.
        private func aNewRouterKeepsTheCommittedSet(_ server: Server, _ set: Health, sovits: String) async throws {
            let workers = try await server.health().workers.map(\.pid)
            let family = ProcessTable.children(of: server.command.pid)
            let router = try #require(family.first { !workers.contains($0) })
            let start = ContinuousClock.now
            kill(router, SIGKILL)
            _ = try await eventually("the end of the router") { ProcessTable.isRunning(router) ? nil : true }
            let health = try await server.allReady()
            report("from kill -9 of the router to 2 ready workers", .now - start)
            #expect(health.workers.map(\.pid) == workers, "no worker had to start anew")
            #expect(health.epoch == set.epoch)
            expectAll(health, sovits: sovits)
            #expect(try await server.speak(Speech("Hello there.")).isWholeWave)
        }

        private func expectAll(_ health: Health, sovits: String) {
            #expect(health.workers.count == 2)
            for worker in health.workers {
                #expect(worker.weights.sovitsPath == sovits, "\(worker.id)")
                #expect(worker.epoch == health.epoch, "\(worker.id)")
            }
        }

        /// Runs `body` while four clients ask without a pause; every answer has to be the expected one.
        private func underLoad(
            _ server: Server, expected: [UInt8], _ body: @Sendable @escaping () async throws -> Void
        ) async throws {
            let isOver = Mutexed(false)
            let answered = Mutexed(0)
            let longest = Mutexed(Duration.zero)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        while !isOver.value {
                            let start = ContinuousClock.now
                            let reply = try await server.speak(Speech("Hello there."))
                            let taken = ContinuousClock.now - start
                            longest.update { $0 = max($0, taken) }
                            #expect(reply.isWholeWave && reply.body == expected, "\(reply.status) \(reply.message)")
                            answered.update { $0 += 1 }
                        }
                    }
                }
                group.addTask {
                    defer { isOver.value = true }
                    // The load is there before, and goes on after.
                    _ = try await eventually("answers before") { answered.value >= 4 ? true : nil }
                    try await body()
                    let count = answered.value
                    _ = try await eventually("answers after") { answered.value >= count + 8 ? true : nil }
                }
                try await group.waitForAll()
                report("the longest of \(answered.value) answers meanwhile", longest.value)
            }
        }

        /// The `custom` section of the workspace's `tts_infer.yaml`.
        private func savedSection(_ workspace: Workspace) throws -> String {
            let text = try String(contentsOf: workspace.file("voice/tts_infer.yaml"), encoding: .utf8)
            let lines = text.split(separator: "\n").drop { $0 != "custom:" }.dropFirst()
            return lines.prefix { $0.hasPrefix(" ") }.joined(separator: "\n")
        }
    }
}
