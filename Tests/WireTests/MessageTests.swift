import Foundation
import Testing
import Wire

@Suite("Message")
struct MessageTests {
    @Test("every message survives the wire", arguments: Samples.messages)
    func roundTrip(message: Message) throws {
        let frame = try message.frame(incarnation: 3, requestID: message.kind.belongsToRequest ? 8 : 0)
        let decoded = try Frame.decode(try frame.encode())
        #expect(decoded.header.kind == message.kind)
        #expect(try Message(frame: decoded) == message)
    }

    @Test("the samples cover every kind")
    func coverage() {
        #expect(Set(Samples.messages.map(\.kind)) == Set(FrameKind.allCases))
    }

    @Test("control keys are as agreed")
    func keys() throws {
        func keys(_ message: Message) throws -> Set<String> {
            let frame = try message.frame(incarnation: 1, requestID: 1)
            let object = try JSONSerialization.jsonObject(with: Data(frame.control))
            return Set(try #require(object as? [String: Any]).keys)
        }
        let expected: [FrameKind: Set<String>] = [
            .hello: [
                "worker_id", "protocol", "software", "device", "precision", "slots", "pid", "g2pw", "model",
                "model_set", "epoch", "encoders",
            ],
            .welcome: ["router_id", "heartbeat_interval_ms", "committed"],
            .heartbeat: [
                "progress", "busy", "last_step_age_ms", "active", "slots_free", "resident_bytes", "memory_free_bytes",
                "epoch", "draining",
            ],
            .end: ["audio_seconds", "chunks", "bytes"],
            .error: ["code", "message", "retriable", "http_status"],
            .busy: ["slots_free"],
        ]
        for message in Samples.messages {
            guard let names = expected[message.kind] else { continue }
            #expect(try keys(message) == names)
        }
        #expect(try keys(Samples.messages[4]) == ["task", "request", "deadline_ms", "credit", "trace"])
        #expect(try keys(Samples.messages[5]) == ["task", "path", "deadline_ms", "credit"])
    }

    @Test("a worker of version 1.0 has the default model and the encoders that all had")
    func olderHello() throws {
        let control = """
            {"worker_id": "w", "protocol": {"major": 1, "minor": 0}, "software": "s", "precision": "float32", "slots": 1,
            "pid": 1, "device": {"kind": "cpu", "name": "c"}, "epoch": 0,
            "model_set": {"gpt_path": "g", "sovits_path": "s", "version": "v2", "languages": ["en"]}}
            """
        let frame = Frame(header: FrameHeader(kind: .hello, incarnation: 1), control: Array(control.utf8))
        guard case .hello(let hello) = try Message(frame: frame) else {
            Issue.record("no HELLO")
            return
        }
        #expect(hello.model == "default")
        #expect(hello.encoders.mediaTypes == ["wav", "raw", "ogg"])
    }

    @Test("unknown keys and unknown failure codes pass")
    func unknown() throws {
        let control = #"{"code":"moon_phase","message":"m","retriable":false,"later":[1,{"x":null}]}"#
        let frame = Frame(
            header: FrameHeader(kind: .error, incarnation: 1, requestID: 1), control: Array(control.utf8))
        #expect(
            try Message(frame: frame)
                == .error(Failure(code: FailureCode(rawValue: "moon_phase"), message: "m", retriable: false)))
    }

    @Test(
        "what no correct peer sends is malformed",
        arguments: [
            (FrameKind.credit, #"{"bytes":-1}"#), (.credit, #"{"bytes":18446744073709551615}"#), (.credit, ""),
            (.credit, "null"), (.credit, "[]"), (.credit, #"{"bytes":1"#), (.credit, #"{"bytes":1e400}"#),
            (.busy, #"{"slots_free":1025}"#), (.end, #"{"audio_seconds":-1,"chunks":0,"bytes":0}"#),
            (.submit, #"{"task":"dance","deadline_ms":1,"credit":1}"#),
            (.submit, #"{"task":"speech","deadline_ms":1,"credit":1}"#),
            (.submit, #"{"task":"reference","path":"a","deadline_ms":86400001,"credit":1}"#),
            (.error, #"{"code":"internal","message":"m","retriable":false,"http_status":7}"#),
            (.welcome, #"{"router_id":"r","heartbeat_interval_ms":0,"committed":{"epoch":0}}"#),
            (.credit, String(repeating: "[", count: 100_000)),
        ])
    func malformed(kind: FrameKind, control: String) {
        let frame = Frame(header: FrameHeader(kind: kind, incarnation: 1, requestID: 1), control: Array(control.utf8))
        #expect { try Message(frame: frame) } throws: { ($0 as? WireError)?.code == .malformedControl }
    }

    @Test("a later chunk must not have a head")
    func lateHead() {
        let control = #"{"content_type":"audio/wav","sample_rate":32000}"#
        let header = FrameHeader(kind: .chunk, incarnation: 1, requestID: 1, sequence: 1)
        #expect { try Message(frame: Frame(header: header, control: Array(control.utf8))) } throws: {
            ($0 as? WireError)?.code == .malformedControl
        }
    }

    @Test("a request's frame needs its id, on both sides")
    func requestID() {
        #expect { try Message.accept.frame(incarnation: 1) } throws: { ($0 as? WireError)?.code == .missingRequestID }
        let frame = Frame(header: FrameHeader(kind: .accept, incarnation: 1))
        #expect { try Message(frame: frame) } throws: { ($0 as? WireError)?.code == .missingRequestID }
    }

    @Test("numbers that are not finite do not travel")
    func notFinite() {
        let message = Message.end(StreamEnd(audioSeconds: .nan, chunks: 0, bytes: 0))
        #expect { try message.frame(incarnation: 1, requestID: 1) } throws: {
            ($0 as? WireError)?.code == .unencodable
        }
    }

    @Test("a request that gives only what is required gets the Python server's defaults")
    func requestDefaults() throws {
        let json = #"{"text":"t","text_lang":"en","ref_audio_path":"r.wav","prompt_lang":"en"}"#
        let request = try JSONDecoder().decode(SpeechRequest.self, from: Data(json.utf8))
        #expect(request == SpeechRequest(text: "t", textLang: "en", refAudioPath: "r.wav", promptLang: "en"))
        #expect(request.topK == 15 && request.repetitionPenalty == 1.35 && request.seed == -1)
        #expect(request.textSplitMethod == "cut5" && request.splitBucket && request.parallelInfer)
        #expect(request.batchThreshold == 0.75 && request.fragmentInterval == 0.3 && request.sampleSteps == 32)
        #expect(request.overlapLength == 2 && request.minChunkLength == 16 && request.mediaType == "wav")
    }
}
