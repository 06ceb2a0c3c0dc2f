import Testing

@testable import Text

@Suite("Inline marks")
struct InlineMarkTests {
    @Test(
        "a bracket behind a letter that holds a reading is a mark for the word in front of it",
        arguments: [
            ("我去银行[yin2 hang2]。", "我去银行。", "银行", ["yin2", "hang2"], 2..<4),
            ("银行[hang2]", "银行", "行", ["hang2"], 1..<2),
            ("女[nü3]人", "女人", "女", ["nü3"], 0..<1),
            ("I read[R EH1 D] it", "I read it", "read", ["R", "EH1", "D"], 1..<5),
            ("the don't[D OW1 N T]", "the don't", "don't", ["D", "OW1", "N", "T"], 3..<7),
            ("これは箸[はし1]です", "これは箸です", "箸", ["はし1"], 3..<4),
            ("漢字かな[カナ]", "漢字かな", "かな", ["カナ"], 2..<4),
            ("데이터[데이타] 값[갑]", "데이터 값[갑]", "데이터", ["데이타"], 0..<3),
            ("GPT[지피티]", "GPT", "GPT", ["지피티"], 0..<3),
        ])
    func marks(_ text: String, _ stripped: String, _ word: String, _ readings: [String], _ place: Range<Int>) throws {
        let parsed = try MarkedText(parsing: text)
        let mark = try #require(parsed.marks.first)
        #expect(mark.word == word)
        #expect(mark.readings == readings)
        #expect(mark.place == place)
        #expect(text.contains(mark.mark))
        if parsed.marks.count == 1 { #expect(parsed.text == stripped) }
    }

    @Test(
        "all other brackets are text",
        arguments: [
            "see[3]", "word[sic]", "[앵커] 네", "漢 [han4]", "漢[han]", "漢[]", "漢[ ]", "a[b", "5[wu3]", "x_[AA1]",
            "array[I]", "cell[A1]", "list[EH A]", "[[[", "漢[han4", "漢[han4\n]", "变量[x1]", "[han4]漢", "漢[汉字]",
            "read[r eh1 d]", "a[1kana]", "「漢」[han4]",
        ])
    func brackets(_ text: String) throws {
        #expect(try MarkedText(parsing: text) == MarkedText(text: text))
    }

    @Test("more syllables than Chinese characters are an error that quotes the mark")
    func tooMany() throws {
        let error = try #require(throws: TextError.self) { try MarkedText(parsing: "去行[yin2 hang2 le5]吧") }
        #expect(error.code == .invalidInput)
        #expect(error.message.contains("去行[yin2 hang2 le5]"))
    }

    @Test("each mark has the characters behind the one before it")
    func neighbours() throws {
        let parsed = try MarkedText(parsing: "银[yin2]行[hang2]漢字[かん]字[じ]")
        #expect(parsed.text == "银行漢字字")
        #expect(parsed.marks.map(\.word) == ["银", "行", "漢字", "字"])
        #expect(parsed.marks.map(\.place) == [0..<1, 1..<2, 2..<4, 4..<5])
    }

    @Test("marks go with the part that holds their word")
    func distribution() throws {
        let parsed = try MarkedText(parsing: "行，行[hang2]。 行行[xing2]")
        let parts = parsed.distributed(over: ["。行，", "行。", " 行行。"])
        #expect(parts.map(\.text) == ["。行，", "行。", " 行行。"])
        #expect(parts.map { $0.marks.map(\.place) } == [[], [0..<1], [1..<2]])
    }

    @Test("ten thousand characters of marks take no time")
    func long() throws {
        #expect(try MarkedText(parsing: String(repeating: "漢[han4]", count: 1500)).marks.count == 1500)
        #expect(try MarkedText(parsing: String(repeating: "a[", count: 50_000)).marks.isEmpty)
        let kana = try MarkedText(parsing: String(repeating: "か", count: 50_000) + "[か]")
        #expect(kana.marks.first?.place == 0..<50_000)
    }
}

@Suite("Reading overrides")
struct ReadingOverridesTests {
    private static func words(_ entries: [(String, [String])]) -> WordReadings {
        WordReadings(entries.map { (word: $0.0, readings: $0.1) })
    }

    @Test("the dictionary matches the leftmost, then the longest word, and whole words of alphabets")
    func dictionary() {
        let words = Self.words([("行", ["xing2"]), ("银行", ["a"]), ("read", ["b"])])
        let overrides = ReadingOverrides(dictionary: words, marks: [])
        let matches = overrides.matches(inRun: "行银行read ready bread")
        #expect(matches.map(\.range) == [0..<1, 1..<3, 3..<7])
        #expect(overrides.matches(inRun: "行 read, ready").map(\.range) == [0..<1, 2..<6])
    }

    @Test("a mark comes before the dictionary and counts for its own occurrence only")
    func marks() throws {
        let parsed = try MarkedText(parsing: "行银行[hang5]行")
        let overrides = ReadingOverrides(dictionary: Self.words([("银行", ["x"]), ("行", ["y"])]), marks: parsed.marks)
        let matches = overrides.matches(inRun: parsed.text)
        #expect(matches.map(\.range) == [0..<1, 2..<3, 3..<4])
        #expect(matches.map(\.readings) == [["y"], ["hang5"], ["y"]])
    }

    @Test("a mark finds its word in normalised text, though that has more of the same word")
    func normalized() throws {
        let parsed = try MarkedText(parsing: "1和一[yao1]，1。")
        let normalize = { (text: String) in [Unicode.Scalar](text.replacing("1", with: "一")) }
        let overrides = ReadingOverrides(dictionary: nil, marks: parsed.marks)
        let found = overrides.matches(in: normalize(parsed.text), of: parsed.text, normalize: normalize)
        #expect(found.matches.map(\.range) == [2..<3])
        let lost = overrides.matches(in: [Unicode.Scalar]("和"), of: parsed.text) { _ in [] }
        #expect(lost.matches.isEmpty)
        #expect(lost.unplaced.map(\.mark) == ["一[yao1]"])
    }
}
