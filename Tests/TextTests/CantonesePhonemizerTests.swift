import Testing

@testable import Text

@Suite("Cantonese phonemizer", .enabled(if: TextTestData.hasCantonese))
struct CantonesePhonemizerTests {
    private let phonemizer: CantonesePhonemizer

    init() throws {
        phonemizer = try CantonesePhonemizer(resources: TextTestData.resources)
    }

    @Test(
        "syllables are split where the models expect it",
        arguments: [
            ("gwong2", "Ygw Yong2"), ("aai3", "Yaa Yi3"), ("m4", "Ym Ym4"), ("ng5", "Yng Yg5"), ("ngo5", "Yng Yo5"),
            ("ngaa4", "Yng Yaa4"), ("uk1", "Yuk Yk1"), ("jyu4", "Yj Yyu4"),
        ])
    func syllables(_ syllable: String, _ phones: String) {
        #expect(Jyutping.phones(of: syllable)?.joined(separator: " ") == phones)
        #expect(Jyutping.isSyllable(syllable))
    }

    @Test(
        "what cannot be spoken",
        arguments: ["", "5", "gwong", "gwong7", "gwong0", "xaa1", "i4", "hoeng1 gong2", "Gwong2"])
    func noSyllables(_ text: String) {
        #expect(!Jyutping.isSyllable(text))
    }

    @Test("characters without a reading are left out and named")
    func silentCharacters() throws {
        // A radical that the dictionary lacks, between two words.
        let result = try phonemizer.phonemize("你\u{4E44}好")
        let expected = try phonemizer.phonemize("你好")
        #expect(result.normText == "你好")
        #expect(result.phones == expected.phones)
        #expect(result.word2ph == [2, 2])
        #expect(result.warnings.count == 1)
        #expect(result.warnings.first?.contains("\u{4E44}") == true)
    }

    @Test("marks and the user's words")
    func overrides() throws {
        let dictionary = try UserDictionary(text: "yue\t香港\thoeng1 gong1\n", path: "mine.tsv")
        let frontEnd = TextFrontEnd(resources: TextTestData.resources, dictionary: dictionary)
        func phones(_ text: String) throws -> String {
            try frontEnd.phonemes(of: text, language: .cantonese, version: .v2).phones.joined(separator: " ")
        }
        #expect(try phones("香港。") == "Yh Yoeng1 Yg Yong1 .")
        // The dictionary's word is written with a traditional character, the text's normal form is simplified.
        #expect(try phones("銀行[hang4]!") == "Yng Yan4 Yh Yang4 !")
        #expect(throws: TextError.self) { try phones("行[xing2]") }
        #expect(try phones("香港[gong2]") == "Yh Yoeng1 Yg Yong2")
    }

    @Test("long texts of one kind take time in proportion", arguments: ["香", "一", "。", "丶", "中華人民", "…", ". "])
    func linear(_ unit: String) throws {
        let clock = ContinuousClock()
        func time(_ count: Int) throws -> Duration {
            let text = String(repeating: unit, count: count)
            return try (0..<3).map { _ in try clock.measure { _ = try phonemizer.phonemize(text) } }.min() ?? .zero
        }
        _ = try time(1000)
        let (short, long) = (try time(2500), try time(20_000))
        // Eight times the length; quadratic would be 64 times. Short times are mostly noise.
        #expect(long < short * 24 + .milliseconds(20))
    }
}
