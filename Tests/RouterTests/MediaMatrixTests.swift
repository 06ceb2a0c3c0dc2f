import Audio
import FakeSupport
import Foundation
import TestSupport
import Testing
import Wire
import Worker

@testable import Router

/// Every form of audio, in one piece and streamed, through real HTTP, decoded again by another program.
@Suite struct MediaMatrixTests {
    private static func query(_ mediaType: String, _ mode: Int) -> String {
        "/tts?text=x&text_lang=en&ref_audio_path=a&prompt_lang=en&media_type=\(mediaType)&streaming_mode=\(mode)"
    }

    @Test func everyFormArrivesWhole() async throws {
        // Modes differ only in how the audio is cut, so that one of them is enough at the other rates.
        for (rate, modes) in [(32000, [0, 1, 2, 3]), (24000, [2]), (48000, [2])] {
            let voice = FakeVoice(sampleRate: rate, chunks: [rate / 2, rate / 3, 100, rate / 4])
            let synthesizer = FakeSynthesizer(encoders: .here)
            synthesizer.controls.update { $0.plan = { _ in FakePlan(voice: voice) } }
            try await RouterHarness.run(workers: ["a": synthesizer], slots: 8) { router in
                for format in EncoderSupport.current.formats {
                    for mode in modes {
                        let reply = try await router.get(Self.query(format.rawValue, mode))
                        try Self.expect(reply, format, voice, mode: mode)
                    }
                }
            }
        }
    }

    private static func expect(_ reply: HTTPConnection.Reply, _ format: AudioFormat, _ voice: FakeVoice, mode: Int)
        throws
    {
        let what: Comment = "\(format), mode \(mode), \(voice.sampleRate) Hz"
        let encoded = format.encodedRate(for: voice.sampleRate)
        #expect(reply.status == 200, "\(what): \(reply.text)")
        #expect(reply.isComplete, what)
        #expect(reply.headers["content-type"] == format.contentType, what)
        #expect(reply.headers["x-chorus-sample-rate"] == "\(encoded)", what)
        // A streamed answer comes in chunks under no length, one in one piece tells its length.
        #expect(reply.headers["transfer-encoding"] == (mode == 0 ? nil : "chunked"), what)
        #expect((reply.headers["content-length"] != nil) == (mode == 0), what)
        #expect(reply.headers["x-chorus-streaming"] == (mode == 0 ? nil : "tokens"), what)
        let sound: ForeignDecoder.Sound
        if ForeignDecoder.program != nil {
            sound = try ForeignDecoder.decode(
                reply.body, suffix: format.rawValue, rawRate: format == .raw ? voice.sampleRate : nil)
        } else if format != .aac, format != .raw {
            let clip = try AudioDecoder().decode(reply.body)
            sound = ForeignDecoder.Sound(sampleRate: clip.sampleRate, samples: clip.mono())
        } else {
            return
        }
        // Opus is decoded at 48 kHz by most programs.
        #expect(sound.sampleRate == encoded || format == .opus, "\(what): \(sound.sampleRate)")
        // Codecs of whole frames add some hundredths of a second.
        #expect(abs(sound.duration - voice.duration) < (format == .mp3 || format == .aac ? 0.2 : 0.02), what)
        #expect(abs(sound.energy / voice.energy - 1) < 0.1, what)
    }

