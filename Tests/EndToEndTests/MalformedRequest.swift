import Foundation
import TestSupport

/// One request that is wrong in some way.
struct MalformedRequest: Sendable {
    let name: String
    let bytes: [UInt8]
    /// Whether the client says afterwards that nothing more will come.
    var endsThere = false
    /// The statuses that are right.
    var statuses: ClosedRange<Int> = 400...499

    /// What reaches out of the allowed folders or is no plain file; a test puts these into its workspace.
    static let pipe = "voice/pipe.wav"
    static let link = "voice/link.wav"
    /// A recording that is too short to speak from.
    static let shortRecording = "voice/short.wav"

    private static let numbers = [
        "top_k", "top_p", "temperature", "batch_size", "batch_threshold", "speed_factor", "fragment_interval", "seed",
        "repetition_penalty", "sample_steps", "overlap_length", "min_chunk_length",
    ]
    private static let texts = ["text", "text_lang", "ref_audio_path", "prompt_lang", "prompt_text", "media_type"]
    private static let required = ["text", "text_lang", "ref_audio_path", "prompt_lang"]
    private static let forbidden = [
        "/etc/passwd", "../../../../etc/passwd", "voice/../../../../../etc/hostname", "/dev/zero", "/dev/stdin",
        "/proc/self/environ", "/proc/self/fd/0", "voice", "run", pipe, link, "voice/reference.wav\u{0}.txt",
    ]

    /// The request with a number; the same for the same state of the generator.
    static func make(_ number: Int, using generator: inout SplitMix64) -> MalformedRequest {
        func one<Value>(of values: [Value]) -> Value { values[Int.random(in: values.indices, using: &generator)] }
        func valid(_ changes: [String: Speech.Field?] = [:]) -> [UInt8] {
            var speech = Speech("Hello there.", seed: number)
            for (name, value) in changes { speech.fields[name] = value }
            return (try? JSONEncoder().encode(speech.fields)).map { [UInt8]($0) } ?? []
        }
        func post(_ name: String, _ body: [UInt8]) -> MalformedRequest {
            MalformedRequest(name: name, bytes: Request.post("/tts", body))
        }
        func raw(_ text: String, endsThere: Bool = false) -> MalformedRequest {
            MalformedRequest(name: String(text.prefix(60)), bytes: Array(text.utf8), endsThere: endsThere)
        }

        switch number % 16 {
        case 0:
            let field = one(of: numbers)
            let value: Speech.Field = one(of: ["many", [], [1, 2], "1e400", "0x10", "", " "])
            return post("\(field): \(value)", valid([field: value]))
        case 1:
            let field = one(of: texts)
            let value: Speech.Field = one(of: [5, 1.5, true, [], ["en"]])
            return post("\(field): \(value)", valid([field: value]))
        case 2:
            let field = one(of: required)
            return post("without \(field)", valid([field: one(of: [nil, .text("")])]))
        case 3:
            let body = valid()
            return post("cut JSON", Array(body.prefix(Int.random(in: 0..<body.count, using: &generator))))
        case 4:
            let body = valid(["text": .text(String(repeating: "a", count: 1_100_000 + number))])
            return post("\(body.count) bytes", body)
        case 5:
            var body = valid()
            let wrong: [UInt8] = one(of: [[0xFF], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80]])
            body.insert(contentsOf: wrong, at: Int.random(in: 1..<body.count, using: &generator))
            return post("\(wrong) in JSON", body)
        case 6:
            let verb = one(of: ["PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "BREW"])
            let path = one(of: ["/tts", "/health", "/control", "/set_gpt_weights", "/metrics"])
            return raw("\(verb) \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        case 7:
            let path = one(of: [
                "/", "/tts/", "//tts", "/..//tts", "/tts%00", "/TTS", "/%2e%2e/etc/passwd", "/../../etc/passwd", "*",
                "/health/x", "/docs", "/" + String(repeating: "a", count: 5000),
            ])
            return raw("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        case 8:
            let path = one(of: forbidden)
            var request = one(of: [
                post("ref_audio_path \(path)", valid(["ref_audio_path": .text(path)])),
                post("aux_ref_audio_paths \(path)", valid(["aux_ref_audio_paths": [.text(path)]])),
                MalformedRequest(
                    name: "weights \(path)", bytes: Request.get("/set_sovits_weights", ["weights_path": path])),
                MalformedRequest(
                    name: "reference \(path)", bytes: Request.get("/set_refer_audio", ["refer_audio_path": path])),
            ])
            request.statuses = 403...403
            return request
        case 9:
            let path = one(of: [
                "voice/nowhere.wav", "voice/reference.txt", "voice/tts_infer.yaml", shortRecording, Workspace.gpt,
            ])
            return post("ref_audio_path \(path)", valid(["ref_audio_path": .text(path)]))
        case 10:
            let query = one(of: [
                "text=%ff%fe", "text=%c3%28", "%ff=1", "top_k=many", "top_p=", "split_bucket=perhaps", "seed=1e99",
                "streaming_mode=x", "speed_factor=nan", "&&&=", "text=a&text_lang=en&ref_audio_path=", "text=%",
            ])
            return raw("GET /tts?\(query) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        case 11:
            let (field, value): (String, Speech.Field) = one(of: [
                ("text_lang", "klingon"), ("prompt_lang", "xx"), ("media_type", "wma"), ("media_type", "midi"),
                ("text_split_method", "cut9"), ("streaming_mode", 4), ("streaming_mode", 7),
                ("text", "word[QQ AA1]"),
                ("speed_factor", 0), ("speed_factor", -1), ("batch_size", 0), ("streaming_mode", -1),
                ("text", .text("a" + String(repeating: " word", count: 4000))),
            ])
            return post("\(field) out of range", valid([field: value]))
        case 12:
            let body = valid()
            let cut = Int.random(in: 0..<body.count, using: &generator)
            return MalformedRequest(
                name: "a body that breaks off",
                bytes: Request.post("/tts", Array(body.prefix(cut)), length: body.count), endsThere: true)
        case 13:
            let body = one(of: [
                "", "null", "[]", "1", "\"text\"", String(repeating: "[", count: 20_000), #"{"text": "\ud800"}"#,
                #"{"text": "a", "text": }"#, "{\"text\": \"a\nb\"}", "\u{0}", "NaN",
                String(repeating: "{\"a\":", count: 9000),
            ])
            return post("body \(body.prefix(20))", Array(body.utf8))
        case 14:
            let path = one(of: [
                "/set_gpt_weights?weights_path=", "/set_sovits_weights", "/set_refer_audio", "/control?command=rm",
                "/set_gpt_weights?weights_path=voice/nowhere.ckpt",
                "/set_refer_audio?refer_audio_path=voice/nowhere.wav",
                "/control?command=", "/control",
            ])
            return raw("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        default:
            let text = one(of: [
                "POST /tts HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
                "POST /tts HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
                "POST /tts HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "GET /tts HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 70_000))\r\n\r\n",
                "GET /tts HTTP/9.9\r\n\r\n", "GET /tts\r\n\r\n", "\u{1}\u{2}\u{3}\r\n\r\n", "hello\r\n\r\n",
                "POST /tts HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}",
            ])
            return raw(text, endsThere: true)
        }
    }
}
