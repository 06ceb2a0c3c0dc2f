import Foundation
import Testing

@testable import Text

@Suite("Korean front-end", .enabled(if: TextTestData.hasKorean))
struct KoreanPhonemizerTests {
    private let phonemizer: KoreanPhonemizer

    init() throws {
        phonemizer = try KoreanPhonemizer(resources: TextTestData.resources)
    }

    private func stages(_ text: String) -> KoreanPhonemizer.Stages {
        phonemizer.stages(of: Array(text.unicodeScalars))
    }

    /// Examples of the standard, and what g2pk2 makes of marks between a stem and its ending.
    static let sounds: [(String, String)] = [
        ("옷이", "오시"), ("옷 안", "옫 안"), ("값을", "갑쓸"), ("국물", "궁물"), ("신라", "실라"), ("협력", "혐녁"), ("좋다", "조타"),
        ("싫어", "시러"), ("굳이", "구지"), ("같이", "가치"), ("닫히다", "다치다"), ("밟다", "밥따"), ("밟으면", "바브면"), ("밟밟다", "밥빱따"),
        ("넓다", "널따"), ("넓죽하다", "넙쭈카다"), ("닭", "닥"), ("책을 읽고", "채글 일꼬"), ("신을 신다", "시늘 신따"), ("앉고", "안꼬"),
        ("할 것을", "할 꺼슬"), ("만날 수", "만날 쑤"), ("할수록", "할쑤록"), ("무늬", "무니"), ("가져", "가저"), ("깻잎", "깬닙"),
        ("서울역", "서울력"), ("디귿이", "디그시"), ("옳. 아", "올 아"), ("핥이다", "할티다"), ("옮기다", "옴기다"), ("여덟", "여덜"),
    ]

    @Test("sounds by rule", arguments: sounds)
    func sound(_ spelling: String, _ expected: String) {
        #expect(stages(spelling).sound.text == expected)
    }

    static let numbers: [(String, String)] = [
        ("3시 10분", "세시B 십분B"), ("20살", "스무살B"), ("21개", "스물한개B"), ("101명", "백일명B"), ("10,000원", "만원B"),
        ("0개", "영개B"), ("100000000원", "일억원B"), ("2025년", "이천이십오년B"), ("제3장", "제삼장"), ("3.14", "삼.일사"),
        ("0012개", "열두개B"), ("１２개", "개B"), ("010-1234-5678", "영일영-일이삼사-오육칠팔"), ("5조 3천억", "오조 삼천억"),
        // Of these upstream has several readings, or none.
        ("1월 1일부터 31일까지", "일월B 일일B부터 삼십일일B까지"), ("12345678901234567원", "일이삼사오육칠팔구영일이삼사오육칠원B"),
    ]

    @Test("numbers with units and without", arguments: numbers)
    func numbered(_ spelling: String, _ expected: String) {
        #expect(stages(spelling).numbered.text == expected)
    }

