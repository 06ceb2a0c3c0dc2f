import FakeSupport
import Foundation
import TestSupport
import Testing

@testable import Router

/// A thousand requests that are wrong in some way, each on a connection of its own: every one gets a 4xx with a message, and
/// the server goes on serving.
@Suite(.serialized) struct MalformedRequestTests {
    /// Bytes to send, and whether the client says afterwards that nothing more will come.
    private struct Attempt: Sendable {
        var bytes: [UInt8]
        var endsThere = false
        let name: String
    }

    private static let paths = ["/tts", "/set_gpt_weights", "/set_sovits_weights", "/set_refer_audio", "/control"]
    private static let fields = [
        "text", "text_lang", "ref_audio_path", "aux_ref_audio_paths", "prompt_lang", "prompt_text", "top_k", "top_p",
        "temperature", "text_split_method", "batch_size", "batch_threshold", "split_bucket", "speed_factor",
        "fragment_interval", "seed", "media_type", "streaming_mode", "parallel_infer", "repetition_penalty",
        "sample_steps", "super_sampling", "overlap_length", "min_chunk_length",
    ]
    /// A value that no field takes.
    private static let wrong = [
        #"{"a": 1}"#, #"[[1], {"b": []}]"#, "null", #"{"deep": [[[[[[[[[[1]]]]]]]]]]}"#,
    ]

    private static func post(_ body: [UInt8], length: Int? = nil, headers: String = "") -> [UInt8] {
        Array(
            "POST /tts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\(headers)Content-Length: \(length ?? body.count)\r\n\r\n"
                .utf8) + body
    }

    private static func get(_ target: String, verb: String = "GET", headers: String = "") -> [UInt8] {
        Array("\(verb) \(target) HTTP/1.1\r\nHost: x\r\n\(headers)\r\n".utf8)
    }

