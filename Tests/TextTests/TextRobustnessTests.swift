import Testing

@testable import Text

/// No input traps, and none takes more than time in proportion to its length.
@Suite("Text robustness", .enabled(if: TextTestData.hasResources))
struct TextRobustnessTests {
    private static let signs = Array(
        "0123456789.,;:!?-'\"()[]{}$£%°/+=×÷²³ˣ…—–。！？，、~\n\t &@#*_<>\u{301}\u{200D}\u{1F600}\u{FEFF}\u{0}٣½Ⅷ"
            .unicodeScalars)
    private static let fragments = [
        "km", "st", "th", "p.m.", "i.e.", "'s", "read", "AI", "the ", "NASA", " - ", " = ", "$,5", "(5$",
    ]

    private static func randomText(_ generator: inout SplitMix64, longest: Int) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...longest, using: &generator) {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<4:
                text.append(signs[Int.random(in: 0..<signs.count, using: &generator)])
            case 4:
                text.append(
                    contentsOf: fragments[Int.random(in: 0..<fragments.count, using: &generator)].unicodeScalars)
            case 5, 6:
                text.append(Unicode.Scalar(UInt8.random(in: 0x61...0x7A, using: &generator)))
            case 7:
                text.append(" ")
            case 8:
                text.append(Unicode.Scalar(UInt32.random(in: 0xA0..<0xD800, using: &generator)) ?? " ")
            default:
                text.append(Unicode.Scalar(UInt32.random(in: 0xE000...0x10FFFF, using: &generator)) ?? " ")
            }
        }
        return String(text)
    }

    @Test("24,000 random texts through every cutting method and English", arguments: CutMethod.allCases)
    func random(_ method: CutMethod) throws {
        var generator = SplitMix64(seed: UInt64(method.rawValue.utf8.reduce(0) { $0 * 31 + Int($1) }))
        for _ in 0..<4000 {
            let text = Self.randomText(&generator, longest: 30)
            for piece in try TextTestData.frontEnd.preprocess(text, mode: .english, cut: method, version: .v2) {
                #expect(piece.phoneIDs.count == piece.phones.count)
                #expect(piece.phoneIDs.allSatisfy { $0 >= 0 && $0 < 732 })
                #expect(piece.normText.utf8.allSatisfy { $0 < 0x80 })
            }
            _ = TextCutter.pieces(of: text, mode: .mandarin, method: method)
        }
    }

    /// Runs on which patterns with repetition take quadratic time when they are tried at every character.
    static let runs: [(String, String)] = [
        ("digits", "7"), ("blanks", " "), ("newlines", "\n"), ("signs before digits", "$1"), ("signs after", "1$"),
        ("decimals", "1."), ("thousands", "1,"), ("brackets", "("), ("dots", "."), ("apart dots", ". "),
        ("labels", "a."),
        ("hyphens", "a-"), ("apostrophes", "'-"), ("words in apostrophes", "a'"), ("minus", " - "), ("sums", "1 + "),
        ("equals and blanks", "=     "), ("superscripts", "²"), ("slashes", "1/"), ("times", "1:"), ("capitals", "A"),
        ("accents", "\u{301}"), ("accented", "é"), ("abbreviations", "i.e."), ("clauses", "ab,"), ("Chinese", "你好。"),
        ("ellipses", "…"), ("sentences", "Hello. "),
    ]

    @Test("a hundred thousand characters of one kind", .timeLimit(.minutes(3)), arguments: runs)
    func longRuns(_ name: String, _ unit: String) throws {
        let text = String(repeating: unit, count: 100_000 / unit.unicodeScalars.count)
        let normal = EnglishNormalizer.normalize(text + "x")
        _ = EnglishTokenizer.tokenize(normal)
        for method in CutMethod.allCases {
            _ = TextCutter.pieces(of: TextCutter.collapsingPunctuation(text), mode: .english, method: method)
        }
    }

    @Test(
        "ten thousand characters to the phones",
        arguments: ["a", "ab ", "A", "7", "$,5 ", "a.", "a'-", "the end. ", "é, "])
    func longTexts(_ unit: String) throws {
        let text = String(repeating: unit, count: 10_000 / unit.unicodeScalars.count)
        let sequence = try TextTestData.frontEnd.phonemes(of: text, language: .english, version: .v1)
        #expect(!sequence.phones.isEmpty)
        let pieces = try TextTestData.frontEnd.preprocess(text, mode: .english, cut: .cut5, version: .v2)
        #expect(!pieces.isEmpty)
    }
}