    /// GET and POST are the same request.
    @Test func bothVerbsStream() async throws {
        let synthesizer = FakeSynthesizer()
        synthesizer.controls.update {
            $0.plan = { _ in FakePlan(voice: FakeVoice(sampleRate: 32000, chunks: [1000, 2000])) }
        }
        try await RouterHarness.run(workers: ["a": synthesizer]) { router in
            let gotten = try await router.get(Self.query("wav", 2))
            let posted = try await router.post(
                "/tts",
                #"""
                {"text": "x", "text_lang": "en", "ref_audio_path": "a", "prompt_lang": "en", "streaming_mode": 2}
                """#)
            #expect(gotten.body == posted.body)
            #expect(gotten.body.count == 44 + 6000)
            #expect(gotten.body.starts(with: Array("RIFF".utf8)))
            let requests = synthesizer.record.value.requests
            #expect(requests.first == requests.last)
        }
    }

    @Test func aFallBackToFragmentsIsTold() async throws {
        let synthesizer = FakeSynthesizer()
        var voice = FakeVoice(sampleRate: 48000, chunks: [100])
        voice.streaming = .fragments
        let plan = FakePlan(voice: voice)
        synthesizer.controls.update { $0.plan = { _ in plan } }
        try await RouterHarness.run(workers: ["a": synthesizer]) { router in
            let streamed = try await router.get(Self.query("raw", 3))
            #expect(streamed.headers["x-chorus-streaming"] == "fragments")
            let whole = try await router.get(Self.query("raw", 0))
            #expect(whole.headers["x-chorus-streaming"] == nil)
        }
    }

    // MARK: What cannot be made

    @Test func whatNoWorkerCanEncodeIsNamed() async throws {
        let missing = "the program ffmpeg is not installed (in no folder of PATH)"
        let synthesizer = FakeSynthesizer(
            encoders: EncoderList(mediaTypes: ["wav", "raw", "ogg"], missing: ["aac": missing]))
        try await RouterHarness.run(workers: ["a": synthesizer]) { router in
            let reply = try await router.get(Self.query("aac", 0))
            #expect(reply.status == 400)
            #expect(
                reply.text
                    == #"{"message":"tts failed","Exception":"media_type: aac is not available: \#(missing)"}"#)
            let other = try await router.get(Self.query("mp3", 1))
            #expect(other.text.contains("no worker can make it"))
            #expect(synthesizer.record.value.requests.isEmpty)
        }
    }

    @Test func aFormGoesToAWorkerThatHasIt() async throws {
        let plain = FakeSynthesizer(encoders: EncoderList(mediaTypes: ["wav", "raw"]))
        let rich = FakeSynthesizer(rate: 0.1)
        try await RouterHarness.run(workers: ["a": plain, "b": rich]) { router in
            let reply = try await router.get(Self.query("wav", 0))
            #expect(reply.status == 200)
            #expect(plain.record.value.requests.count == 1)
            for _ in 0..<4 {
                let reply = try await router.get(Self.query("aac", 0))
                #expect(reply.status == 200)
            }
            #expect(rich.record.value.requests.count == 4)
        }
    }

    // MARK: Failures

    @Test func aFailureBeforeTheFirstByteIsAnErrorAndOneAfterItIsSeen() async throws {
        let voice = FakeVoice(sampleRate: 32000, chunks: [32000, 32000])
        let failure = SynthesisFailure(code: .outOfMemory, message: "no memory on cuda:0")
        for after in [0, 1] {
            let synthesizer = FakeSynthesizer()
            synthesizer.controls.update { controls in
                controls.plan = { _ in
                    var plan = FakePlan(voice: voice)
                    plan.failure = (after, failure)
                    return plan
                }
            }
            try await RouterHarness.run(workers: ["a": synthesizer]) { router in
                let reply = try await router.get(Self.query("wav", 1))
                if after == 0 {
                    #expect(reply.status == 503)
                    #expect(reply.headers["retry-after"] != nil)
                    #expect(reply.text.contains("no memory on cuda:0"))
                } else {
                    #expect(reply.status == 200)
                    #expect(!reply.isComplete)
                    #expect(reply.body.count == 44 + 64000)
                }
            }
        }
    }

    @Test func aClientThatHangsUpEndsTheSynthesisWithinAChunk() async throws {
        let synthesizer = FakeSynthesizer()
        // Hours of sound, were it all made.
        let voice = FakeVoice(sampleRate: 32000, chunks: Array(repeating: 32000, count: 10_000))
        synthesizer.controls.update { $0.plan = { _ in FakePlan(voice: voice) } }
        try await RouterHarness.run(workers: ["a": synthesizer]) { router in
            let port = router.port
            let connection = try await blocking {
                let connection = try HTTPConnection(port: port)
                connection.send("GET \(Self.query("raw", 3)) HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(!connection.receive(100_000).isEmpty)
                return connection
            }
            connection.hangUp()
            let ended = try await synthesizer.record.wait { !$0.cancelled.isEmpty && $0.active == 0 }
            #expect(ended.chunksMade < 1000)
        }
    }

    /// A client that reads slowly holds up its own stream, within the window of credit, and nobody else's.
    @Test func aSlowReaderParksItsOwnStreamInBoundedMemory() async throws {
        let synthesizer = FakeSynthesizer()
        let long = FakeVoice(sampleRate: 32000, chunks: Array(repeating: 32000, count: 600))
        let short = FakeVoice(sampleRate: 32000, chunks: [3200])
        synthesizer.controls.update { $0.plan = { FakePlan(voice: $0.text == "long" ? long : short) } }
        let window = 256 << 10
        try await RouterHarness.run(workers: ["a": synthesizer], slots: 2) { configuration, _ in
            configuration.policy.creditWindow = window
        } _: { router in
            let port = router.port
            let target = Self.query("raw", 1).replacingOccurrences(of: "text=x", with: "text=long")
            let connection = try await blocking {
                let connection = try HTTPConnection(port: port, receiveBuffer: 4096)
                connection.send("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(!connection.receive(1000).isEmpty)
                return connection
            }
            // Another stream of the same worker is not held up.
            let other = try await router.get(Self.query("wav", 2))
            #expect(other.isComplete && other.body.count == 44 + 6400)
            // Of 38 MB there is no more than one chunk, the window and what the kernel and the HTTP server keep for the client.
            let parked = try await Self.settled { synthesizer.record.value.bytesTaken }
            #expect(parked < window + (8 << 20), "\(parked) bytes were made")
            #expect(parked > 0)
            // It goes on where it was when the client reads on.
            let total = try await blocking {
                var total = 0
                while total < 20 << 20 {
                    let count = connection.receive(1 << 20).count
                    guard count > 0 else { break }
                    total += count
                }
                return total
            }
            #expect(total >= 20 << 20)
            connection.hangUp()
            try await synthesizer.record.wait { $0.active == 0 }
        }
    }

    /// The value once it has stood still for half a second.
    private static func settled(_ value: @Sendable () -> Int) async throws -> Int {
        var last = value()
        var unchanged = 0
        while unchanged < 5 {
            try await Task.sleep(for: .milliseconds(100))
            let now = value()
            unchanged = now == last ? unchanged + 1 : 0
            last = now
        }
        return last
    }
}
