import FakeSupport
import Foundation
import TestSupport
import Testing
import Wire
import Worker

@testable import Router

/// `/tts` over real sockets, from HTTP to a worker and back.
@Suite struct SpeechRouteTests {
    // MARK: Parity with the Python server

    /// The documented POST, with a language that is spoken already.
    static let documented = """
        {
            "text": "Hello.", "text_lang": "en", "ref_audio_path": "archive_jingyuan_1.wav", "aux_ref_audio_paths": [],
            "prompt_text": "", "prompt_lang": "en", "top_k": 15, "top_p": 1, "temperature": 1, "text_split_method": "cut5",
            "batch_size": 1, "batch_threshold": 0.75, "split_bucket": true, "speed_factor":1.0, "fragment_interval":0.3,
            "seed": -1, "parallel_infer": true, "repetition_penalty": 1.35, "sample_steps": 32, "super_sampling": false,
            "streaming_mode": false, "overlap_length": 2, "min_chunk_length": 16
        }
        """

    @Test func documentedRequestsWorkInBothVerbs() async throws {
        let synthesizer = FakeSynthesizer()
        let plan = FakePlan(pieces: [70_000, 30_000])
        synthesizer.controls.update { $0.plan = { _ in plan } }
        try await RouterHarness.run(workers: ["a": synthesizer]) { router in
            let posted = try await router.post("/tts", Self.documented)
            let query =
                "/tts?text=Hello.&text_lang=EN&ref_audio_path=archive_jingyuan_1.wav&prompt_lang=En&prompt_text="
                + "&text_split_method=cut5&batch_size=1&media_type=wav&streaming_mode=false"
            let gotten = try await router.get(query)
            for reply in [posted, gotten] {
                #expect(reply.status == 200, "\(reply.text)")
                #expect(reply.headers["content-type"] == "audio/wav")
                #expect(reply.headers["content-length"] == "100000")
                #expect(reply.isComplete)
                #expect(reply.body == plan.result(seed: -1, epoch: 0))
            }
            let requests = synthesizer.record.value.requests
            #expect(requests.count == 2)
            #expect(requests.first == requests.last)
            #expect(
                requests.first
                    == SpeechRequest(
                        text: "Hello.", textLang: "en", refAudioPath: "archive_jingyuan_1.wav", promptLang: "en"))
        }
    }

    /// The documented GET, with its text escaped as clients do. Raw UTF-8 in a target is no HTTP, for the Python server neither.
    @Test func textInTheQueryIsRead() async throws {
        let synthesizer = FakeSynthesizer()
        try await RouterHarness.run(workers: ["a": synthesizer]) { router in
            let text = "先帝创业未半而中道崩殂，今天下三分，益州疲弊，此诚危急存亡之秋也。"
            let prompt = "我是「罗浮」云骑将军景元。不必拘谨，「将军」只是一时的身份，你称呼我景元便可"
            let escaped = try [text, prompt].map {
                try #require($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            }
            let query =
                "/tts?text=\(escaped[0])&text_lang=zh&ref_audio_path=archive_jingyuan_1.wav&prompt_lang=zh"
                + "&prompt_text=\(escaped[1])&text_split_method=cut5&batch_size=1&media_type=wav"
            let reply = try await router.get(query + "&streaming_mode=false")
            #expect(reply.status == 200, "\(reply.text)")
            #expect(synthesizer.record.value.requests.first?.text == text)
            #expect(synthesizer.record.value.requests.first?.promptText == prompt)
            let streamed = try await router.get(query + "&streaming_mode=true")
            #expect(streamed.status == 200)
            #expect(synthesizer.record.value.requests.last?.streamingMode == 1)
            let raw = try await router.get("/tts?text=\(text)")
            #expect(raw.status == 400)
            #expect(raw.text.contains("invalid URL"))
        }
    }

    @Test func checksAnswerAsThePythonServer() async throws {
        try await RouterHarness.run(workers: ["a": FakeSynthesizer()]) { router in
            let base = "/tts?text=x&text_lang=en&prompt_lang=en"
            let expectations = [
                (base, #"{"message":"ref_audio_path is required"}"#),
                ("/tts?ref_audio_path=a&text_lang=en&prompt_lang=en", #"{"message":"text is required"}"#),
                ("/tts?ref_audio_path=a&text=x", #"{"message":"text_lang is required"}"#),
                ("/tts?ref_audio_path=a&text=x&text_lang=en", #"{"message":"prompt_lang is required"}"#),
                (
                    base + "&ref_audio_path=a&media_type=wma", #"{"message":"media_type: wma is not supported"}"#
                ),
                (
                    base + "&ref_audio_path=a&text_split_method=cut7",
                    #"{"message":"text_split_method:cut7 is not supported"}"#
                ),
                (
                    "/tts?ref_audio_path=a&text=x&text_lang=tlh&prompt_lang=en",
                    #"{"message":"text_lang: tlh is not supported in version v2"}"#
                ),
                (
                    base + "&ref_audio_path=a&streaming_mode=9",
                    #"{"message":"the value of streaming_mode must be 0, 1, 2, 3(int) or true/false(bool)"}"#
                ),
            ]
            for (target, body) in expectations {
                let reply = try await router.get(target)
                #expect(reply.status == 400)
                #expect(reply.text == body)
            }
            let wrong = try await router.post("/tts", #"{"top_k": "x"}"#)
            #expect(wrong.status == 422)
            #expect(
                wrong.text
                    == #"{"detail":[{"type":"int_parsing","loc":["body","top_k"],"msg":"Input should be a valid integer, "#
                    + #"unable to parse string as an integer","input":"x"}]}"#)
            let broken = try await router.post("/tts", #"{"text": "#)
            #expect(broken.status == 422)
            #expect(broken.text.contains("json_invalid"))
            let form = try await router.post(
                "/tts", "text=x", headers: ["Content-Type": "application/x-www-form-urlencoded"])
            #expect(form.status == 422)
            #expect(form.text.contains("Content-Type: application/json"))
            let untyped = try await router.post("/tts", Self.documented, headers: [:])
            #expect(untyped.status == 200)
            let verb = try await blocking { [port = router.port] in
                try HTTPConnection(port: port).request("PUT", "/tts", body: [])
            }
            #expect(verb.status == 405)
            #expect(verb.text == #"{"detail":"Method Not Allowed"}"#)
            #expect(verb.headers["allow"] == "GET, POST")
        }
    }

    @Test(arguments: [
        (FailureCode.badRequest, false, 400), (.notFound, false, 400),
        (.forbidden, false, 403), (.internal, false, 500), (.outOfMemory, true, 503), (.deadline, false, 504),
        (FailureCode(rawValue: "something_new"), false, 500),
    ])
    func failuresOfWorkersAreTold(code: FailureCode, retriable: Bool, status: Int) async throws {
        let synthesizer = FakeSynthesizer()
        synthesizer.controls.update {
            $0.plan = { _ in
                var plan = FakePlan()
                plan.failure = (0, SynthesisFailure(code: code, message: "because \"so\"", retriable: retriable))
                return plan
            }
        }
        try await RouterHarness.run(workers: ["a": synthesizer]) { router in
            let reply = try await router.post("/tts", RouterHarness.speech())
            #expect(reply.status == status)
            #expect(reply.text == #"{"message":"tts failed","Exception":"because \"so\""}"#)
            #expect(synthesizer.record.value.requests.count == (retriable ? 3 : 1))
        }
    }

    @Test func pathsAreResolvedUnderTheAllowedRoots() async throws {
        let synthesizer = FakeSynthesizer()
        struct Outside: Error, CustomStringConvertible { let description = "/etc/passwd is outside" }
        try await RouterHarness.run(workers: ["a": synthesizer]) { _, hooks in
            hooks.resolveReference = { path in
                if path.contains("..") { throw Outside() }
                if path.contains("gone") { throw RouterError(.notFound, "\(path) does not exist") }
                return "/roots/" + path
            }
        } _: { router in
            func ask(_ reference: String, _ auxiliary: String = "[]") async throws -> HTTPConnection.Reply {
                try await router.post(
                    "/tts",
                    """
                    {"text": "x", "text_lang": "en", "prompt_lang": "en", "ref_audio_path": "\(reference)",
                     "aux_ref_audio_paths": \(auxiliary)}
                    """)
            }
            let outside = try await ask("../../etc/passwd")
            #expect(outside.status == 403)
            #expect(outside.text == #"{"message":"tts failed","Exception":"/etc/passwd is outside"}"#)
            #expect(try await ask("a.wav", #"["../b.wav"]"#).status == 403)
            #expect(try await ask("gone.wav").status == 400)
            #expect(try await ask("a.wav", #"["gone.wav", "b.wav"]"#).status == 200)
            #expect(synthesizer.record.value.requests.last?.refAudioPath == "/roots/a.wav")
            #expect(synthesizer.record.value.requests.last?.auxRefAudioPaths == ["/roots/b.wav"])
        }
    }

    // MARK: Streams

    @Test func withoutAKnownLengthTheAnswerIsChunked() async throws {
        let synthesizer = FakeSynthesizer()
        var plan = FakePlan(pieces: [10, 20, 200_000])
        plan.announcesLength = false
        let sent = plan
        synthesizer.controls.update { $0.plan = { _ in sent } }
        try await RouterHarness.run(workers: ["a": synthesizer]) { router in
            let reply = try await router.post("/tts", RouterHarness.speech(seed: 5))
            #expect(reply.headers["transfer-encoding"] == "chunked")
            #expect(reply.isComplete)
            #expect(reply.body == sent.result(seed: 5, epoch: 0))
        }
    }

    @Test(arguments: [true, false])
    func aLossInMidStreamIsVisible(announcesLength: Bool) async throws {
        let synthesizer = FakeSynthesizer()
        synthesizer.controls.update {
            $0.plan = { _ in
                var plan = FakePlan(pieces: [1000, 1000])
                plan.announcesLength = announcesLength
                plan.failure = (1, SynthesisFailure(code: .internal, message: "x", retriable: true))
                return plan
            }
        }
        try await RouterHarness.run(workers: ["a": synthesizer]) { router in
            let reply = try await router.post("/tts", RouterHarness.speech())
            #expect(reply.status == 200)
            #expect(!reply.isComplete)
            #expect(reply.body.count < 2000)
            #expect(synthesizer.record.value.requests.count == 1)
        }
    }

    @Test func aClientThatHangsUpCancels() async throws {
        let synthesizer = FakeSynthesizer()
        synthesizer.controls.update {
            $0.plan = { _ in
                var plan = FakePlan()
                plan.waitsForRelease = true
                return plan
            }
        }
        try await RouterHarness.run(workers: ["a": synthesizer]) { router in
            let connection = try HTTPConnection(port: router.port)
            let body = RouterHarness.speech()
            connection.send(
                "POST /tts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                    + body)
            try await synthesizer.record.wait { $0.active == 1 }
            let start = ContinuousClock.now
            connection.hangUp()
            try await synthesizer.record.wait { $0.cancelled.count == 1 && $0.active == 0 }
            #expect(.now - start < .seconds(2))
        }
    }

    @Test func aClientThatHangsUpInMidStreamCancels() async throws {
        let synthesizer = FakeSynthesizer()
        synthesizer.controls.update { $0.plan = { _ in FakePlan(pieces: Array(repeating: 65536, count: 10_000)) } }
        try await RouterHarness.run(workers: ["a": synthesizer]) { configuration, _ in
            configuration.policy.creditWindow = 256 << 10
        } _: { router in
            let connection = try HTTPConnection(port: router.port)
            let body = RouterHarness.speech()
            connection.send(
                "POST /tts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                    + body)
            #expect(!(try await blocking { connection.receive() }).isEmpty)
            connection.hangUp()
            try await synthesizer.record.wait { $0.cancelled.count == 1 && $0.active == 0 }
        }
    }

    /// A client that reads slowly holds back its own stream and nobody else's.
    @Test func aSlowClientIsHeldBackByCredit() async throws {
        let synthesizer = FakeSynthesizer()
        let total = 64 << 20
        synthesizer.controls.update {
            $0.plan = { request in
                request.text == "long" ? FakePlan(pieces: Array(repeating: 65536, count: total / 65536)) : FakePlan()
            }
        }
        try await RouterHarness.run(workers: ["a": synthesizer]) { configuration, _ in
            configuration.policy.creditWindow = 256 << 10
        } _: { router in
            let slow = try HTTPConnection(port: router.port, receiveBuffer: 64 << 10)
            let body = RouterHarness.speech("long")
            slow.send(
                "POST /tts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                    + body)
            var read = try await blocking { slow.receive() }.count
            for _ in 0..<30 {
                let reply = try await router.post("/tts", RouterHarness.speech("short"))
                #expect(reply.status == 200)
                // What the worker is ahead of the client is the window, one chunk, and the kernel's buffers (4 MiB at most
                // for what is being sent).
                let ahead = synthesizer.record.value.bytesTaken - read
                #expect(ahead < 8 << 20, "\(ahead) bytes ahead")
                read += try await blocking { slow.receive() }.count
            }
            let connection = slow
            let received = read
            let rest = try await blocking {
                var count = received
                while count < total {
                    let more = connection.receive(1 << 20).count
                    if more == 0 { break }
                    count += more
                }
                return count
            }
            #expect(rest > total)
        }
    }

    @Test func aClientThatTakesNothingIsCutOff() async throws {
        let synthesizer = FakeSynthesizer()
        synthesizer.controls.update { $0.plan = { _ in FakePlan(pieces: Array(repeating: 65536, count: 1000)) } }
        try await RouterHarness.run(workers: ["a": synthesizer]) { configuration, _ in
            configuration.policy.creditWindow = 256 << 10
            configuration.policy.clientStallLimit = .milliseconds(500)
        } _: { router in
            let slow = try HTTPConnection(port: router.port, receiveBuffer: 64 << 10)
            let body = RouterHarness.speech()
            slow.send(
                "POST /tts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                    + body)
            try await synthesizer.record.wait { $0.cancelled.count == 1 && $0.active == 0 }
            // Nothing is left of it at the router.
            try await synthesizer.record.wait { $0.active == 0 }
            #expect(try await router.post("/tts", RouterHarness.speech()).status == 200)
        }
    }

    // MARK: Connections

    @Test func aConnectionServesOneRequestAfterAnother() async throws {
        let synthesizer = FakeSynthesizer()
        try await RouterHarness.run(workers: ["a": synthesizer]) { router in
            let port = router.port
            let replies = try await blocking {
                let connection = try HTTPConnection(port: port)
                return try (0..<20).map { index in
                    try connection.request(
                        "POST", "/tts", headers: ["Content-Type": "application/json"],
                        body: Array(RouterHarness.speech(seed: index).utf8))
                }
            }
            for (seed, reply) in replies.enumerated() {
                #expect(reply.body == FakePlan().result(seed: Int64(seed), epoch: 0))
            }
        }
    }

    @Test func theTraceGoesThrough() async throws {
        try await RouterHarness.run(workers: ["a": FakeSynthesizer()]) { router in
            let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
            let reply = try await router.post(
                "/tts", RouterHarness.speech(),
                headers: ["Content-Type": "application/json", "traceparent": "00-\(trace)-00f067aa0ba902b7-01"])
            let answered = try #require(reply.headers["traceparent"])
            #expect(answered.hasPrefix("00-\(trace)-"))
            #expect(!answered.contains("00f067aa0ba902b7"))
            #expect(try await router.get("/livez").headers["traceparent"]?.count == 55)
        }
    }
}
