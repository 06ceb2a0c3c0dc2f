import Audio
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Audio that leaves while it is made, from a real worker through a real router.
    @Suite(.server(workers: 1)) struct StreamingTests {
        private static let text = "This is the first sentence. Here comes the second one. And this is the last of them."

        @Test(arguments: [1, 2, 3]) func everyModeSpeaksTheWholeText(_ mode: Int) async throws {
            let server = try Server.shared
            let whole = try await server.speak(Speech(Self.text, ["text_split_method": "cut5"])).decoded()
            let speech = Speech(Self.text, ["text_split_method": "cut5", "streaming_mode": .integer(mode)])
            for request in [try speech.post(), speech.get()] {
                let reply = try await server.ask(request)
                #expect(reply.status == 200, "\(reply.message)")
                #expect(reply.isComplete)
                #expect(reply.headers["transfer-encoding"] == "chunked")
                #expect(reply.headers["content-type"] == "audio/wav")
                #expect(reply.headers["x-chorus-streaming"] == (mode == 1 ? "fragments" : "tokens"))
                let clip = try reply.decoded()
                #expect(clip.sampleRate == whole.sampleRate)
                // The same tokens are not drawn where pieces are decoded one at a time, but as much is said.
                #expect(abs(clip.duration / whole.duration - 1) < 0.5, "\(clip.duration) s for \(whole.duration) s")
                #expect(Self.loudness(clip) > Self.loudness(whole) / 2)
            }
        }

        private static func loudness(_ clip: AudioClip) -> Float {
            let samples = clip.mono()
            return (samples.reduce(0) { $0 + $1 * $1 } / Float(max(1, samples.count))).squareRoot()
        }

        @Test func everyFormIsSpokenWholeAndStreamed() async throws {
            let server = try Server.shared
            for format in EncoderSupport.current.formats where format != .raw {
                for mode in [0, 2] {
                    let fields: [String: Speech.Field] = [
                        "media_type": .text(format.rawValue), "streaming_mode": .integer(mode),
                    ]
                    let reply = try await server.speak(Speech("Hello there.", fields))
                    #expect(reply.status == 200 && reply.isComplete, "\(format): \(reply.message)")
                    #expect(reply.headers["content-type"] == format.contentType)
                    guard format != .aac else {
                        #expect(reply.body.starts(with: [0xff, 0xf1]), "an ADTS header")
                        continue
                    }
                    let clip = try reply.decoded()
                    #expect(clip.sampleRate == format.encodedRate(for: 32000), "\(format)")
                    #expect((0.3...6).contains(clip.duration), "\(format), mode \(mode): \(clip.duration) s")
                }
            }
        }

        /// Whoever hangs up in the middle costs no more than the piece under way.
        @Test func aClientThatHangsUpFreesTheWorker() async throws {
            let server = try Server.shared
            let long = String(repeating: "This sentence is one of many. ", count: 60)
            let speech = Speech(long, ["streaming_mode": 1, "media_type": "raw"])
            let connection = try await server.begin(try speech.post())
            try await blocking { try connection.waitForBytes() }
            let start = ContinuousClock.now
            connection.hangUp()
            try await server.allReady()
            report("from hanging up in mid-stream to a free worker", .now - start)
            #expect(try await server.speak(Speech("Hello there.")).isWholeWave)
        }
    }
}
