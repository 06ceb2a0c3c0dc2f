import Foundation
import Testing

@testable import Text

/// Mandarin agrees with the Python front-end, text by text and stage by stage.
@Suite("Mandarin parity", .enabled(if: TextTestData.hasResources))
struct MandarinParityTests {
    /// The committed fixtures, and the whole set where it is present.
    static let folders =
        [TextTestData.fixtures.appendingPathComponent("chinese")]
        + (TextTestData.hasGoldens ? [TextTestData.goldens] : [])

    private struct MandarinRecord: Decodable {
        let version: String
        let text: String
        let normText: String
        let phones: String
        let phoneIds: [Int]
        let word2ph: [Int]
        let queries: [[Int]]?
        let inputs: [[[Int]]]?
    }

    private struct StageRecord: Decodable {
        struct Sentence: Decodable {
            let seg: String
            let cut: [[String]]
            let merged: [[String]]
            let words: [[String]]
        }
        let text: String
        let normalizer: [String]
        let normText: String
        let segs: [Sentence]
    }

    private func expectAgreement(_ sequence: PhonemeSequence, _ record: MandarinRecord) {
        #expect(sequence.normText.unicodeScalars.elementsEqual(record.normText.unicodeScalars), "\(record.text)")
        #expect(sequence.phones.joined(separator: " ") == record.phones, "\(record.text)")
        #expect(sequence.phoneIDs == record.phoneIds)
        #expect(sequence.word2ph == record.word2ph)
    }

    @Test("normal form and phones of both symbol tables", arguments: folders, ["phones_zh_v1", "phones_zh_v2"])
    func phones(_ folder: URL, _ file: String) throws {
        let records = try TextTestData.records(MandarinRecord.self, file + ".jsonl", in: folder)
        try #require(!records.isEmpty)
        for record in records {
            let version = try #require(SymbolVersion(rawValue: record.version))
            let sequence = try TextTestData.frontEnd.phonemes(of: record.text, language: .mandarin, version: version)
            expectAgreement(sequence, record)
        }
    }

    @Test("everything around the polyphone network", arguments: folders)
    func phonesByNetwork(_ folder: URL) throws {
        let records = try TextTestData.records(MandarinRecord.self, "phones_zh_v2_g2pwstub.jsonl", in: folder)
        try #require(!records.isEmpty)
        let network = RuleNetwork()
        let frontEnd = TextFrontEnd(resources: TextTestData.resources, polyphones: network)
        for record in records {
            let sequence = try frontEnd.phonemes(of: record.text, language: .mandarin, version: .v2)
            expectAgreement(sequence, record)
            let queries = network.takeQueries()
            #expect(queries.map { [$0.characterID, $0.position] } == record.queries, "\(record.text)")
            guard let inputs = record.inputs else { continue }
            // What the first call was given: a sentence, or several that are padded to the same length.
            let sentences = queries.map(\.tokenIDs).removingRepetitions()
            let expected = inputs.flatMap { $0.map { Array($0.prefix { $0 != 0 }) } }.removingRepetitions()
            #expect(sentences.starts(with: expected), "\(record.text)")
        }
    }

    @Test("sentences, words, tags, and readings before and after each rule", arguments: folders)
    func stages(_ folder: URL) throws {
        let normalizer = try ChineseNormalizer(resources: TextTestData.resources)
        let segmenter = try ChineseSegmenter(resources: TextTestData.resources)
        let lexicon = try MandarinLexicon(resources: TextTestData.resources)
        let sandhi = ToneSandhi(segmenter: segmenter, lexicon: lexicon)
        let records = try TextTestData.records(StageRecord.self, "inter_zh.jsonl", in: folder)
        try #require(!records.isEmpty)
        for record in records {
            let sentences = normalizer.sentences(of: record.text)
            #expect(sentences.map(\.text) == record.normalizer)
            let normalized = MandarinPunctuation.joined(sentences).text
            #expect(normalized.text == record.normText)
            // Where a sign stands for a pause, the set has the sentences with a comma in its place.
            if !record.text.contains(where: { $0 == "￥" || $0 == "^" }) {
                #expect(MandarinPhonemizer.sentences(of: normalized).map(\.text) == record.segs.map(\.seg))
            }
            for sentence in record.segs {
                let text = [Unicode.Scalar](sentence.seg)
                let words = segmenter.taggedWords(of: text)
                #expect(words.map { [text[$0.range].text, $0.tag] } == sentence.cut, "\(record.text)")
                let merged = sandhi.merged(words, of: text)
                #expect(merged.map { [text[$0.range].text, $0.tag] } == sentence.merged, "\(record.text)")
                let readings = merged.map { word in
                    let characters = text[word.range]
                    var syllables = lexicon.read(characters)
                    let initials = Self.spelled(syllables, characters) { $0.initial == 0 ? "0" : Self.initial($0) }
                    let finals = Self.spelled(syllables, characters, Self.final)
                    sandhi.apply(to: &syllables, of: characters, tag: word.tag)
                    let afterSandhi = Self.spelled(syllables, characters, Self.final)
                    Erhua.apply(to: &syllables, of: characters, tag: word.tag)
                    return [
                        characters.text, initials, finals, afterSandhi,
                        Self.spelled(syllables, characters, Self.final),
                    ]
                }
                #expect(readings == sentence.words, "\(record.text)")
            }
        }
    }

    private static func spelled(
        _ syllables: [PinyinSyllable], _ characters: ArraySlice<Unicode.Scalar>, _ part: (PinyinSyllable) -> String
    ) -> String {
        zip(syllables, characters).map { $0.isMark ? String($1) : part($0) }.joined(separator: " ")
    }

    private static func initial(_ syllable: PinyinSyllable) -> String {
        PinyinSyllable.initials[Int(syllable.initial)]
    }

    private static func final(_ syllable: PinyinSyllable) -> String {
        PinyinSyllable.finals[Int(syllable.final)] + String(syllable.tone)
    }

    @Test("the whole way from a request's text to phones", .enabled(if: TextTestData.hasGoldens))
    func preprocess() throws {
        let records = try TextTestData.records(PreprocessRecord.self, "preprocess.jsonl", in: TextTestData.goldens)
            .filter { $0.lang == "all_zh" || $0.lang == "zh" }
        try #require(!records.isEmpty)
        for record in records {
            let mode = try #require(LanguageMode(rawValue: record.lang))
            let version = try #require(SymbolVersion(rawValue: record.version))
            let method = try #require(CutMethod(rawValue: record.method))
            let pieces = try TextTestData.frontEnd.preprocess(record.text, mode: mode, cut: method, version: version)
            #expect(pieces.map(\.normText) == record.pieces.map(\.normText))
            #expect(pieces.map(\.phoneIDs) == record.pieces.map(\.phoneIds))
        }
    }

    @Test("traditional characters in front of the network", arguments: folders)
    func traditional(_ folder: URL) throws {
        struct Record: Decodable {
            let text: String
            let s2tw: String
        }
        let converter = try TraditionalConverter(resources: TextTestData.resources)
        let records = try TextTestData.records(Record.self, "zh_opencc_s2tw.jsonl", in: folder)
        try #require(!records.isEmpty)
        for record in records {
            #expect(converter.convert([Unicode.Scalar](record.text))?.text == record.s2tw)
        }
    }
}

extension Array where Element: Hashable {
    /// The elements in the order in which they first come.
    fileprivate func removingRepetitions() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
