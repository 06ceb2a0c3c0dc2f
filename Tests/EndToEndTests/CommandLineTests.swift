import Audio
import Foundation
import Glibc
import Testing

extension EndToEnd {
    /// The commands that need no server, and the exit codes of all.
    @Suite struct CommandLineTests {
        @Test func synthesizeRepeatsItself() async throws {
            try await Workspace.with { workspace in
                var files: [[UInt8]] = []
                for (name, seed) in [("first.wav", 5), ("again.wav", 5), ("other.wav", 6)] {
                    let result = try await RunningCommand.run(
                        [
                            "synthesize", "-c", "voice/tts_infer.yaml", "--home", Installation.home,
                            "--text", "Hello there, my friend.", "--text-lang", "en", "--prompt-lang", "en",
                            "--ref-audio", Workspace.reference, "--seed", "\(seed)", "--out", name,
                        ], in: workspace)
                    #expect(result.code == 0, "\(result.errors)")
                    files.append(try workspace.bytes(of: name))
                }
                #expect(files[0] == files[1])
                #expect(files[0] != files[2])
                #expect(try AudioDecoder().decode(files[0]).sampleRate == 32000)
            }
        }

        @Test func phonemesAnswersLineByLine() async throws {
            try await Workspace.with { workspace in
                let lines = [#"{"text": "Hello."}"#, #"{"text": "It costs $5."}"#, #"{"text": "Read a book."}"#]
                let arguments = ["phonemes", "--lang", "en", "--version", "v2", "--home", Installation.home]
                let good = try await RunningCommand.run(
                    arguments, in: workspace, input: lines.joined(separator: "\n") + "\n")
                #expect(good.code == 0, "\(good.errors)")
                let replies = good.text.split(separator: "\n").map { Self.object(String($0)) }
                #expect(replies.map { $0["text"] as? String } == ["Hello.", "It costs $5.", "Read a book."])
                for reply in replies {
                    #expect(
                        Set(reply.keys).isSuperset(of: ["text", "norm_text", "phones", "phone_ids", "word2ph"]),
                        "\(reply.keys)")
                    let phones = (reply["phones"] as? String ?? "").split(separator: " ")
                    #expect(!phones.isEmpty)
                    #expect((reply["phone_ids"] as? [Int])?.count == phones.count)
                }

                let mixed = try await RunningCommand.run(
                    arguments, in: workspace, input: [lines[0], "not JSON", lines[2]].joined(separator: "\n"))
                #expect(mixed.code == 65)
                let answers = mixed.text.split(separator: "\n").map { Self.object(String($0)) }
                #expect(answers.map { $0["error"] == nil } == [true, false, true])
            }
        }

        @Test func inspectTellsGoodFromBad() async throws {
            try await Workspace.with { workspace in
                let good = try await RunningCommand.run(
                    ["inspect", "--json", Workspace.sovits, Workspace.gpt], in: workspace)
                #expect(good.code == 0, "\(good.errors)")
                #expect(good.text.split(separator: "\n").map { Self.object(String($0)).isEmpty } == [false, false])

                try workspace.copy(Workspace.sovits, to: "half.pth", bytes: 1_000_000)
                let bad = try await RunningCommand.run(["inspect", "half.pth"], in: workspace)
                #expect(bad.code == 65)
                #expect(bad.errors.contains("half.pth"))
                let absent = try await RunningCommand.run(["inspect", "nowhere.pth"], in: workspace)
                #expect(absent.code == 66)
                #expect(absent.errors.contains("nowhere.pth"))
            }
        }

        /// As on several machines: a router that has no voice, and a worker that dials it and may be there first.
        @Test(arguments: [false, true])
        func routerAndWorkerRunAloneOverTCP(encrypted: Bool) async throws {
            try await Workspace.with { workspace in
                var (routerKeys, workerKeys): ([String], [String]) = ([], [])
                if encrypted {
                    for name in ["router", "worker"] {
                        #expect(try await RunningCommand.run(["keys", name], in: workspace).code == 0)
                    }
                    #expect(try await RunningCommand.run(["keys", "router"], in: workspace).code == 78)
                    routerKeys = ["--curve-secret-key-file", "router.key", "--curve-client-keys-file", "worker.pub"]
                    workerKeys = ["--curve-secret-key-file", "worker.key", "--curve-server-key-file", "router.pub"]
                }
                let endpoint = "tcp://127.0.0.1:\(try FreePort.find())"
                let worker = try RunningCommand(
                    [
                        "worker", "-c", "voice/tts_infer.yaml", "--router", endpoint, "--device", "cpu", "--name",
                        "alone",
                        "--home", Installation.home, "--run-folder", workspace.file("run").path,
                    ] + workerKeys, in: workspace)
                let port = try FreePort.find()
                let router = try RunningCommand(
                    ["router", "--workers", endpoint, "-p", "\(port)", "--run-folder", workspace.file("run").path]
                        + routerKeys, in: workspace)
                do {
                    let server = Server(workspace: workspace, command: router, port: port, workerCount: 1)
                    #expect(try await server.allReady().workers.map(\.id) == ["alone"])
                    #expect(try await server.speak(Speech("Hello there.")).isWholeWave)
                } catch {
                    Issue.record("\(error)\n\(router.errorText)\n\(worker.errorText)")
                }
                for command in [router, worker] {
                    kill(command.pid, SIGTERM)
                    #expect(try await command.exit(within: .seconds(20)) == 0, "\(command.errorText)")
                }
            }
        }

        /// Each with what its message has to name.
        @Test(arguments: [
            (["serve", "--no-such-flag"], 64, "--no-such-flag"), (["sing"], 64, "sing"),
            (["phonemes", "--lang", "klingon"], 64, "klingon"),
            (["serve", "-c", "wrong.yaml"], 78, "wrong.yaml"), (["worker", "-c", "wrong.yaml"], 78, "wrong.yaml"),
            (["serve", "-c", "voice/tts_infer.yaml", "--config", "wrong.yaml"], 78, "wrong.yaml"),
            (["serve", "-c", "voice/tts_infer.yaml", "--config", "unknown-device.yaml"], 78, "devices"),
            (["worker", "-c", "voice/tts_infer.yaml", "--device", "cuda:99"], 78, "cuda:99"),
            (["router", "--worker-endpoint", "tcp://0.0.0.0:0", "-p", "0"], 78, "CURVE"),
            (
                ["worker", "-c", "none.yaml", "--home", Installation.home], 78,
                "chinese-hubert-base holds no config.json"
            ),
            (["worker", "-c", "voice/tts_infer.yaml", "--home", "/nowhere"], 78, "/nowhere/text"),
            (["--help"], 0, ""), (["serve", "--help"], 0, ""), (["--version"], 0, ""),
        ])
        func exitCodesSayWhatIsWrong(arguments: [String], code: Int32, mentioned: String) async throws {
            try await Workspace.with { workspace in
                try Data("custom: [unclosed\n".utf8).write(to: workspace.file("wrong.yaml"))
                try Data("devices: [abacus]\n".utf8).write(to: workspace.file("unknown-device.yaml"))
                let result = try await RunningCommand.run(arguments, in: workspace)
                #expect(result.code == code, "\(result.text)\n\(result.errors)")
                #expect(mentioned.isEmpty || result.errors.contains(mentioned), "\(result.errors)")
                if code == 0 { #expect(!result.text.isEmpty) }
            }
        }

        private static func object(_ line: String) -> [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any] ?? [:]
        }
    }
}
