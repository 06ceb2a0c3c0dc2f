import Testing
import Wire

@testable import Router

@Suite struct SpeechRequestParserTests {
    private let parser = SpeechRequestParser()

    private func body(_ changes: [String: JSONValue?] = [:]) -> JSONValue {
        var fields: [String: JSONValue] = [
            "text": "Hello.", "text_lang": "en", "ref_audio_path": "/ref.wav", "prompt_lang": "en",
        ]
        for (name, value) in changes { fields[name] = value }
        return .object(fields.sorted { $0.key < $1.key }.map { JSONValue.Member(name: $0.key, value: $0.value) })
    }

    private func message(_ changes: [String: JSONValue?]) -> String? {
        do throws(RouterError) {
            _ = try parser.parse(body: body(changes))
            return nil
        } catch {
            return error.code.status.code == 400 ? error.message : "status \(error.code.status.code)"
        }
    }

    @Test func defaultsAreThePythonServers() throws {
        let request = try parser.parse(body: body())
        #expect(
            request == SpeechRequest(text: "Hello.", textLang: "en", refAudioPath: "/ref.wav", promptLang: "en"))
    }

    @Test func everyFieldIsRead() throws {
        let text = """
            {"text": "Hi", "text_lang": "EN", "ref_audio_path": "r.wav", "aux_ref_audio_paths": ["a.wav", "", null, "b.wav"],
             "prompt_text": "p", "prompt_lang": "All_ZH", "top_k": 5, "top_p": 0.9, "temperature": 0.8, "text_split_method": "cut0",
             "batch_size": 4, "batch_threshold": 0.5, "split_bucket": false, "speed_factor": 1.25, "fragment_interval": 0.1,
             "seed": 1234, "media_type": "ogg", "streaming_mode": false, "parallel_infer": false, "repetition_penalty": 1.2,
             "sample_steps": 8, "super_sampling": true, "overlap_length": 3, "min_chunk_length": 17, "unknown": [1, {}]}
            """
        #expect(
            try parser.parse(json: text)
                == SpeechRequest(
                    text: "Hi", textLang: "en", refAudioPath: "r.wav", auxRefAudioPaths: ["a.wav", "b.wav"],
                    promptLang: "all_zh", promptText: "p", topK: 5, topP: 0.9, temperature: 0.8,
                    textSplitMethod: "cut0", batchSize: 4, batchThreshold: 0.5, splitBucket: false, speedFactor: 1.25,
                    fragmentInterval: 0.1, seed: 1234, mediaType: "ogg", streamingMode: 0, parallelInfer: false,
                    repetitionPenalty: 1.2, sampleSteps: 8, superSampling: true, overlapLength: 3, minChunkLength: 17))
    }

    @Test func aQueryReadsAsTheBodyDoes() throws {
        let query = try QueryString(
            "text=Hello%20there%21&text_lang=en&ref_audio_path=a+b.wav&prompt_lang=en&prompt_text=x%26y&top_k=5&top_p=0.9"
                + "&split_bucket=false&seed=-1&streaming_mode=0&aux_ref_audio_paths=1.wav&aux_ref_audio_paths=2.wav&batch_size=2"
        )
        let fromQuery = try parser.parse(query: query)
        let fromBody = try parser.parse(
            json: """
                {"text": "Hello there!", "text_lang": "en", "ref_audio_path": "a b.wav", "prompt_lang": "en", "prompt_text": "x&y",
                 "top_k": 5, "top_p": 0.9, "split_bucket": false, "seed": -1, "streaming_mode": 0,
                 "aux_ref_audio_paths": ["1.wav", "2.wav"], "batch_size": 2}
                """)
        #expect(fromQuery == fromBody)
    }

    @Test func checksOfThePythonServerWithItsMessages() {
        let expectations: [([String: JSONValue?], String)] = [
            (["ref_audio_path": ""], "ref_audio_path is required"),
            (["ref_audio_path": .some(nil)], "status 422"),
            (["text": ""], "text is required"),
            (["text_lang": ""], "text_lang is required"),
            (["text_lang": "xx"], "text_lang: xx is not supported in version v2"),
            (["prompt_lang": ""], "prompt_lang is required"),
            (["prompt_lang": "Klingon"], "prompt_lang: Klingon is not supported in version v2"),
            (["media_type": "wma"], "media_type: wma is not supported"),
            (["text_split_method": "cut9"], "text_split_method:cut9 is not supported"),
            (["streaming_mode": 4], "the value of streaming_mode must be 0, 1, 2, 3(int) or true/false(bool)"),
            (["streaming_mode": -1], "the value of streaming_mode must be 0, 1, 2, 3(int) or true/false(bool)"),
        ]
        for (changes, expected) in expectations { #expect(message(changes) == expected) }
        #expect(message(["media_type": "wav"]) == nil)
    }

    @Test func missingFieldsAreNamedInThePythonServersOrder() throws {
        func missing(_ names: String...) -> String? {
            guard case .object(let members) = body() else { return nil }
            do throws(RouterError) {
                _ = try parser.parse(body: .object(members.filter { !names.contains($0.name) }))
                return nil
            } catch {
                return error.message
            }
        }
        #expect(missing("text", "text_lang", "ref_audio_path", "prompt_lang") == "ref_audio_path is required")
        #expect(missing("text", "text_lang", "prompt_lang") == "text is required")
        #expect(missing("text_lang", "prompt_lang") == "text_lang is required")
        #expect(missing("prompt_lang") == "prompt_lang is required")
    }

    @Test func everyFormAndEveryWayOfStreamingIsTaken() throws {
        for (mode, wanted) in [(0, 0), (1, 1), (2, 2), (3, 3), (.bool(true), 1), (.bool(false), 0), ("2", 2)]
            as [(JSONValue, Int)]
        {
            #expect(try parser.parse(body: body(["streaming_mode": mode])).streamingMode == wanted)
        }
        for mode in [4, -1] as [JSONValue] {
            #expect(message(["streaming_mode": mode])?.hasPrefix("the value of streaming_mode must be") == true)
        }
        for type in ["wav", "raw", "ogg", "aac", "flac", "mp3", "opus"] {
            #expect(try parser.parse(body: body(["media_type": .string(type)])).mediaType == type)
        }
        #expect(message(["media_type": "wma"]) == "media_type: wma is not supported")
    }

    @Test func aModelIsNamedAndItsVersionDecidesTheLanguages() throws {
        let parser = SpeechRequestParser(versions: ["default": "v2", "old": "v1"])
        #expect(try parser.parse(body: body([:])).model == "default")
        #expect(try parser.parse(body: body(["model": ""])).model == "default")
        #expect(try parser.parse(body: body(["model": "old"])).model == "old")
        #expect(try parser.parse(body: body(["text_lang": "ko"])).textLang == "ko")
        let error = #expect(throws: RouterError.self) {
            try parser.parse(body: body(["text_lang": "ko", "model": "old"]))
        }
        #expect(error?.message == "text_lang: ko is not supported in version v1")
    }

    @Test func valuesThatRunAwayAreRefused() {
        let refused: [String: [JSONValue]] = [
            "sample_steps": [0, -1, 257], "overlap_length": [-1, 0, 1501], "min_chunk_length": [0, -3, 1501],
            "top_k": [0, -5], "batch_size": [0, -1, 257], "repetition_penalty": [0, -1, .number(.nan)],
            "speed_factor": [0, -1, .number(1e-9), .number(1e9), .number(.infinity), "nan"],
            "fragment_interval": [-1, .number(1e9), .number(-.infinity)], "temperature": [.number(.nan)],
            "top_p": [.number(.infinity)], "batch_threshold": ["inf"],
            "aux_ref_audio_paths": [.array(Array(repeating: "a.wav", count: 33))],
        ]
        for (name, values) in refused {
            for value in values {
                let text = message([name: value])
                #expect(text?.contains(name) == true, "\(name) \(value): \(text ?? "taken")")
            }
        }
        let taken: [(String, JSONValue)] = [
            ("speed_factor", .number(0.05)), ("speed_factor", 20), ("temperature", 0), ("fragment_interval", 0),
            ("fragment_interval", 60), ("sample_steps", 256), ("overlap_length", 1), ("overlap_length", 1500),
            ("min_chunk_length", 1500), ("batch_size", 256),
        ]
        for (name, value) in taken {
            #expect(message([name: value]) == nil)
        }
    }

    @Test func versionOneKnowsFewerLanguages() throws {
        let parser = SpeechRequestParser(versions: ["default": "v1"])
        let error = #expect(throws: RouterError.self) { try parser.parse(body: body(["text_lang": "ko"])) }
        #expect(error?.message == "text_lang: ko is not supported in version v1")
        _ = try parser.parse(body: body(["text_lang": "ja"]))
        _ = try SpeechRequestParser(versions: ["default": "v4"]).parse(body: body(["text_lang": "ko"]))
    }

    @Test func longValuesAreCutInMessages() {
        let long = String(repeating: "x", count: 100_000)
        #expect((message(["media_type": .string(long)])?.count ?? 0) < 200)
        let error = #expect(throws: RouterError.self) {
            try parser.parse(body: body(["top_k": .string(long), "top_p": .array(Array(repeating: 1, count: 10_000))]))
        }
        #expect(Answer.body(error ?? RouterError(.internal, ""), .message).encoded.count < 2000)
    }

    @Test func severalIssuesAreToldAtOnce() throws {
        let error = #expect(throws: RouterError.self) {
            try parser.parse(json: #"{"text": 5, "top_k": "x", "aux_ref_audio_paths": ["a", 7]}"#)
        }
        #expect(
            error?.message
                == "text: Input should be a valid string; aux_ref_audio_paths.1: Input should be a valid string; "
                + "top_k: Input should be a valid integer, unable to parse string as an integer")
    }

    @Test func textThatIsTooLongIsRefusedWithTheLimit() throws {
        let parser = SpeechRequestParser(maximumTextCharacters: 5)
        for field in ["text", "prompt_text"] {
            var fields: [String: JSONValue?] = ["text": "Hi."]
            fields[field] = "漢字漢字漢字"
            let error = #expect(throws: RouterError.self) { try parser.parse(body: body(fields)) }
            #expect(error?.code == .tooLarge)
            #expect(error?.message.contains("\(field) has 6 characters; at most 5") == true)
        }
        _ = try parser.parse(body: body(["text": "漢字漢字漢"]))
    }
}