    private static func attempt(_ index: Int, _ generator: inout SplitMix64) -> Attempt {
        let valid = RouterHarness.speech("Hello there.", seed: index)
        switch index % 16 {
        case 0:
            let field = fields.randomElement(using: &generator) ?? ""
            let value = wrong.randomElement(using: &generator) ?? ""
            let body = valid.replacingOccurrences(of: "}", with: #", "\#(field)": \#(value)}"#)
            return Attempt(bytes: post(Array(body.utf8)), name: "wrong type \(field) \(value)")
        case 1:
            let cut = Int.random(in: 1..<valid.utf8.count, using: &generator)
            return Attempt(bytes: post(Array(valid.utf8.prefix(cut))), name: "truncated JSON")
        case 2:
            let size = Int.random(in: 70_000...3_000_000, using: &generator)
            let body = Array(#"{"text": ""#.utf8) + [UInt8](repeating: 0x61, count: size)
            return Attempt(bytes: post(body), name: "huge body")
        case 3:
            var body = Array(valid.utf8)
            body.insert(contentsOf: [0xFF, 0xC0, 0xED, 0xA0, 0x80].shuffled(using: &generator).prefix(2), at: 12)
            return Attempt(bytes: post(body), name: "body that is not UTF-8")
        case 4:
            let missing = ["text", "text_lang", "ref_audio_path", "prompt_lang"].randomElement(using: &generator) ?? ""
            let body = valid.replacingOccurrences(of: #""\#(missing)""#, with: #""x_\#(missing)""#)
            return Attempt(bytes: post(Array(body.utf8)), name: "missing \(missing)")
        case 5:
            let verb =
                ["PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "HEAD", "BREW"].randomElement(using: &generator) ?? ""
            let path = paths.randomElement(using: &generator) ?? ""
            return Attempt(bytes: get(path, verb: verb), name: "\(verb) \(path)")
        case 6:
            let target =
                [
                    "/nowhere", "/tts/", "//tts", "/..//tts", "/tts%00", "/TTS", "/%2e%2e/etc/passwd", "*", "/tts;x",
                    "/",
                    "/health/x", "/docs",
                ].randomElement(using: &generator) ?? ""
            return Attempt(bytes: get(target), name: "path \(target)")
        case 7:
            let query =
                [
                    "text=%ff%fe", "text=%c3%28", "%ff=1", "top_k=abc", "top_p=", "split_bucket=perhaps", "seed=1e99",
                    "streaming_mode=x", "speed_factor=nan", "&&&=", "text=a&text_lang=en&ref_audio_path=",
                    "batch_size=0",
                ].randomElement(using: &generator) ?? ""
            return Attempt(bytes: get("/tts?\(query)"), name: "query \(query)")
        case 8:
            let count = Int.random(in: 20...400, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            return Attempt(bytes: bytes + [13, 10, 13, 10], endsThere: true, name: "noise")
        case 9:
            let header =
                [
                    "Content-Length: -5\r\n", "Content-Length: abc\r\n", "Content-Length: 99999999999999999999\r\n",
                    "Content-Length: 5\r\nContent-Length: 6\r\n", "Transfer-Encoding: gzip, foo\r\n",
                    "Bad Header: x\r\n",
                    ": x\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "X\u{0}Y: z\r\n",
                ].randomElement(using: &generator) ?? ""
            return Attempt(
                bytes: Array("POST /tts HTTP/1.1\r\nHost: x\r\n\(header)\r\n".utf8), endsThere: true,
                name: "header \(header)")
        case 10:
            let size = Int.random(in: 70_000...200_000, using: &generator)
            return Attempt(
                bytes: get("/tts", headers: "X-Long: \(String(repeating: "a", count: size))\r\n"), name: "long header")
        case 11:
            let chunk =
                ["zz\r\nabc\r\n", "-1\r\n", "5\r\nab", "ffffffffffffffffff\r\n"].randomElement(using: &generator) ?? ""
            return Attempt(
                bytes: Array(
                    "POST /tts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)"
                        .utf8), endsThere: true, name: "chunk \(chunk)")
        case 12:
            let cut = Int.random(in: 0..<valid.utf8.count, using: &generator)
            return Attempt(
                bytes: post(Array(valid.utf8.prefix(cut)), length: valid.utf8.count), endsThere: true,
                name: "body that breaks off")
        case 13:
            let body =
                [
                    "", "null", "[]", "1", "\"text\"", String(repeating: "[", count: 50_000),
                    #"{"text": "\ud800"}"#, #"{"text": "a", "text": }"#, "{\"text\": \"a\nb\"}", "\u{0}", "NaN",
                ].randomElement(using: &generator) ?? ""
            return Attempt(bytes: post(Array(body.utf8)), name: "body \(body.prefix(20))")
        case 14:
            let path =
                [
                    "/set_gpt_weights?weights_path=", "/set_sovits_weights", "/set_refer_audio?refer_audio_path=",
                    "/control?command=rm",
                ]
                .randomElement(using: &generator) ?? ""
            return Attempt(bytes: get(path), name: path)
        default:
            let line =
                [
                    "GET /tts", "GET", "GET /tts HTTP/9.9", "GET /tts HTTP/1.1 x", "get\t/tts\tHTTP/1.1",
                    "GET  /tts HTTP/1.1",
                ]
                .randomElement(using: &generator) ?? ""
            return Attempt(bytes: Array("\(line)\r\nHost: x\r\n\r\n".utf8), endsThere: true, name: "line \(line)")
        }
    }

    @Test func everyMalformedRequestGetsA4xxWithAMessage() async throws {
        let synthesizer = FakeSynthesizer()
        try await RouterHarness.run(workers: ["a": synthesizer]) { configuration, _ in
            configuration.maximumBodyBytes = 64 << 10
        } _: { router in
            let port = router.port
            var generator = SplitMix64(seed: 7)
            let attempts = (0..<1000).map { Self.attempt($0, &generator) }
            let statuses = try await withThrowingTaskGroup(of: [Int: Int].self) { group in
                for lane in 0..<8 {
                    group.addTask {
                        try await blocking {
                            var statuses: [Int: Int] = [:]
                            for index in stride(from: lane, to: attempts.count, by: 8) {
                                let status = try Self.check(attempts[index], port: port)
                                statuses[status, default: 0] += 1
                            }
                            return statuses
                        }
                    }
                }
                return try await group.reduce(into: [:]) { $0.merge($1) { $0 + $1 } }
            }
            #expect(statuses.values.reduce(0, +) == 1000)
            #expect(statuses.keys.allSatisfy { (400..<500).contains($0) }, "\(statuses)")
            // Each kind of refusal was met.
            for status in [400, 404, 405, 413, 422, 431] { #expect(statuses[status, default: 0] > 0, "\(statuses)") }
            #expect(synthesizer.record.value.requests.isEmpty)
            #expect(try await router.post("/tts", RouterHarness.speech()).status == 200)
            #expect(try await router.get("/livez").status == 200)
        }
    }

    private static func check(_ attempt: Attempt, port: Int) throws -> Int {
        let connection = try HTTPConnection(port: port)
        connection.send(attempt.bytes)
        if attempt.endsThere { connection.finishSending() }
        let isHead = attempt.bytes.starts(with: Array("HEAD".utf8))
        let reply: HTTPConnection.Reply
        do {
            reply = try connection.reply(hasBody: !isHead)
        } catch {
            Issue.record("\(attempt.name): \(error)")
            return 0
        }
        #expect((400..<500).contains(reply.status), "\(attempt.name): \(reply.status) \(reply.text.prefix(200))")
        if isHead { return reply.status }
        let body = try? JSONParser.parse(reply.text)
        let hasMessage = body?["message"] != nil || body?["detail"] != nil || body?["error"]?["message"] != nil
        #expect(hasMessage, "\(attempt.name): \(reply.status) without a message: \(reply.text.prefix(200))")
        return reply.status
    }
}