    @Test("a number that there are no words for is read digit by digit, with a warning")
    func tooLong() throws {
        let warnings = try phonemizer.phonemize("12345678901234567원과 3원").warnings
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("12345678901234567") == true)
    }

    @Test("Latin letters are spelled out, whatever their case")
    func latin() {
        let spelled = KoreanLetters.spellingOutLatin(Array("aZ ſ\u{212A}İı é".unicodeScalars)[...])
        #expect(spelled.text == "에이제트 에스케이아이아이 é")
    }

    @Test("a particle behind a blank costs more")
    func blankPenalty() {
        let forms = phonemizer.morphemes(of: Array("화학 이외의 것".unicodeScalars)).map(\.form)
        #expect(forms == ["화학", "이외", "의", "것"])
    }

    @Test("text that cannot be aligned has no marks", arguments: ["나의\t집", "나의 집\n", "나의\u{0} 집"])
    func unaligned(_ text: String) {
        #expect(stages("나의 집").annotated.text == "나의J 집")
        #expect(stages(text).annotated.text == text)
    }

    @Test(
        "a last letter gets a full stop, and what cannot be spoken is a pause",
        arguments: [
            ("가", ["ㄱ", "ㅏ", "."]), ("가.", ["ㄱ", "ㅏ", "."]), ("가\n", ["ㄱ", "ㅏ", ".", "."]), ("ㄳ", ["停", "."]),
            ("가 ☎", ["ㄱ", "ㅏ", "空", "停"]), ("", []), (" ", ["空"]), ("ᅡᅡᅡ", ["ㅇ", "ㅏ", "ㅏ", "ㅇ", "ㅏ", "."]),
            ("야！", ["ㅇ", "ㅣ", "ㅏ", "!"]),
        ])
    func phones(_ text: String, _ expected: [String]) throws {
        #expect(try phonemizer.phonemize(text).phones == expected)
    }

    @Test("letters decomposed as files of other systems have them sound the same")
    func decomposed() throws {
        let text = "한국어의 값을 읽고"
        let decomposed = Hangul.decomposed(Array(text.unicodeScalars)).text
        #expect(decomposed.unicodeScalars.count > text.unicodeScalars.count)
        #expect(Hangul.composed(Array(decomposed.unicodeScalars)).text == text)
        #expect(try phonemizer.phonemize("한국").phones == phonemizer.phonemize("\u{1112}\u{1161}\u{11AB}국").phones)
    }

    @Test("data that is not there is named")
    func missing() throws {
        let error = try #require(throws: TextError.self) {
            _ = try KoreanPhonemizer(resources: TextResources(directory: "/nonexistent"))
        }
        #expect(error.code == .resourceMissing)
        #expect(error.message.contains("korean-rules.bin") && error.message.contains("cluster/setup"))
    }
}

@Suite("Korean readings of the user", .enabled(if: TextTestData.hasKorean))
struct KoreanReadingTests {
    private let frontEnd = TextTestData.frontEnd

    private func phones(_ text: String) throws -> [String] {
        try frontEnd.phonemes(of: text, language: .korean, version: .v2).phones
    }

    @Test(
        "an inline mark is spoken as it stands, and joins its neighbours by rule",
        arguments: [
            ("할걸[할걸]", ["ㅎ", "ㅏ", "ㄹ", "ㄱ", "ㅓ", "ㄹ", "."]), ("갈등[갈등].", ["ㄱ", "ㅏ", "ㄹ", "ㄷ", "ㅡ", "ㅇ", "."]),
            ("GPT[지피티]", ["ㅈ", "ㅣ", "ㅍ", "ㅣ", "ㅌ", "ㅣ", "."]), ("국[밥] 맛", ["ㅂ", "ㅏ", "ㅁ", "空", "ㅁ", "ㅏ", "ㄷ", "."]),
            ("국[가 나]", ["ㄱ", "ㅏ", "空", "ㄴ", "ㅏ", "."]),
        ])
    func inline(_ text: String, _ expected: [String]) throws {
        #expect(try phones(text) == expected)
    }

    @Test("without a mark the rules apply")
    func unmarked() throws {
        #expect(try phones("할걸") == ["ㅎ", "ㅏ", "ㄹ", "ㄲ", "ㅓ", "ㄹ", "."])
        #expect(try phones("갈등.") == ["ㄱ", "ㅏ", "ㄹ", "ㄸ", "ㅡ", "ㅇ", "."])
    }

    @Test("the rest of the sentence keeps its marks")
    func marksOfTheRest() throws {
        let plain = try phones("나의 신을 신고 GPT를 할 것.")
        #expect(try phones("나의 신을 신고 GPT[지피티]를 할 것.") == plain)
    }

    @Test("a reading that is no Hangul is refused, quoting it", arguments: ["国[guo2]", "国[くに]"])
    func refused(_ text: String) throws {
        let error = try #require(throws: TextError.self) { try phones(text) }
        #expect(error.code == .invalidInput)
        #expect(error.message.contains(text))
    }
}
