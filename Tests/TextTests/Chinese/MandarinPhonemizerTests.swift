import Foundation
import TestSupport
import Testing

@testable import Text

@Suite("Mandarin phonemizer", .enabled(if: TextTestData.hasResources))
struct MandarinPhonemizerTests {
    private let phonemizer: MandarinPhonemizer

    init() throws {
        phonemizer = try MandarinPhonemizer(resources: TextTestData.resources)
    }

    private func phones(_ text: String, _ version: SymbolVersion = .v2) throws -> String {
        try phonemizer.phonemize(text, version: version, overrides: .none).phones.joined(separator: " ")
    }

    @Test(
        "tones that neighbours give each other",
        arguments: [
            ("你好", "n i2 h ao3"), ("不是", "b u2 sh ir4"), ("看不懂", "k an4 b u5 d ong3"), ("一天", "y i4 t ian1"),
            ("一段", "y i2 d uan4"), ("第一", "d i4 y i1"), ("看一看", "k an4 y i5 k an4"), ("妈妈", "m a1 m a5"),
            ("我们", "w o3 m en5"), ("三个", "s an1 g e5"), ("纸老虎", "zh ir3 l ao2 h u3"), ("展览馆", "zh an2 l an2 g uan3"),
        ])
    func tones(_ text: String, _ expected: String) throws {
        #expect(try phones(text) == expected)
    }

    @Test("儿 joins the syllable before it for the second symbol table only")
    func erhua() throws {
        #expect(try phones("冰棍儿。", .v1) == "b ing1 g un4 EE er2 .")
        #expect(try phones("冰棍儿。") == "b ing1 g un4 EE er4 .")
        #expect(try phones("女儿。") == "n v3 EE er2 .")
    }

    @Test("a currency sign and a caret are pauses, and so are the commas beside them")
    func pauses() throws {
        let result = try phonemizer.phonemize("我，你￥他", version: .v2, overrides: .none)
        #expect(result.normText == "我,你,他")
        #expect(result.phones == ["w", "o3", "SP2", "n", "i3", "SP2", "t", "a1"])
        #expect(result.word2ph == [2, 1, 2, 1, 2])
        #expect(try phones("你^他") == "n i3 SP3 t a1")
        #expect(try phones("￥你^他") == "SP2 n i3 t a1")
    }

    @Test("characters on which upstream raises are paraphrased, or skipped with a warning")
    func rareCharacters() throws {
        #expect(try phones("兙") == "sh ir2 k e4")
        #expect(try phones("覅") == "w u4 y ao4")
        #expect(try phones("噷") == "x in1")
        for character in "兙兡嗧噷瓧瓰瓱瓼甅覅" {
            let result = try phonemizer.phonemize("我\(character)。", version: .v2, overrides: .none)
            #expect(result.phones.allSatisfy(SymbolTable.v1.contains), "\(result.phones)")
            #expect(result.word2ph?.count == result.normText.unicodeScalars.count)
            #expect(result.warnings.isEmpty)
        }
        let skipped = try phonemizer.phonemize("我桛你烪", version: .v2, overrides: .none)
        #expect(skipped.normText == "我你")
        #expect(skipped.warnings.count == 2)
        #expect(skipped.warnings.first?.contains("桛") == true)
    }

    @Test("texts without anything to say", arguments: ["", " ", "\n\n", "🙂", "abc", "「」"])
    func nothing(_ text: String) throws {
        let result = try phonemizer.phonemize(text)
        #expect(result.normText.isEmpty && result.phones.isEmpty && result.word2ph == [])
    }

    @Test("every ideograph that passes normalisation can be spoken, by both symbol tables")
    func allIdeographs() throws {
        for first in stride(from: UInt32(0x4E00), through: 0x9FA5, by: 97) {
            let characters = (first..<min(first + 97, 0x9FA6)).compactMap(Unicode.Scalar.init)
            for version in SymbolVersion.allCases {
                let text = characters.map { String($0) }.joined(separator: "，")
                let result = try phonemizer.phonemize(text, version: version, overrides: .none)
                #expect(result.phones.allSatisfy(SymbolTable.v1.contains))
                #expect(result.word2ph?.reduce(0, +) == result.phones.count)
                #expect(result.word2ph?.count == result.normText.unicodeScalars.count)
            }
        }
    }

    // MARK: - Readings of the user's

    @Test("marks and the user's words")
    func overrides() throws {
        let dictionary = try UserDictionary(text: "zh\t重庆\tchong2 qing1\nzh\t綠\tlü3\n", path: "mine.tsv")
        let frontEnd = TextFrontEnd(resources: TextTestData.resources, dictionary: dictionary)
        func phones(_ text: String) throws -> String {
            try frontEnd.phonemes(of: text, language: .mandarin, version: .v2).phones.joined(separator: " ")
        }
        #expect(try phones("重庆。") == "ch ong2 q ing1 .")
        #expect(try phones("绿。") == "l v3 .")
        #expect(try phones("银行[xing2]!") == "y in2 x ing2 !")
        #expect(try phones("银行[yin4 xing2]!") == "y in4 x ing2 !")
        #expect(try phones("2024年漢[han1]") == "EE er4 l ing2 EE er4 s i04 n ian2 h an1")
        #expect(throws: TextError.self) { try phones("行[hnag2]") }
    }

