import Testing

@testable import Text

@Suite("English tokenizer")
struct EnglishTokenizerTests {
    /// Expected values are those of NLTK's TweetTokenizer.
    @Test(
        "words, domains and marks",
        arguments: [
            ("Hello, world.", ["Hello", ",", "world", "."]),
            ("don't o'clock 'tis", ["don't", "o'clock", "'", "tis"]),
            ("well-known ab- a'", ["well-known", "ab", "-", "a", "'"]),
            ("end.Next a.b", ["end.Next", "a", ".", "b"]),
            ("p.m.forty-five", ["p.m.forty", "-", "five"]),
            ("visit www.example.com now", ["visit", "www.example.com", "now"]),
            ("x.abcdefghijklmn", ["x", ".", "abcdefghijklmn"]),
            ("....", ["..."]), (". . .", [". . ."]), ("'''''", ["'", "'", "'"]), ("", []),
        ])
    func tokens(_ text: String, _ expected: [String]) {
        #expect(EnglishTokenizer.tokenize(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) } == expected)
    }

    @Test("domains have at most 127 labels")
    func longDomain() {
        let text = Array(repeating: "ab", count: 130).joined(separator: ".")
        let tokens = EnglishTokenizer.tokenize(Array(text.utf8))
        #expect(tokens.first?.count == 128 * 3 - 1)
    }
}

@Suite("English words", .enabled(if: TextTestData.hasResources))
struct EnglishWordsTests {
    private let phonemizer: EnglishPhonemizer

    init() throws {
        phonemizer = try EnglishPhonemizer(resources: TextTestData.resources)
    }

    private func phones(_ text: String) -> String {
        phonemizer.phonemize(text, version: .v2, overrides: .none).phones.joined(separator: " ")
    }

    @Test(
        "each way to find a word's sound",
        arguments: [
            ("hello there", "HH AH0 L OW1 DH EH1 R"),
            // Corrections of the dictionary, and abbreviations that are spelled out.
            ("json format", "JH EY1 S AH0 N F AO1 R M AE2 T"), ("the os of it", "DH AH0 OW1 EH1 S AH1 V IH1 T"),
            // A name only when capitalised.
            ("Aaditya came", "AA0 D IY1 T Y AH0 K EY1 M"),
            // Short unknown words letter by letter, "a" as its name.
            ("xqa again", "EH1 K S K Y UW1 EY1 AH0 G EH1 N"),
            // The letter A, and the article.
            ("A and a plan", "EY1 AH0 N D AH0 P L AE1 N"),
            // Possessives of words that are not in the dictionary.
            ("isleward's end", "AY1 L W AO1 R D Z EH1 N D"),
        ])
    func words(_ text: String, _ expected: String) {
        #expect(phones(text) == expected)
    }

    @Test("homographs by part of speech")
    func homographs() {
        #expect(
            phones("I refuse to collect the refuse.")
                == "AY1 R IH0 F Y UW1 Z T UW1 K AH0 L EH1 K T DH AH0 R EH1 F Y UW2 Z .")
    }

    @Test("few phones get a comma in front, marks are phones")
    func short() {
        #expect(phones("I") == ", AY1")
        #expect(phones("") == ",")
        #expect(phones("o'clock - 'yes'!") == "AH0 K L AA1 K - Y EH1 S - !")
    }

    @Test("long runs of letters are split in chunks")
    func longCompound() {
        let text = Array(String(repeating: "thequickbrownfox", count: 40).utf8)
        let words = phonemizer.parts(of: text)
        #expect(words.joined().elementsEqual(text))
        #expect(words.map { String(decoding: $0, as: UTF8.self) }.prefix(4) == ["the", "quick", "brown", "fox"])
        #expect(phonemizer.parts(of: []) == [])
        #expect(phonemizer.parts(of: Array("-'-".utf8)) == [])
    }

    @Test("the spelling model stops by itself, and after twenty phones")
    func spelling() {
        #expect(phonemizer.guessed([]).count <= 20)
        #expect(phonemizer.guessed(Array(repeating: UInt8(ascii: "w"), count: 300)).count <= 20)
        #expect(phonemizer.guessed([0xFF, 0x00]).count <= 20)
    }
}
