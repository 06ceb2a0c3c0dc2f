import Foundation
import Testing

@testable import Text

/// Language segmentation against the Python libraries: all answers alike, probabilities to the four digits that the
/// goldens have.
@Suite("Segmentation parity", .enabled(if: TextTestData.hasSegmentation))
struct SegmentationParityTests {
    static let committed = TextTestData.fixtures.appendingPathComponent("segmentation")
    static let folders = TextTestData.hasGoldens ? [committed, TextTestData.goldens] : [committed]

    let segmenter: LanguageSegmenter

    init() throws {
        segmenter = try LanguageSegmenter(resources: TextTestData.resources)
    }

    struct IdentifiedRecord: Decodable {
        let text: String
        let lang: String
        let score: Float
    }

    @Test("the language of a text with fastText's small model", arguments: folders)
    func identified(_ folder: URL) throws {
        let identifier = try LanguageIdentifier(path: TextTestData.resources.directory + "/lid.176.ftz")
        let records = try TextTestData.records(IdentifiedRecord.self, "lid_ftz.jsonl", in: folder)
        try #require(!records.isEmpty)
        for record in records {
            let found = identifier.language(of: [Unicode.Scalar](record.text))
            #expect(found?.code == record.lang, "\(record.text)")
            #expect(abs((found?.probability ?? 0) - record.score) <= 0.000_051, "\(record.text)")
        }
    }

    struct PhraseRecord: Decodable {
        let text: String
        let ja: [String]
        let zh: [String]
    }

    @Test("phrases", arguments: folders)
    func phrases(_ folder: URL) throws {
        let records = try TextTestData.records(PhraseRecord.self, "budoux.jsonl", in: folder)
        try #require(!records.isEmpty)
        for record in records {
            let text = [Unicode.Scalar](record.text)
            #expect(segmenter.splitter.japanesePhrases.phrases(of: text) == record.ja)
            #expect(segmenter.splitter.chinesePhrases.phrases(of: text) == record.zh)
        }
    }

    struct SplitRecord: Decodable {
        let text: String
        let substrings: [[String]]
    }

    @Test("parts in front of the segmenter's own rules", arguments: folders)
    func parts(_ folder: URL) throws {
        let records = try TextTestData.records(SplitRecord.self, "split_lang.jsonl", in: folder)
        try #require(!records.isEmpty)
        for record in records {
            let text = [Unicode.Scalar](record.text)
            let parts = segmenter.parts(of: text).map { [$0.label.rawValue, text[$0.range].text] }
            #expect(parts == record.substrings)
        }
    }

    struct SegmenterRecord: Decodable {
        struct Segment: Decodable, Equatable {
            let lang: String
            let text: String
        }
        let text: String
        let defaultLang: String
        let segments: [Segment]
    }

    @Test("runs of one language", arguments: folders)
    func runs(_ folder: URL) throws {
        let records = try TextTestData.records(SegmenterRecord.self, "segmenter.jsonl", in: folder)
        try #require(!records.isEmpty)
        for record in records {
            let text = [Unicode.Scalar](record.text)
            let runs = segmenter.runs(of: text, as: LanguageLabel(rawValue: record.defaultLang))
            let segments = runs.map { run in
                SegmenterRecord.Segment(lang: run.label.rawValue, text: run.positions.map { text[$0] }.text)
            }
            #expect(segments == record.segments, "\(record.text) as \(record.defaultLang)")
        }
    }

    @Test(
        "runs of the goldens' mixed texts in every mode",
        .enabled(if: TextTestData.hasGoldens), arguments: ["mixed_v1.jsonl", "mixed_v2.jsonl"])
    func mixed(_ name: String) throws {
        for record in try TextTestData.records(MixedRecord.self, name, in: TextTestData.goldens) {
            let mode = try #require(LanguageMode(rawValue: record.mode))
            let count = record.segments.reduce(0) { $0 + $1.text.unicodeScalars.count }
            // The last try is shown: the first, or the one behind a full stop.
            let alike = ["", "."].contains { start in
                let text = [Unicode.Scalar](start + TextFrontEnd.joiningBlanks(record.text))
                let runs = segmenter.runs(of: text, in: mode)
                return runs.map(\.label.rawValue) == record.segments.map(\.lang)
                    && runs.map { $0.positions.map { text[$0] }.text } == record.segments.map(\.text)
            }
            #expect(alike, "\(record.mode): \(record.text), \(count) characters")
        }
    }
}
