import Foundation
import TestSupport
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

    private static let scripts: [ClosedRange<UInt32>] = [
        0x4E00...0x9FFF, 0x4E00...0x5000, 0x3041...0x30FF, 0xAC00...0xD7A3, 0x61...0x7A, 0x20...0x7E, 0x3000...0x303F,
        0xFF00...0xFFEF, 0x370...0x3FF, 0x400...0x4FF, 0x590...0x6FF, 0x900...0xE7F, 0x1100...0x11FF, 0x3130...0x318F,
        0x1F300...0x1FAFF, 0x2000...0x2BFF, 0x0...0x2FF, 0x3400...0x4DBF, 0x20000...0x2FA1F, 0xE000...0x10FFFF,
    ]

    /// Runs of a few scripts, with signs, fragments and inline marks in between.
    private static func mixedText(_ generator: inout SplitMix64, longest: Int) -> String {
        var text = String.UnicodeScalarView()
        let length = Int.random(in: 0...longest, using: &generator)
        while text.count < length {
            switch Int.random(in: 0..<8, using: &generator) {
            case 0:
                text.append(contentsOf: randomText(&generator, longest: 4).unicodeScalars)
            case 1:
                let mark = ["[han4]", "[AA1 QQ]", "[カ]", "[가]", "[", "]", "[yin2 hang2]"].randomElement(
                    using: &generator)
                text.append(contentsOf: (mark ?? "").unicodeScalars)
            default:
                let script = scripts.randomElement(using: &generator) ?? 0x20...0x7E
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    text.append(Unicode.Scalar(UInt32.random(in: script, using: &generator)) ?? "\u{FFFD}")
                }
            }
        }
        return String(text)
    }

    /// How many texts each mode gets; set CHORUS_RANDOM_TEXTS to have more, of up to 10,000 characters.
    private static let randomTexts = ProcessInfo.processInfo.environment["CHORUS_RANDOM_TEXTS"].flatMap(Int.init)

    @Test(
        "random texts of all scripts through every mode", .enabled(if: TextTestData.hasSegmentation),
        arguments: LanguageMode.allCases)
    func allModes(_ mode: LanguageMode) throws {
        var generator = SplitMix64(seed: UInt64(mode.rawValue.utf8.reduce(7) { $0 * 31 + Int($1) }))
        for index in 0..<(Self.randomTexts ?? 150) {
            let isLong = Self.randomTexts != nil && index % 100 == 99
            let text = Self.mixedText(&generator, longest: isLong ? 10_000 : 40)
            let cut = CutMethod.allCases.randomElement(using: &generator) ?? .cut5
            for version in [SymbolVersion.v1, .v2] {
                do {
                    for piece in try TextTestData.frontEnd.preprocess(text, mode: mode, cut: cut, version: version) {
                        #expect(piece.phoneIDs.count == piece.phones.count)
                        for segment in piece.segments {
                            guard let word2ph = segment.sequence.word2ph else { continue }
                            #expect(word2ph.count == segment.sequence.normTextLength)
                            #expect(word2ph.reduce(0, +) == segment.sequence.phones.count)
                        }
                    }
                } catch {
                    // A mark that the run's language cannot speak; or data that this machine lacks.
                    #expect([.invalidInput, .resourceMissing].contains(error.code), "\(error)")
                }
            }
        }
    }

    @Test(
        "ten thousand characters of one kind are split into languages in no time",
        .enabled(if: TextTestData.hasSegmentation), .timeLimit(.minutes(1)),
        arguments: [
            "中", "中文，", "あ", "ア中", "한", "한국 ", "a ", "я ", "я中", "1", "1中", "1a", "\n", "\n中", "。", "😀", "'", "a'", "々",
            "㐀",
            "漢字かな交じりTextと한글1.",
        ])
    func longSegmentation(_ unit: String) throws {
        let segmenter = try LanguageSegmenter(resources: TextTestData.resources)
        let text = Array(repeatElement([Unicode.Scalar](unit), count: 10_000 / unit.unicodeScalars.count).joined())
        for mode in LanguageMode.allCases {
            let runs = segmenter.runs(of: text, in: mode)
            #expect(runs.allSatisfy { !$0.positions.isEmpty })
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
