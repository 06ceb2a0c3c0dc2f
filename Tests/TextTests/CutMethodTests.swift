import Foundation
import Testing

@testable import Text

/// Cutting against the Python functions. Texts on which those raise an error have no pieces here.
@Suite("Cutting")
struct CutMethodTests {
    static let folders =
        TextTestData.hasGoldens ? [TextTestData.fixtures, TextTestData.goldens] : [TextTestData.fixtures]

    @Test("each method, in every language", arguments: folders)
    func parity(_ folder: URL) throws {
        let records = try TextTestData.records(CutRecord.self, "cut.jsonl", in: folder)
        try #require(!records.isEmpty)
        for record in records {
            let method = try #require(CutMethod(rawValue: record.method))
            let mode = try #require(LanguageMode(rawValue: record.lang))
            if let cut = record.cut {
                #expect(method.cut(record.text) == cut, "\(record.method) of \(record.text)")
            }
            let collapsed = TextCutter.collapsingPunctuation(record.text)
            let pieces = TextCutter.pieces(of: collapsed, mode: mode, method: method)
            #expect(pieces == record.pieces ?? [], "\(record.method) of \(record.text) in \(record.lang)")
        }
    }

    @Test("blanks and marks alone have no pieces", arguments: CutMethod.allCases)
    func silent(_ method: CutMethod) {
        for text in ["", " ", "\n\n", "...", "!?…", "。。。", " - , . ", "~~~", "\u{3000}"] {
            let pieces = TextCutter.pieces(of: TextCutter.collapsingPunctuation(text), mode: .english, method: method)
            #expect(pieces == [], "\(text)")
        }
    }

    @Test("a short opening gets a full stop in front, a text without a mark one at its end")
    func closing() {
        #expect(TextCutter.pieces(of: "Hi", mode: .english, method: .cut0) == [".Hi."])
        #expect(TextCutter.pieces(of: "Hi", mode: .mandarin, method: .cut0) == ["。Hi。"])
        #expect(TextCutter.pieces(of: "Hello there", mode: .english, method: .cut0) == ["Hello there."])
    }

    @Test("a piece stays below 511 characters where it has marks to split at")
    func splitting() {
        let clause = String(repeating: "word ", count: 30) + ","
        let pieces = TextCutter.pieces(of: String(repeating: clause, count: 20), mode: .english, method: .cut0)
        #expect(pieces.count == 7)
        #expect(pieces.allSatisfy { $0.unicodeScalars.count <= 510 })
        #expect(pieces.joined() == String(repeating: clause, count: 20))
        // As upstream has it, a clause that cannot be split goes whole, behind an empty piece.
        let whole = TextCutter.pieces(of: String(repeating: "a", count: 600), mode: .english, method: .cut0)
        #expect(whole == ["", String(repeating: "a", count: 600), "."])
    }

    @Test("a prompt is closed by a mark")
    func prompts() {
        #expect(TextCutter.closedPrompt("\nHello\n", mode: .english) == "Hello.")
        #expect(TextCutter.closedPrompt("Hello!", mode: .english) == "Hello!")
        #expect(TextCutter.closedPrompt("你好", mode: .mandarin) == "你好。")
        #expect(TextCutter.closedPrompt("\n\n", mode: .english) == nil)
    }
}