    @Test(
        "readings that cannot be spoken",
        arguments: [
            (["hna4"], "汉"), (["han"], "汉"), (["han6"], "汉"), (["han4"], "汉语"), (["han4", "yu3"], "汉"), (["han4"], "a"),
            (["n2"], "嗯"), (["han4"], ""),
        ])
    func objections(_ readings: [String], _ word: String) {
        #expect(phonemizer.objection(to: readings, for: word) != nil)
    }

    @Test("spellings of ü", arguments: ["lv4", "lü4", "lu:4"])
    func spellings(_ reading: String) {
        #expect(phonemizer.objection(to: [reading], for: "绿") == nil)
    }

    // MARK: - The network

    /// A network that fails, or gives one answer to everything.
    private struct FixedNetwork: PolyphoneNetwork {
        struct Failure: Error {}
        let label: Int?

        func predict(_ queries: [PolyphoneQuery]) throws -> [Int] {
            guard let label else { throw Failure() }
            return queries.map { _ in label }
        }
    }

    @Test("a network that fails is an error of its own")
    func failingNetwork() throws {
        let frontEnd = TextFrontEnd(resources: TextTestData.resources, polyphones: FixedNetwork(label: nil))
        let error = #expect(throws: TextError.self) {
            try frontEnd.phonemes(of: "银行", language: .mandarin, version: .v2)
        }
        #expect(error?.code == .networkFailed)
        #expect(error?.underlying is FixedNetwork.Failure)
        // The first symbol table does without it.
        #expect(try frontEnd.phonemes(of: "银行", language: .mandarin, version: .v1).phones.count == 4)
    }

    @Test("missing data are named")
    func missingData() {
        let nowhere = TextResources(directory: "/nonexistent")
        for make in [
            { _ = try MandarinPhonemizer(resources: nowhere) }, { _ = try TraditionalConverter(resources: nowhere) },
        ] {
            let error = #expect(throws: TextError.self) { try make() }
            #expect(error?.code == .resourceMissing)
            #expect(error?.message.contains("cluster/setup") == true)
        }
    }

    @Test("answers outside the labels leave the dictionary's reading")
    func strayAnswers() throws {
        for label in [-1, 1_000_000] {
            let frontEnd = TextFrontEnd(resources: TextTestData.resources, polyphones: FixedNetwork(label: label))
            let sequence = try frontEnd.phonemes(of: "银行", language: .mandarin, version: .v2)
            #expect(sequence.phones == ["y", "in2", "h", "ang2"])
        }
    }

    @Test("a long sentence is shown in one window of 512 tokens")
    func longSentence() throws {
        let network = RuleNetwork()
        let frontEnd = TextFrontEnd(resources: TextTestData.resources, polyphones: network)
        let text = String(repeating: "行走了三天", count: 300)
        let sequence = try frontEnd.phonemes(of: text, language: .mandarin, version: .v2)
        #expect(sequence.word2ph?.count == 1500)
        let queries = network.takeQueries()
        #expect(Set(queries.map(\.tokenIDs)).count == 1)
        #expect(queries.allSatisfy { $0.tokenIDs.count == 512 && (1...510).contains($0.position) })
    }

    // MARK: - Any text

    @Test("random texts", arguments: [UInt64(1), 2])
    func randomTexts(_ seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let signs = Array("0123456789.,:-~/%+=年月日个一不儿了第点℃kmcs²①αＡ１，。！？…￥^\n 零".unicodeScalars)
        for _ in 0..<1500 {
            let text = (0..<Int.random(in: 0...25, using: &generator)).map { _ -> Unicode.Scalar in
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: Unicode.Scalar(UInt32.random(in: 0x4E00...0x9FFF, using: &generator)) ?? "一"
                case 1: Unicode.Scalar(UInt32.random(in: 0...0xD7FF, using: &generator)) ?? "一"
                default: signs[Int.random(in: 0..<signs.count, using: &generator)]
                }
            }.text
            let result = try phonemizer.phonemize(text)
            #expect(result.word2ph?.count == result.normText.unicodeScalars.count, "\(text)")
            #expect(result.word2ph?.reduce(0, +) == result.phones.count, "\(text)")
            #expect(result.phones.allSatisfy(SymbolTable.v1.contains), "\(text)")
        }
    }

    @Test(
        "long texts of one kind take time in proportion",
        arguments: ["我", "一", "不", "儿", "。", "龘", "中华人民共和国", "…", ". ", "看一", "好", "个", "不一儿", "9", "1.5", "龘，", "一丁"])
    func linear(_ unit: String) throws {
        func time(_ count: Int) throws -> Double {
            let text = String(repeating: unit, count: count)
            return try (0..<2).map { _ in
                let start = Self.processorTime()
                _ = try phonemizer.phonemize(text)
                return Self.processorTime() - start
            }.min() ?? 0
        }
        _ = try time(100)
        let (short, long) = (try time(400), try time(3200))
        // Eight times the length; quadratic would be 64 times. Short times are mostly noise.
        #expect(long < short * 24 + 0.02, "\(short) s, \(long) s")
    }

    /// Seconds that this thread has computed, whatever else the machine does.
    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
