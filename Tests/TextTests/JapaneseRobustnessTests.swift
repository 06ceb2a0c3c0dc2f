import Foundation
import TestSupport
import Testing

@testable import Text

/// No text traps or hangs, and any number of threads get what one gets.
@Suite("Japanese robustness", .enabled(if: JapaneseTestData.isPresent))
struct JapaneseRobustnessTests {
    private let phonemizer: JapanesePhonemizer

    init() throws {
        phonemizer = try JapanesePhonemizer(resources: TextTestData.resources)
    }

    private static let alphabets: [[Unicode.Scalar]] = [
        (0x3041...0x3096).compactMap(Unicode.Scalar.init), (0x30A1...0x30FA).compactMap(Unicode.Scalar.init),
        (0x4E00...0x9FFF).compactMap(Unicode.Scalar.init), (0xFF66...0xFF9F).compactMap(Unicode.Scalar.init),
        Array("ーッんンっ々〆ゝヽ゛゜・、。？！?!.,-…％ \n\u{0}".unicodeScalars),
        Array("0123456789０１２〇一二三四五六七八九十百千万億兆年月日時分人本回番号，．".unicodeScalars),
        Array("abcXYZａＺ٣𝟗ßİσé".unicodeScalars), (0x1F600...0x1F640).compactMap(Unicode.Scalar.init),
    ]

    private static func randomText(_ generator: inout SplitMix64, longest: Int) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...longest, using: &generator) {
            if let alphabet = alphabets.randomElement(using: &generator),
                let scalar = alphabet.randomElement(using: &generator)
            {
                text.append(scalar)
            }
        }
        return String(text)
    }

    @Test("2,000 random texts, with and without overrides")
    func random() throws {
        var generator = SplitMix64(seed: 11)
        let readings = WordReadings([("本", ["ほん1"]), ("ア", ["イー"]), ("1", ["ワン"]), ("？", ["ハテナ0"]), ("一", ["いち"])])
        for number in 0..<2_000 {
            let text = Self.randomText(&generator, longest: number % 100 == 0 ? 400 : 25)
            let overrides = number % 4 == 0 ? ReadingOverrides(dictionary: readings, marks: []) : .none
            let result = try phonemizer.phonemize(text, version: .v2, overrides: overrides)
            #expect(result.phones.allSatisfy { !$0.isEmpty && $0 != "^" && $0 != "$" || text.contains($0) })
        }
    }

    static let units = [
        "あ", "ー", "漢", "1", "1,", "1,234", "百", "日", "っ", "a", "、", "ですます？", "一日間", "三本", "𝟗",
    ]

    @Test("ten thousand characters of a kind", .timeLimit(.minutes(1)), arguments: units)
    func long(_ unit: String) throws {
        let text = String(repeating: unit, count: 10_000 / unit.unicodeScalars.count)
        let overrides = ReadingOverrides(dictionary: WordReadings([("三", ["サン"]), ("っ", ["ツ"])]), marks: [])
        for overrides in [ReadingOverrides.none, overrides] {
            let phones = try phonemizer.phonemize(text, version: .v2, overrides: overrides).phones
            #expect(phones.count < 20 * 10_000)
        }
    }

    @Test("a long run is read as the short ones that it repeats")
    func repeated() throws {
        let sentence = "東京へ行きました。"
        let one = try phonemizer.phonemize(sentence).phones
        let many = try phonemizer.phonemize(String(repeating: sentence, count: 1000)).phones
        #expect(many == Array(repeatElement(one, count: 1000).joined()))
    }

    @Test("threads do not disturb each other")
    func threads() async throws {
        let texts = ["今日は2024年3月14日です。", "橋の端で箸を持つ。", "コンピュータ", "三百六十五歩のマーチ、8本"]
        let phonemizer = phonemizer
        let expected = try texts.map { try phonemizer.phonemize($0).phones }
        try await withThrowingTaskGroup(of: [[String]].self) { group in
            for _ in 0..<8 {
                group.addTask { try (0..<100).map { try phonemizer.phonemize(texts[$0 % texts.count]).phones } }
            }
            for try await found in group {
                #expect(found == (0..<100).map { expected[$0 % texts.count] })
            }
        }
    }
}
