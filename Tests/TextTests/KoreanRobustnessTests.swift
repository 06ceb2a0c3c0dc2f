import TestSupport
import Testing

@testable import Text

/// No text traps the Korean front-end, and none takes more than time in proportion to its length.
@Suite("Korean robustness", .enabled(if: TextTestData.hasKorean))
struct KoreanRobustnessTests {
    private let phonemizer: KoreanPhonemizer

    init() throws {
        phonemizer = try KoreanPhonemizer(resources: TextTestData.resources)
    }

    private static let ranges: [ClosedRange<UInt32>] = [
        0xAC00...0xD7A3, 0xAC00...0xD7A3, 0x1100...0x11FF, 0x3131...0x318E, 0x20...0x7E, 0x00...0x20, 0xA0...0x2FFF,
        0x3000...0xD7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF,
    ]
    private static let fragments = [
        "의", "밟고", "3개", "1,000,000원", "할 것", "갈등", "ㅋㅋ", " ", "  ", "%", "6·25", "\u{2060}",
    ]

    private func check(_ text: String) throws {
        let phonemization = try phonemizer.phonemize(text)
        #expect(phonemization.phones.allSatisfy(SymbolTable.v2.contains))
        #expect(phonemization.normText == text)
    }

    @Test("4,000 random texts")
    func random() throws {
        var generator = SplitMix64(seed: 5)
        for _ in 0..<4000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...40, using: &generator) {
                if Int.random(in: 0..<4, using: &generator) == 0 {
                    let fragment = Self.fragments[Int.random(in: 0..<Self.fragments.count, using: &generator)]
                    text.append(contentsOf: fragment.unicodeScalars)
                } else {
                    let range = Self.ranges[Int.random(in: 0..<Self.ranges.count, using: &generator)]
                    text.append(Unicode.Scalar(UInt32.random(in: range, using: &generator)) ?? " ")
                }
            }
            try check(String(text))
        }
    }

    /// Runs on which a lattice or a pattern takes quadratic time when it looks ahead at every character.
    @Test(
        "fifty thousand characters of one kind", .timeLimit(.minutes(1)),
        arguments: [
            "가", "의", "밟", " ", "\n", "1", "1,", "1개", "\u{A621}가", "ㅋ", "!", "☎", "漢", "一", "あ", "\u{1F600}", "\u{0}",
            "ᆨ",
            "ᅡ", "ᄒ", "할 것 ",
            "싫. ", "6·25", "대한민국의 국토는 한반도와 그 부속도서로 한다. ",
        ])
    func longRuns(_ unit: String) throws {
        try check(String(repeating: unit, count: 50_000 / unit.unicodeScalars.count))
    }
}
