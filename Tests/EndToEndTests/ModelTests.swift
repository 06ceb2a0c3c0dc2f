import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Workers with different model sets under one router.
    @Suite struct ModelTests {
        @Test func requestsAndSwitchesReachTheModelThatTheyName() async throws {
            try await Server.with(workers: 1) { server in
                let fixture = try Self.writeFixture(in: server.workspace)
                let endpoint = "ipc://" + server.workspace.file("run/workers-\(server.port).ipc").path
                let worker = try RunningCommand(
                    [
                        "worker", "--router", endpoint, "--model", "fixture", "-c", fixture, "--device", "cpu",
                        "--name", "second", "--home", Installation.home, "--cpu-threads", "1",
                    ], in: server.workspace)
                defer { kill(worker.pid, SIGKILL) }
                let health = try await server.health("a second worker") {
                    $0.worker("second")?.state == "ready" || worker.exitCode != nil
                }
                #expect(worker.exitCode == nil, "\(worker.errorText.suffix(2000))")
                #expect(Set(health.workers.map(\.model)) == ["default", "fixture"])

                // The same request on two sets is two voices, again and again.
                let standard = try await server.speak(Speech("Hello there."))
                let other = try await server.speak(Speech("Hello there.", ["model": "fixture"]))
                #expect(standard.isWholeWave && other.isWholeWave, "\(standard.message) \(other.message)")
                #expect(standard.body != other.body)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<8 {
                        group.addTask {
                            let model: Speech.Field = number % 2 == 0 ? "default" : "fixture"
                            let reply = try await server.speak(Speech("Hello there.", ["model": model]))
                            #expect(reply.body == (number % 2 == 0 ? standard.body : other.body))
                        }
                    }
                    try await group.waitForAll()
                }
                let unknown = try await server.speak(Speech("Hello there.", ["model": "nobody"]))
                #expect(unknown.status == 404)
                #expect(unknown.text.contains("there is default, fixture"))

                // A switch of one leaves the other alone.
                let path = "voice/gsv-v2final-pretrained/second.pth"
                try server.workspace.copy(Workspace.sovits, to: path)
                let switched = try await server.get("/set_sovits_weights", ["weights_path": path])
                #expect(switched.status == 200, "\(switched.text)")
                let after = try await server.health("both ready") { $0.workers.allSatisfy { $0.state == "ready" } }
                #expect(after.worker("second")?.epoch == 0)
                #expect(
                    after.workers.first { $0.model == "default" }?.weights.sovitsPath.hasSuffix("second.pth") == true)
                let again = try await server.speak(Speech("Hello there.", ["model": "fixture"]))
                #expect(again.body == other.body)
            }
        }

        /// A set with random weights of other sizes than the demo voice's.
        private static func writeFixture(in workspace: Workspace) throws -> String {
            let models = Fixtures.folder.appendingPathComponent("models").path
            let name = "gsv-v2final-pretrained"
            let text = """
                custom:
                  bert_base_path: \(models)/roberta/fixtures/pretrained_models/chinese-roberta-wwm-ext-large
                  cnhuhbert_base_path: \(models)/hubert/fixtures/pretrained_models/chinese-hubert-base
                  device: cpu
                  is_half: false
                  t2s_weights_path: \(models)/t2s/fixtures/pretrained_models/\(name)/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt
                  version: v2
                  vits_weights_path: \(models)/fixtures/pretrained_models/\(name)/s2G2333k.pth
                """
            try Data(text.utf8).write(to: workspace.file("fixture.yaml"))
            return "fixture.yaml"
        }
    }
}
