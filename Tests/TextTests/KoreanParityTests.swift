import Foundation
import Testing

@testable import Text

/// Korean agrees with the Python front-end, text by text and stage by stage.
@Suite("Korean parity", .enabled(if: TextTestData.hasKorean))
struct KoreanParityTests {
    /// The committed fixtures, and the whole set where it is present.
    static let folders =
        [TextTestData.fixtures.appendingPathComponent("korean")]
        + (TextTestData.hasGoldens ? [TextTestData.goldens] : [])

    private let phonemizer: KoreanPhonemizer

    init() throws {
        phonemizer = try KoreanPhonemizer(resources: TextTestData.resources)
    }

    private struct StagesRecord: Decodable {
        let text: String
        let hangul: String
        let mecab: [[String]]
        let annotated: String
        let numbers: String
        let g2pk2: String
        let jamo: String
    }

    private struct UnstableRecord: Decodable {
        let lang: String
        let text: String
        let variants: [[Int]]
    }

    private func sequence(_ text: String) throws -> PhonemeSequence {
        PhonemeSequence(text: text, try phonemizer.phonemize(text), .v2)
    }

    /// Upstream writes marks behind a slash.
    private func withSlashes(_ text: [Unicode.Scalar]) -> String {
        text.flatMap { KoreanAnnotator.isMark($0) ? ["/", $0] : [$0] }.text
    }

    @Test("phones", arguments: folders)
    func phones(_ folder: URL) throws {
        let records = try TextTestData.records(PhonesRecord.self, "phones_ko_v2.jsonl", in: folder)
        try #require(!records.isEmpty)
        for record in records {
            let sequence = try sequence(record.text)
            #expect(sequence.phones.joined(separator: " ") == record.phones, "\(record.text)")
            #expect(sequence.phoneIDs == record.phoneIds)
            #expect(sequence.normText == record.normText)
            #expect(sequence.word2ph == nil)
        }
    }

    @Test("every stage on the way to the phones", arguments: folders)
    func stages(_ folder: URL) throws {
        let records = try TextTestData.records(StagesRecord.self, "inter_ko.jsonl", in: folder)
        try #require(!records.isEmpty)
        for record in records {
            let text = [Unicode.Scalar](record.text)
            #expect(KoreanLetters.spellingOutLatin(text[...]).text == record.hangul)
            let stages = phonemizer.stages(of: text)
            #expect(
                phonemizer.morphemes(of: stages.spelled).map { [$0.form, $0.tag] } == record.mecab, "\(record.text)")
            #expect(withSlashes(stages.annotated) == record.annotated)
            #expect(withSlashes(stages.numbered) == record.numbers)
            #expect(stages.sound.text == record.g2pk2)
            #expect(phonemizer.letters(of: stages.sound).text == record.jamo)
        }
    }

    @Test("texts of which upstream has several readings", .enabled(if: TextTestData.hasGoldens))
    func unstable() throws {
        let records = try TextTestData.records(UnstableRecord.self, "unstable.jsonl", in: TextTestData.goldens)
            .filter { $0.lang == "ko" }
        try #require(!records.isEmpty)
        for record in records {
            #expect(record.variants.contains(try sequence(record.text).phoneIDs), "\(record.text)")
        }
    }

    @Test("Korean runs of mixed texts", .enabled(if: TextTestData.hasGoldens))
    func mixed() throws {
        let records = try TextTestData.records(MixedRecord.self, "mixed_v2.jsonl", in: TextTestData.goldens)
        var count = 0
        for record in records {
            var start = 0
            for segment in record.segments {
                let ids = Array(record.phoneIds[start..<start + segment.n])
                start += segment.n
                guard segment.lang == "ko" else { continue }
                count += 1
                let sequence = try sequence(segment.text)
                #expect(sequence.phoneIDs == ids, "\(segment.text)")
                #expect(sequence.normText == segment.normText)
            }
        }
        #expect(count > 0)
    }

    @Test(
        "the whole way from a request's text to phones",
        .enabled(if: TextTestData.hasGoldens && TextTestData.hasSegmentation))
    func preprocess() throws {
        let records = try TextTestData.records(PreprocessRecord.self, "preprocess.jsonl", in: TextTestData.goldens)
            .filter { $0.lang == "ko" }
        try #require(!records.isEmpty)
        for record in records {
            let method = try #require(CutMethod(rawValue: record.method))
            let pieces = try TextTestData.frontEnd.preprocess(record.text, mode: .korean, cut: method, version: .v2)
            #expect(pieces.map(\.normText) == record.pieces.map(\.normText))
            #expect(pieces.map(\.phoneIDs) == record.pieces.map(\.phoneIds))
        }
    }
}

extension TextTestData {
    /// Whether the Korean dictionary and rules are set up.
    static var hasKorean: Bool {
        FileManager.default.fileExists(atPath: resources.directory + "/korean-dictionary.bin")
            && FileManager.default.fileExists(atPath: resources.directory + "/korean-rules.bin")
    }
}
