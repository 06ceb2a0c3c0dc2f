import Audio
import Foundation
import Testing

extension EndToEnd {
    /// The requests that the Python server documents at the head of `api_v2.py`, with an English text and the demo voice's paths.
    @Suite(.server(workers: 1)) struct DocumentedRequestTests {
        /// Every field of the documented body, with the value that stands there.
        private static let documented = Speech(
            "Hello there, it is good to hear you. How are you?", seed: 7,
            [
                "aux_ref_audio_paths": [], "prompt_text": "Hello, this is a small demo voice.", "top_k": 15, "top_p": 1,
                "temperature": 1, "text_split_method": "cut5", "batch_size": 1, "batch_threshold": 0.75,
                "split_bucket": true, "speed_factor": 1.0, "fragment_interval": 0.3, "parallel_infer": true,
                "repetition_penalty": 1.35, "sample_steps": 32, "super_sampling": false, "streaming_mode": false,
                "overlap_length": 2, "min_chunk_length": 16,
            ])

        @Test func getAndPostGiveTheSameWave() async throws {
            let server = try Server.shared
            let posted = try await server.speak(Self.documented)
            #expect(posted.isWholeWave, "\(posted.status) \(posted.message)")
            let audio = try posted.decoded()
            #expect(audio.sampleRate == 32000)
            #expect(audio.channels.count == 1)
            #expect(audio.duration > 1)
            #expect((audio.channels.first?.map(abs).max() ?? 0) > 0.05, "silence is no speech")

            var query = Self.documented
            query.fields["aux_ref_audio_paths"] = nil
            let got = try await server.ask(query.get())
            #expect(got.body == posted.body)

            // The documented query has a few fields only; the others have the same values by default.
            var short = Self.documented
            let documented = ["text", "text_lang", "ref_audio_path", "prompt_lang", "prompt_text", "text_split_method"]
            short.fields = short.fields.filter { documented.contains($0.key) || $0.key == "seed" }
            short.fields["batch_size"] = 1
            short.fields["media_type"] = "wav"
            #expect(try await server.ask(short.get()).body == posted.body)

            // What begins a request's random numbers is heard.
            var other = Self.documented
            other.fields["seed"] = 8
            #expect(try await server.speak(other).body != posted.body)
        }

        @Test func otherMediaTypesHoldTheSameAudio() async throws {
            let server = try Server.shared
            var speech = Self.documented
            let wave = try await server.speak(speech)
            speech.fields["media_type"] = "raw"
            let raw = try await server.speak(speech)
            #expect(raw.headers["content-type"] == "audio/raw")
            #expect(raw.body == [UInt8](wave.body.dropFirst(44)))
            speech.fields["media_type"] = "ogg"
            let ogg = try await server.speak(speech)
            #expect(ogg.headers["content-type"] == "audio/ogg")
            let (expected, decoded) = (try wave.decoded(), try ogg.decoded())
            #expect(decoded.sampleRate == 32000)
            #expect(abs(decoded.duration - expected.duration) < 0.05)
            #expect(ogg.body.starts(with: Array("OggS".utf8)))
        }

        @Test func aStreamingModeOutOfRangeIsRefused() async throws {
            let server = try Server.shared
            var speech = Self.documented
            speech.fields["streaming_mode"] = 4
            let reply = try await server.speak(speech)
            #expect(reply.status == 400)
            #expect(reply.message == "the value of streaming_mode must be 0, 1, 2, 3(int) or true/false(bool)")
        }

        @Test(arguments: [
            ("zh", "今天天气不错，我们去公园走走吧。"), ("yue", "今日天氣好好，我哋去公園行下啦。"),
            ("ja", "今日はいい天気ですね、公園に行きましょう。"), ("ko", "오늘은 날씨가 좋네요, 공원에 갑시다."),
            ("auto", "Hello, 你好，こんにちは。"), ("auto_yue", "Hello, 你好。"), ("all_zh", "你好，世界。"),
            ("all_ja", "こんにちは世界。"), ("all_yue", "你好，世界。"), ("all_ko", "안녕하세요."),
        ])
        func everyLanguageIsSpoken(language: String, text: String) async throws {
            let server = try Server.shared
            var speech = Self.documented
            speech.fields["text"] = .text(text)
            speech.fields["text_lang"] = .text(language)
            let reply = try await server.speak(speech)
            #expect(reply.status == 200, "\(reply.text.prefix(200))")
            #expect(try reply.decoded().duration > 0.5)
        }

        @Test(arguments: ["text", "text_lang", "ref_audio_path", "prompt_lang"])
        func missingFieldsAreNamed(field: String) async throws {
            let server = try Server.shared
            for value in [nil, Speech.Field.text("")] {
                var speech = Self.documented
                speech.fields[field] = value
                for reply in [try await server.speak(speech), try await server.ask(speech.get())] {
                    #expect(reply.status == 400)
                    #expect(reply.text == #"{"message":"\#(field) is required"}"#)
                }
            }
        }

        @Test func commandsNameWhatIsMissing() async throws {
            let server = try Server.shared
            for (path, message) in [
                ("/set_gpt_weights", "gpt weight path is required"),
                ("/set_sovits_weights", "sovits weight path is required"), ("/control", "command is required"),
            ] {
                let reply = try await server.get(path)
                #expect(reply.status == 400)
                #expect(reply.message == message)
            }
            let reply = try await server.get("/set_refer_audio", ["refer_audio_path": Workspace.reference])
            #expect(reply.status == 200 && reply.text == #"{"message":"success"}"#, "\(reply.text)")
        }

        /// The server and the command line speak with one voice.
        @Test func theCommandLineSaysTheSame() async throws {
            let server = try Server.shared
            let answer = try await server.speak(Self.documented)
            let request = try JSONEncoder().encode(Self.documented.fields)
            let result = try await RunningCommand.run(
                [
                    "synthesize", "-c", "voice/tts_infer.yaml", "--home", Installation.home, "--cpu-threads", "1",
                    "--request", "-", "--out", "command.wav",
                ], in: server.workspace, input: String(decoding: request, as: UTF8.self))
            #expect(result.code == 0, "\(result.errors)")
            #expect(try server.workspace.bytes(of: "command.wav") == answer.body)
        }
    }
}
