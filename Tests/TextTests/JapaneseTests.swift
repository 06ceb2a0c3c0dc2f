import Foundation
import Testing

@testable import Text

/// Single rules of the Japanese front-end, with answers that pyopenjtalk gives.
@Suite("Japanese", .enabled(if: JapaneseTestData.isPresent))
struct JapaneseTests {
    private func phones(_ text: String, _ dictionary: String? = nil) throws -> String {
        let dictionary = try dictionary.map { try UserDictionary(text: $0, path: "mine.tsv") }
        let frontEnd = TextFrontEnd(resources: TextTestData.resources, dictionary: dictionary)
        return try frontEnd.phonemes(of: text, language: .japanese, version: .v2).phones.joined(separator: " ")
    }

    private func reading(_ text: String) throws -> String {
        let phonemizer = try JapanesePhonemizer(resources: TextTestData.resources)
        return try JapaneseText.parts(of: Array(text.unicodeScalars)).map { part in
            guard case .run(let run) = part else { return "|" }
            let sentence = try phonemizer.sentence(run)
            return sentence.order.map { String(decoding: sentence.words[$0].pronunciation, as: UTF8.self) }
                .joined().replacingOccurrences(of: "’", with: "")
        }.joined()
    }

    @Test(
        "text is divided into runs in full width and marks",
        arguments: [
            ("ｱｲﾊﾞ A1", ["アイハ", "ﾞ", "ａ１"]), ("50％です", ["５０パーセントです"]), ("あ\nい", ["あ", "\n", "い"]),
            ("  ", []), ("々ー〆", ["々ー", "〆"]), ("", []), ("٣é", ["٣", "é"]), ("\u{0}a", ["\u{0}", "ａ"]),
        ])
    func parts(_ text: String, _ parts: [String]) {
        let found = JapaneseText.parts(of: Array(text.unicodeScalars)).map { part in
            switch part {
            case .run(let run): String(decoding: run.text, as: UTF8.self)
            case .mark(let mark): String(mark)
            }
        }
        #expect(found.map { Array($0.unicodeScalars) } == parts.map { Array($0.unicodeScalars) })
    }

    @Test("of punctuation in a row the first remains", arguments: [("!?…あ-.", "!あ-"), ("。。", "。。"), ("", "")])
    func punctuation(_ text: String, _ collapsed: String) {
        #expect(JapaneseText.collapsingPunctuation(Array(text.unicodeScalars)).text == collapsed)
    }

    @Test(
        "numbers, counters, dates",
        arguments: [
            ("1月1日", "イチガツツイタチ"), ("14日間", "ジューヨッカカン"), ("24日", "ニジューヨッカ"), ("三百六十五", "サンビャクロクジューゴ"),
            ("8本", "ハッポン"), ("2人", "フタリ"), ("20000", "ニマン"), ("090", "ゼロキューゼロ"),
            ("1000000000000", "イッチョー"), ("六百円", "ロッピャクエン"), ("10回", "ジュッカイ"),
        ])
    func numbers(_ text: String, _ expected: String) throws {
        #expect(try reading(text) == expected)
    }

    @Test("pitch is marked run by run, and vowels without voice are phones like others")
    func pitch() throws {
        #expect(try phones("そうですか?はい、箸") == "s o [ o d e s u ] k a ? h a ] i , h a ] sh i")
        #expect(try phones("ー") == "")
        #expect(try phones("、[ー]") == ", [ ]")
    }

    @Test("the user's readings stand, with the accent that the user gives")
    func overrides() throws {
        #expect(try phones("箸を", "ja\t箸\tはし0") == "h a [ sh i o")
        #expect(try phones("箸です", "ja\t箸\tハシ1") == "h a ] sh i d e s u")
        #expect(try phones("これは三本です", "ja\t三本\tみほん0").contains("m i [ h o N"))
        #expect(try phones("gptと", "ja\tgpt\tジーピーティー") == phones("GPTと", "ja\tGPT\tジーピーティー"))
        #expect(try phones("a-bだ", "ja\ta-b\tエービー1") == "e ] e b i i d a")
        #expect(
            try phones("この箸が好き", "ja\t好き\tスキ1") == "k o [ n o UNK h a ] sh i g a UNK s u ] k i")
        // What is not overridden reads as ever.
        #expect(try phones("今日は箸を", "ja\t橋\tきょう") == phones("今日は箸を"))
    }

    @Test("inline marks are for the word before them, and a word that is not spoken is named")
    func marks() throws {
        let frontEnd = TextFrontEnd(resources: TextTestData.resources)
        func phones(_ text: String) throws -> [String] {
            try frontEnd.piece(of: text, mode: .allJapanese, version: .v2).phones
        }
        #expect(try phones("橋を渡る箸[はし0]を渡す") == phones("橋を渡る端を渡す"))
        #expect(try phones("東京[トーキョー]へ行きます") == phones("東京へ行きます"))
        #expect(try phones("東京[キョート1]へ行きます") != phones("東京へ行きます"))
        let error = try #require(throws: TextError.self) { try phones("東京[とうきょう9]へ行きます") }
        #expect(error.message.contains("とうきょう9"))
    }

    @Test(
        "readings that cannot be spoken are refused",
        arguments: [["漢字"], ["はし3"], ["は", "し"], ["hashi"], [""], ["1"], ["はし-1"], ["はし99999999999999999999"]])
    func objections(_ readings: [String]) throws {
        let phonemizer = try JapanesePhonemizer(resources: TextTestData.resources)
        #expect(phonemizer.objection(to: readings, for: "箸") != nil)
        #expect(phonemizer.objection(to: ["はし2"], for: "箸") == nil)
    }

    @Test("missing and damaged dictionaries are named")
    func dictionaries() throws {
        let missing = try #require(throws: TextError.self) {
            try JapanesePhonemizer(resources: TextResources(directory: "/nonexistent"))
        }
        #expect(missing.code == .resourceMissing)
        #expect(missing.message.contains("/nonexistent/japanese/sys.dic"))
        #expect(missing.message.contains("cluster/setup"))

        let files = FileManager.default
        let folder = files.temporaryDirectory.appendingPathComponent("chorus-\(UUID().uuidString)")
        defer { try? files.removeItem(at: folder) }
        try files.createDirectory(
            at: folder.appendingPathComponent("japanese"), withIntermediateDirectories: true)
        for name in ["sys.dic", "unk.dic", "char.bin", "matrix.bin", "dicrc", "added.dic"] {
            try Data("damaged".utf8).write(to: folder.appendingPathComponent("japanese/" + name))
        }
        let damaged = try #require(throws: TextError.self) {
            try JapanesePhonemizer(resources: TextResources(directory: folder.path))
        }
        #expect(damaged.code == .resourceDamaged)
        #expect(damaged.message.contains(folder.path))
    }
}
