import Foundation
import Testing

@testable import Text

/// What Chinese text writes in digits and signs, against the Python front-end.
@Suite("Chinese normalizer", .enabled(if: TextTestData.hasResources))
struct ChineseNormalizerTests {
    private let normalizer: ChineseNormalizer

    init() throws {
        normalizer = try ChineseNormalizer(resources: TextTestData.resources)
    }

    private func spoken(_ text: String) -> String {
        MandarinPunctuation.joined(normalizer.sentences(of: text)).text.text
    }

    @Test(
        "examples",
        arguments: [
            ("2024年05月01日", "二零二四年五月一日"), ("日期2024-05-01", "日期二零二四年五月一日"), ("8:30", "八点半"), ("08:05:09", "八点零五分零九秒"),
            ("8:30-12:45", "八点半至十二点半"), ("3.20", "三点二零"), ("0.5", "零点五"), ("-3.5", "负三零点五"), ("1/2", "二分之一"),
            ("50%", "百分之五十"), ("-3℃", "零下三度"), ("3~5", "三到五"), ("10-11", "十减十一"), ("2个", "两个"), ("20+人", "二十多人"),
            ("13812345678", "幺三八幺二三四五六七八"), ("01012345678", "零幺零幺二三四五六七八"), ("4001234567", "四零零幺二三四五六七"),
            ("3~5.5+1", "三到五点五加一"),
            ("1.10.3", "一点一零点三"), ("1+1=2", "一加一等于二"), ("3²", "三的二次方"), ("5km", "五千米"), ("5kg~6kg", "五千克至六千克"),
            ("12345", "幺二三四五"), ("10050元", "一万零五十元"), ("漢語", "汉语"), ("ＡＢＣ１２", "十二"), ("①α", "一阿尔法"), ("嗯呣", "恩母"),
            ("好...吧", "好…吧"), ("好。。！吧", "好.吧"),
        ])
    func example(_ text: String, _ expected: String) {
        #expect(spoken(text) == expected)
    }

    @Test("random strings of digits, signs and units")
    func randomStrings() throws {
        let file = TextTestData.fixtures.appendingPathComponent("chinese/normalizer.jsonl")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        try #require(lines.count == 400)
        for line in lines {
            let pair = try JSONDecoder().decode([String].self, from: Data(line.utf8))
            #expect(spoken(pair[0]) == pair[1], "\(pair[0])")
        }
    }

    @Test("digits of other scripts, on which upstream raises, count as what they are")
    func otherDigits() {
        #expect(spoken("٣个") == "三个")
        #expect(spoken("१२月") == "十二月")
    }

    @Test(
        "numbers of any length take linear time",
        arguments: ["9", "1.", "1-", "1+", "0", "400", "86", "1/", "1:", ".5"])
    func longNumbers(_ unit: String) {
        let text = String(repeating: unit, count: 20_000)
        let clock = ContinuousClock()
        let elapsed = clock.measure { _ = spoken(text + "个") }
        #expect(elapsed < .seconds(5), "\(elapsed)")
    }

    @Test(
        "long numbers by their powers of ten",
        arguments: [
            ("", ""), ("0", "零"), ("000", "零"), ("10", "十"), ("110", "一百一十"), ("1005", "一千零五"), ("10050", "一万零五十"),
            ("100000", "十万"), ("1000000001", "十亿零一"), ("12345678901", "一百二十三亿四千五百六十七万八千九百零一"),
            ("10000000000000000", "一亿亿"), ("012", "十二"),
        ])
    func cardinals(_ digits: String, _ expected: String) {
        #expect(ChineseNumerals.cardinal(Array(digits.unicodeScalars)) == expected)
    }
}
