import Foundation
import Models
import Synthesis
import TestSupport
import Testing
import Torch
import Wire

/// Whole requests of the Python server, from phones and features to int16 audio.
@Suite(.serialized) struct PipelineGoldenTests {
    init() throws {
        // The models are tiny: a second thread would only wait for the first.
        try Library.setThreadCount(1)
    }

    struct Arguments: Decodable {
        struct Item: Decodable {
            let phones: [Int]
            let normTextLength: Int
            enum CodingKeys: String, CodingKey {
                case phones
                case normTextLength = "norm_text_len"
            }
        }
        struct Request: Decodable {
            let inputs: Inputs
            let s1: String?
            let version: String
        }
        /// nil for a request that returns its audio in parts.
        struct Inputs: Decodable {
            let speech: SpeechRequest?

            init(from decoder: any Decoder) throws {
                let fields = try decoder.container(keyedBy: Key.self)
                let inParts = try [Key.returnFragment, .streamingMode].contains {
                    try fields.decodeIfPresent(Bool.self, forKey: $0) ?? false
                }
                speech = inParts ? nil : try SpeechRequest(from: decoder)
            }
            enum Key: String, CodingKey {
                case returnFragment = "return_fragment"
                case streamingMode = "streaming_mode"
            }
        }
        let items: [String: Item]
        let requests: [String: Request]
    }

    /// At most two steps of int16 at any sample, as the goldens' README asks for; one was measured between equally right runs.
    static let tolerance = 2

    @Test(arguments: Fixtures.modelGoldens(bundled: "synthesis"))
    func everyRequestThatDoesNotStreamGivesTheSameAudio(_ set: GoldenSet) throws {
        let all = try set.manifest("pipeline", as: Arguments.self)
        let golden = try set.stage("pipeline")
        let voice = try GoldenVoice(set)
        var checked = 0
        for (name, request) in all.requests.sorted(by: { $0.key < $1.key })
        where request.version == "v2" {
            guard let speech = request.inputs.speech else { continue }
            let prompt = try speech.promptText.isEmpty ? nil : piece(speech.promptText, all, golden)
            let pieces = try speech.text.split(separator: "|").map { try piece(String($0), all, golden) }
            let reference = String(speech.refAudioPath.dropFirst())
            let script = Pipeline.Script(
                pieces: pieces, prompt: prompt, promptTokens: try voice.tokens(reference),
                styles: try ([reference] + speech.auxRefAudioPaths.map { String($0.dropFirst()) }).map(voice.style))
            let audio = try Pipeline(gpt: try voice.gpt(request.s1), sovits: voice.sovits).speak(
                script, options: try SpeechOptions(speech), generator: try Generator(seed: UInt64(speech.seed)),
                onStep: {})
            let wanted = try golden.int16s("\(name).chunk0")
            #expect(audio.count == wanted.count, "\(name): \(audio.count) samples, not \(wanted.count)")
            let difference = zip(audio, wanted).map { abs(Int($0) - Int($1)) }.max() ?? 0
            #expect(difference <= Self.tolerance, "\(name): \(difference) steps")
            checked += 1
        }
        #expect(checked >= 12)
    }

    @Test func aCancelledRequestEndsAtOnce() throws {
        let set = Fixtures.modelGoldens(bundled: "synthesis")[0]
        let all = try set.manifest("pipeline", as: Arguments.self)
        let golden = try set.stage("pipeline")
        let voice = try GoldenVoice(set)
        let script = Pipeline.Script(
            pieces: [try piece("b0", all, golden)], prompt: try piece("bP.", all, golden),
            promptTokens: try voice.tokens("main_44k_stereo.wav"), styles: [try voice.style("main_44k_stereo.wav")])
        var steps = 0
        #expect(throws: CancellationError.self) {
            try Pipeline(gpt: try voice.gpt(nil), sovits: voice.sovits).speak(
                script,
                options: try SpeechOptions(SpeechRequest(text: "", textLang: "en", refAudioPath: "", promptLang: "en")),
                generator: try Generator(seed: 1)
            ) {
                steps += 1
                if steps == 3 { throw CancellationError() }
            }
        }
        #expect(steps == 3)
    }

    private func piece(_ key: String, _ all: Arguments, _ golden: Golden) throws -> PreparedPiece {
        guard let item = all.items[key] else { throw GoldenError("there is no item \(key)") }
        let features = try Tensor(
            try golden.floats("item.\(key).bert"), shape: try golden.shape("item.\(key).bert"))
        return PreparedPiece(phones: item.phones, features: features, normTextLength: item.normTextLength)
    }
}
