import FakeSupport
import TestSupport
import Testing
import Wire
import Worker

@testable import Router

/// The routes beside `/tts`, over real sockets.
@Suite struct CommandRouteTests {
    // MARK: Weights

    @Test func weightsAreSwitchedOnAllWorkers() async throws {
        let workers = ["a": FakeSynthesizer(), "b": FakeSynthesizer()]
        let committed = Observed<[String]>([])
        try await RouterHarness.run(workers: workers) { _, hooks in
            hooks.resolveWeights = { "/models/" + $0 }
            hooks.onCommitted = { model, gpt, sovits in
                committed.update { $0.append("\(model): \(gpt ?? "-") \(sovits ?? "-")") }
            }
        } _: { router in
            let gpt = try await router.get("/set_gpt_weights?weights_path=new.ckpt")
            #expect(gpt.status == 200)
            #expect(gpt.text == #"{"message":"success"}"#)
            let sovits = try await router.get("/set_sovits_weights?weights_path=new.pth")
            #expect(sovits.text == #"{"message":"success"}"#)
            for worker in workers.values {
                #expect(worker.record.value.committed == [1, 2])
                #expect(worker.record.value.requests.isEmpty)
            }
            try await committed.wait { $0.count == 2 }
            #expect(
                committed.value == [
                    "default: /models/new.ckpt base.pth", "default: /models/new.ckpt /models/new.pth",
                ])
            let health = try await router.health()
            #expect(health["epoch"] == 2)
            #expect(health["weights"]?["sovits_path"] == "/models/new.pth")
            #expect(try await router.states() == ["a": "ready", "b": "ready"])
        }
    }

    @Test func aFailedSwitchLeavesTheOldSet() async throws {
        let workers = ["a": FakeSynthesizer(), "b": FakeSynthesizer()]
        workers["b"]?.controls.update {
            $0.prepareFailure = SynthesisFailure(code: .badCheckpoint, message: "not a checkpoint")
        }
        try await RouterHarness.run(workers: workers) { router in
            let reply = try await router.get("/set_sovits_weights?weights_path=bad.pth")
            #expect(reply.status == 400)
            let body = try JSONParser.parse(reply.text)
            #expect(body["message"] == "change sovits weight failed")
            guard case .string(let reason)? = body["Exception"] else {
                Issue.record("\(reply.text)")
                return
            }
            #expect(reason.contains("b: "))
            #expect(reason.contains("not a checkpoint"))
            try await workers["a"]?.record.wait { $0.aborted == [1] }
            for worker in workers.values { #expect(worker.record.value.committed.isEmpty) }
            #expect(try await router.post("/tts", RouterHarness.speech()).status == 200)
            #expect(try await router.health()["epoch"] == 0)
        }
    }

    @Test func pathsOfWeightsAreNeededAndChecked() async throws {
        try await RouterHarness.run(workers: ["a": FakeSynthesizer()]) { _, hooks in
            hooks.resolveWeights = { path in
                throw RouterError(.forbidden, "\(path) is outside of the allowed roots")
            }
        } _: { router in
            for target in ["/set_gpt_weights", "/set_gpt_weights?weights_path="] {
                let reply = try await router.get(target)
                #expect(reply.status == 400)
                #expect(reply.text == #"{"message":"gpt weight path is required"}"#)
            }
            #expect(
                try await router.get("/set_sovits_weights").text == #"{"message":"sovits weight path is required"}"#)
            let outside = try await router.get("/set_gpt_weights?weights_path=../x")
            #expect(outside.status == 403)
            #expect(
                outside.text
                    == #"{"message":"change gpt weight failed","Exception":"../x is outside of the allowed roots"}"#)
        }
    }

    @Test func withoutWorkersNothingIsSwitched() async throws {
        try await RouterHarness.run { router in
            let reply = try await router.get("/set_gpt_weights?weights_path=x")
            #expect(reply.status == 503)
            #expect(reply.headers["retry-after"] != nil)
            let reference = try await router.get("/set_refer_audio?refer_audio_path=x")
            #expect(reference.status == 503)
        }
    }

    // MARK: References

    @Test func aReferenceGoesToEveryWorker() async throws {
        let workers = ["a": FakeSynthesizer(), "b": FakeSynthesizer()]
        try await RouterHarness.run(workers: workers) { _, hooks in
            hooks.resolveReference = { "/audio/" + $0 }
        } _: { router in
            let reply = try await router.get("/set_refer_audio?refer_audio_path=a.wav")
            #expect(reply.status == 200)
            #expect(reply.text == #"{"message":"success"}"#)
            for worker in workers.values { #expect(worker.record.value.references == ["/audio/a.wav"]) }
            let missing = try await router.get("/set_refer_audio")
            #expect(missing.status == 400)
            #expect(
                missing.text == #"{"message":"set refer audio failed","Exception":"refer_audio_path is required"}"#)
            workers["b"]?.controls.update {
                $0.referenceFailure = SynthesisFailure(code: .badRequest, message: "2.1 s is outside 3–10 s")
            }
            let refused = try await router.get("/set_refer_audio?refer_audio_path=short.wav")
            #expect(refused.status == 400)
            #expect(refused.text.contains("b: 2.1 s is outside 3–10 s"))
        }
    }

    // MARK: Control

    @Test func thisHostMayControlWithoutAKey() async throws {
        let commands = Observed<[ControlCommand]>([])
        try await RouterHarness.run { _, hooks in
            hooks.control = { command in commands.update { $0.append(command) } }
        } _: { router in
            #expect(try await router.get("/control?command=restart").status == 200)
            #expect(try await router.post("/control", #"{"command": "exit"}"#).status == 200)
            try await commands.wait { $0.count == 2 }
            #expect(commands.value == [.restart, .exit])
            let missing = try await router.get("/control")
            #expect(missing.status == 400)
            #expect(missing.text == #"{"message":"command is required"}"#)
            #expect(try await router.get("/control?command=format").status == 400)
            #expect(try await router.post("/control", "{").status == 422)
            #expect(commands.value.count == 2)
        }
    }

    @Test func othersNeedTheKey() async throws {
        let commands = Observed<[ControlCommand]>([])
        try await RouterHarness.run { configuration, hooks in
            configuration.adminKey = "secret"
            hooks.control = { command in commands.update { $0.append(command) } }
        } _: { router in
            // A proxy on this host, and a page of another site in a browser on this host, do not count as this host.
            for header in ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Origin"] {
                let reply = try await router.get("/control?command=exit", headers: [header: "10.0.0.1"])
                #expect(reply.status == 401, "\(header)")
                #expect(reply.headers["www-authenticate"] == "Bearer")
            }
            #expect(
                try await router.get("/control?command=exit", headers: ["Sec-Fetch-Site": "cross-site"]).status == 401)
            for wrong in ["wrong", "secre", "secrets", ""] {
                let reply = try await router.get("/control?command=exit", headers: ["X-Admin-Key": wrong])
                #expect(reply.status == 403, "\(wrong)")
            }
            #expect(commands.value.isEmpty)
            let proxied = ["X-Forwarded-For": "10.0.0.1"]
            #expect(
                try await router.get(
                    "/control?command=restart", headers: proxied.merging(["Authorization": "Bearer secret"]) { $1 }
                ).status == 200)
            #expect(
                try await router.get(
                    "/control?command=exit", headers: proxied.merging(["X-Admin-Key": "secret"]) { $1 }
                ).status == 200)
            try await commands.wait { $0 == [.restart, .exit] }
        }
    }

    @Test func withoutAKeyOthersMayNot() async throws {
        try await RouterHarness.run { router in
            let reply = try await router.get("/control?command=exit", headers: ["X-Forwarded-For": "10.0.0.1"])
            #expect(reply.status == 403)
            #expect(try await router.get("/control?command=exit", headers: ["X-Admin-Key": "x"]).status == 403)
        }
    }

    // MARK: State

    @Test func stateIsTold() async throws {
        let synthesizer = FakeSynthesizer(isWarm: false)
        try await RouterHarness.run { _, hooks in
            hooks.metricsText = { "chorus_up 1\n" }
        } _: { router in
            #expect(try await router.get("/livez").status == 200)
            let early = try await router.get("/readyz")
            #expect(early.status == 503)
            #expect(early.headers["retry-after"] != nil)
            #expect(try JSONParser.parse(early.text)["error"]?["code"] == "no_worker")
            router.start("cpu0", synthesizer, slots: 3)
            try await router.waitFor([("cpu0", "starting")])
            #expect(try await router.get("/readyz").status == 503)
            synthesizer.finishWarmUp()
            try await router.waitFor([("cpu0", "ready")])
            #expect(try await router.get("/readyz").status == 200)

            let health = try await router.health()
            #expect(health["status"] == "ok")
            #expect(health["queue"]?["depth"] == 0)
            guard case .array(let workers)? = health["workers"], let worker = workers.first else {
                Issue.record("no workers")
                return
            }
            #expect(worker["precision"] == "float32")
            #expect(worker["slots"] == 3)
            #expect(worker["device"]?["kind"] == "cpu")
            #expect(worker["rate"] == 10)
            #expect(worker["weights"]?["gpt_path"] == "base.ckpt")
            #expect(worker["epoch"] == 0)

            let metrics = try await router.get("/metrics")
            #expect(metrics.text == "chorus_up 1\n")
            #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let version = try JSONParser.parse(try await router.get("/version").text)
            #expect(version["version"] == "1.2.3")
            #expect(version["protocol"] == "1.1")
            let head = try await blocking { [port = router.port] in
                let connection = try HTTPConnection(port: port)
                connection.send(
                    "HEAD /health HTTP/1.1\r\nHost: x\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                )
                var bytes: [UInt8] = []
                while case let more = connection.receive(), !more.isEmpty { bytes += more }
                return String(decoding: bytes, as: UTF8.self)
            }
            // The head alone, and then the next answer.
            #expect(head.contains("content-length: ") || head.contains("Content-Length: "))
            #expect(!head.contains(#""queue""#))
            #expect(head.hasSuffix(#"{"status":"ok"}"#))
            let nowhere = try await router.get("/nowhere")
            #expect(nowhere.status == 404)
            #expect(try JSONParser.parse(nowhere.text)["error"]?["code"] == "route_not_found")
            let verb = try await router.post("/health", "{}")
            #expect(verb.status == 405)
            #expect(try JSONParser.parse(verb.text)["error"]?["type"] == "invalid_request_error")
        }
    }
}
