import Foundation
import Testing

@testable import Text

@Suite("Text front-end", .enabled(if: TextTestData.hasResources))
struct TextFrontEndTests {
    let frontEnd = TextTestData.frontEnd

    @Test("modes of each symbol table, in the Python server's order")
    func modes() {
        #expect(LanguageMode.accepted(by: .v1).map(\.rawValue) == ["auto", "en", "zh", "ja", "all_zh", "all_ja"])
        #expect(
            LanguageMode.accepted(by: .v2).map(\.rawValue) == [
                "auto", "auto_yue", "en", "zh", "ja", "yue", "ko", "all_zh", "all_ja", "all_yue", "all_ko",
            ])
    }

    @Test("text with fewer than six phones is read again behind a full stop")
    func retry() throws {
        let segments = try frontEnd.segments(of: "Go  on", mode: .english, version: .v2)
        #expect(segments.map(\.sequence.text) == [".Go on"])
        #expect(segments.first?.sequence.phones == [".", "G", "OW1", "AA1", "N"])
        #expect(try frontEnd.piece(of: "Hello there", mode: .english, version: .v2).normText == "Hello there")
    }

    @Test("silent text has no pieces", arguments: CutMethod.allCases)
    func silent(_ method: CutMethod) throws {
        for text in ["", "  ", "\n", "...", "!?!?", "。。。", "- - -"] {
            #expect(try frontEnd.preprocess(text, mode: .english, cut: method, version: .v2) == [])
        }
    }

    @Test("a prompt is closed and read whole")
    func prompt() throws {
        let piece = try frontEnd.promptPiece(of: "Hello there\n", mode: .english, version: .v2)
        #expect(piece?.normText == "Hello there.")
        #expect(try frontEnd.promptPiece(of: "\n", mode: .english, version: .v2) == nil)
    }

    @Test("many threads at the first use")
    func threads() async throws {
        let fresh = TextFrontEnd(resources: TextTestData.resources)
        let expected = try frontEnd.phonemes(of: "Thread safety matters.", language: .english, version: .v2)
        try await withThrowingTaskGroup(of: PhonemeSequence.self) { group in
            for _ in 0..<32 {
                group.addTask { try fresh.phonemes(of: "Thread safety matters.", language: .english, version: .v2) }
            }
            for try await sequence in group {
                #expect(sequence == expected)
            }
        }
    }

    @Test("JSON lines")
    func lines() throws {
        let defaults = TextFrontEnd.LineDefaults(mode: .english, version: .v2)
        #expect(
            try frontEnd.line(json: #"{"text":"Say \"hi\"\n\u0001 你"}"#, defaults)
                == #"{"norm_text":"Say hi ","phone_ids":[75,42,51,22],"phones":"S EY1 HH AY1","#
                + #""text":"Say \"hi\"\n\u0001 你","word2ph":null}"#)
        #expect(
            try frontEnd.line(
                json: #"{"text":"a. b","method":"cut4","lang":"en"}"#, .init(mode: .auto, version: .v2, stage: .cut))
                == #"{"cut":"a\n b","pieces":["a b."],"text":"a. b"}"#)
        for bad in [
            "", "{}", "[]", "null", "{\"text\":5}", "{\"text\":\"a\"", "{\"text\":null}", #"{"text":"a","lang":"xx"}"#,
            #"{"text":"\ud800"}"#,
        ] {
            let error = try #require(throws: TextError.self) { try frontEnd.line(json: bad, defaults) }
            #expect(error.code == .invalidInput)
        }
    }
}
