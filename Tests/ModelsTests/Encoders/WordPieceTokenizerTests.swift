import Foundation
import TestSupport
import Testing

@testable import Models

@Suite struct WordPieceTokenizerTests {
    /// A tokenizer of the real vocabulary, and where its reference ids lie.
    struct Source: Sendable, CustomStringConvertible {
        let description: String
        let tokenizer: URL
        let ids: URL
    }

    static let bundled = Source(
        description: "bundled",
        tokenizer: Fixtures.folder.appendingPathComponent(
            "models/roberta/\(EncoderFixtures.robertaFolder)/tokenizer.json"),
        ids: Fixtures.folder.appendingPathComponent("models/roberta/text/zh_bert_tokens.jsonl"))

    static let sources: [Source] =
        [bundled]
        + (Fixtures.sharedGoldens.map { root in
            [
                Source(
                    description: "shared",
                    tokenizer: root.appendingPathComponent("models/\(EncoderFixtures.robertaFolder)/tokenizer.json"),
                    ids: root.appendingPathComponent("text/zh_bert_tokens.jsonl"))
            ]
        } ?? [])

    private struct Record: Decodable {
        let text: String
        let ids: [Int]

        enum CodingKeys: String, CodingKey {
            case text = "norm_text"
            case ids = "input_ids"
        }
    }

    @Test(arguments: sources) func idsEqualTheReference(_ source: Source) throws {
        let tokenizer = try WordPieceTokenizer(path: source.tokenizer.path)
        let lines = try String(contentsOf: source.ids, encoding: .utf8).split(separator: "\n")
        try #require(!lines.isEmpty)
        for line in lines {
            let record = try JSONDecoder().decode(Record.self, from: Data(line.utf8))
            #expect(tokenizer.encode(record.text) == record.ids, "\(record.text)")
        }
    }

    /// Expected ids were computed with tokenizers 0.22.
    @Test(arguments: [
        ("", [101, 102]),
        (" \t\n\u{3000}", [101, 102]),
        (
            "Café NAÏVE İstanbul ＡＢＣ１２３",
            [101, 8377, 11469, 8857, 8310, 10105, 11381, 8178, 8051, 12641, 10675, 8939, 8929, 9089, 102]
        ),
        ("今天[MASK]天气[SEP]好", [101, 791, 1921, 103, 1921, 3698, 102, 1962, 102]),
        (
            String(repeating: "a", count: 100) + " " + String(repeating: "b", count: 101),
            [101, 10876] + Array(repeating: 10226, count: 48) + [8139, 100, 102]
        ),
        (
            "don't stop—it's 3.14%！？",
            [101, 9524, 112, 162, 11467, 100, 8233, 112, 161, 124, 119, 8122, 110, 8013, 8043, 102]
        ),
        ("\u{200b}\u{ad}零宽\u{feff}\0x\u{fffd}", [101, 7439, 2160, 166, 102]),
        (
            "안녕하세요 こんにちは ガギグ",
            [
                101, 297, 10928, 9877, 13456, 13474, 10945, 13469, 10928, 13462, 13473, 13463, 13478, 545, 8814, 8294,
                12951, 598, 10781, 9625, 102,
            ]
        ),
        ("𠀀𫝀龘", [101, 100, 100, 100, 102]),
        ("$100 ^_^ `~|", [101, 109, 8135, 141, 142, 141, 100, 172, 170, 102]),
        ("①②③ ㈠ Ⅷ", [101, 405, 13557, 13558, 100, 100, 102]),
        ("ＷｉＦｉ@２４７\r\n下一行", [101, 8073, 12381, 21095, 12381, 137, 12620, 9163, 678, 671, 6121, 102]),
    ])
    func edgeCasesEqualTheReference(_ text: String, _ ids: [Int]) throws {
        #expect(try WordPieceTokenizer(path: Self.bundled.tokenizer.path).encode(text) == ids)
    }

    @Test(arguments: [
        "{}", #"{"model": {"type": "BPE", "vocab": {}, "unk_token": "[UNK]"}}"#,
        """
        {"model": {"type": "WordPiece", "vocab": {"a": 0}, "unk_token": "[UNK]"},
         "normalizer": {"type": "BertNormalizer"}, "pre_tokenizer": {"type": "BertPreTokenizer"},
         "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 1], "cls": ["[CLS]", 2]}}
        """,
        """
        {"model": {"type": "WordPiece", "vocab": {"[UNK]": 0}, "unk_token": "[UNK]"},
         "normalizer": {"type": "BertNormalizer"}, "pre_tokenizer": {"type": "BertPreTokenizer"}}
        """,
    ])
    func refusesOtherTokenizers(_ json: String) throws {
        let error = #expect(throws: ModelError.self) { try tokenizer(json) }
        #expect(error?.code == .weights)
    }

    @Test func readsTheOlderPostProcessor() throws {
        let tokenizer = try tokenizer(
            """
            {"model": {"type": "WordPiece", "vocab": {"[UNK]": 0, "ab": 3, "##c": 4, "##cd": 5}, "unk_token": "[UNK]"},
             "normalizer": {"type": "BertNormalizer"}, "pre_tokenizer": {"type": "BertPreTokenizer"},
             "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 1], "cls": ["[CLS]", 2]}}
            """)
        #expect(tokenizer.encode("ab ABC abcd abx") == [2, 3, 3, 4, 3, 5, 0, 1])
    }

    private func tokenizer(_ json: String) throws -> WordPieceTokenizer {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json")
        try Data(json.utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        return try WordPieceTokenizer(path: url.path)
    }
}
