import Foundation
import Testing

@testable import Text

@Suite("User dictionary")
struct UserDictionaryTests {
    @Test(
        "mistakes are named by file and line",
        arguments: [
            ("zh\t行", "line 1"), ("# good\n\nxx\t行\thang2", "line 3: the language is 'xx'"),
            ("en\ta\tEY1\nen\ta\tAH0", "line 2: 'a' has a reading in line 1"), ("zh 行 hang2", "1 fields"),
            ("en\tword\t ", "line 1"),
        ])
    func mistakes(_ text: String, _ message: String) throws {
        let error = try #require(throws: TextError.self) { try UserDictionary(text: text, path: "mine.tsv") }
        #expect(error.code == .invalidDictionary)
        #expect(error.message.contains("mine.tsv"))
        #expect(error.message.contains(message), "\(error.message)")
    }

    @Test("a file that is not there")
    func missing() {
        #expect(throws: TextError.self) { try UserDictionary(path: "/nonexistent/dictionary.tsv") }
    }

    @Test("English words and marks are spoken as the user wants", .enabled(if: TextTestData.hasResources))
    func english() throws {
        let dictionary = try UserDictionary(
            text: "# mine\nen\tiPhone\tAY1 F OW0\nen\tknown\tK AH1\r\n", path: "mine.tsv")
        let frontEnd = TextFrontEnd(resources: TextTestData.resources, dictionary: dictionary)
        try frontEnd.checkDictionary()
        func phones(_ text: String) throws -> String {
            try frontEnd.phonemes(of: text, language: .english, version: .v2).phones.joined(separator: " ")
        }
        #expect(try phones("My iPhone is") == "M AY1 AY1 F OW0 IH1 Z")
        #expect(try phones("A well-known thing.") == "EY1 W EH1 L K AH1 TH IH1 NG .")
        let start = try phones("You read and you read")
        #expect(start.hasSuffix("R EH1 D") || start.hasSuffix("R IY1 D"))
        #expect(
            try phones("You read and you read[Y UW1 K]") == start.split(separator: " ").dropLast(3).joined(
                separator: " ") + " Y UW1 K")
        #expect(try phones("unknown") != "K AH1")
    }

    @Test("readings that a language does not have", .enabled(if: TextTestData.hasResources))
    func unknownReadings() throws {
        let dictionary = try UserDictionary(text: "\nen\tword\tW ER5 D", path: "mine.tsv")
        let error = try #require(throws: TextError.self) {
            try TextFrontEnd(resources: TextTestData.resources, dictionary: dictionary).checkDictionary()
        }
        #expect(error.message.contains("mine.tsv, line 2: 'word' cannot be read so: ER5"))
        let mark = try #require(throws: TextError.self) {
            try TextTestData.frontEnd.preprocess("a word[W AA1 QQ]", mode: .english, cut: .cut5, version: .v2)
        }
        #expect(mark.code == .invalidInput)
        #expect(mark.message.contains("\"word[W AA1 QQ]\""))
        #expect(mark.message.contains("QQ"))
    }
}
