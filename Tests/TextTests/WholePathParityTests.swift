import Foundation
import Testing

@testable import Text

/// From a request's text to phone ids, over all languages at once. English is tagged with NLTK's weights where those are at
/// hand; the goldens were made with them.
@Suite("Whole path parity", .enabled(if: TextTestData.hasSegmentation))
struct WholePathParityTests {
    static let folders =
        TextTestData.hasGoldens
        ? [SegmentationParityTests.committed, TextTestData.goldens] : [SegmentationParityTests.committed]

    let frontEnd: TextFrontEnd
    let hasNLTK: Bool

    init() throws {
        let resources = TextTestData.hasNLTK ? try TextTestData.parityResources.get() : TextTestData.resources
        frontEnd = TextFrontEnd(resources: resources)
        hasNLTK = try resources.taggerOrigin() == "nltk"
    }

    /// Compares what can be compared with this machine's data, and names the differences.
    private func compare<Record>(
        _ records: [Record], _ name: String, isSame: (Record) throws -> Bool, describe: (Record) -> String
    ) throws {
        try #require(!records.isEmpty)
        var different: [String] = []
        var missing: [String: Int] = [:]
        for record in records {
            do {
                if !(try isSame(record)) { different.append(describe(record)) }
            } catch let error as TextError where error.code == .resourceMissing {
                missing[error.message, default: 0] += 1
            }
        }
        let absent = missing.map { "\($1): \($0)" }.joined(separator: "; ")
        print("\(name): \(records.count) records, \(different.count) differ; not compared: \(absent)")
        // Another tagger's weights change the reading of some English homographs.
        let allowed = hasNLTK ? 0 : records.count / 50
        #expect(different.count <= allowed, "\(different.joined(separator: "\n"))")
        #expect(missing.values.reduce(0, +) < records.count, "\(absent)")
    }

    @Test("mixed texts in every mode", arguments: folders, ["mixed_v1.jsonl", "mixed_v2.jsonl"])
    func mixed(_ folder: URL, _ name: String) throws {
        let records = try TextTestData.records(MixedRecord.self, name, in: folder)
        try compare(records, name) { record in
            let mode = try #require(LanguageMode(rawValue: record.mode))
            let version = try #require(SymbolVersion(rawValue: record.version))
            let piece = try frontEnd.piece(of: record.text, mode: mode, version: version)
            return piece.segments.map(\.label) == record.segments.map(\.lang)
                && piece.segments.map(\.sequence.text) == record.segments.map(\.text)
                && piece.segments.map(\.sequence.normText) == record.segments.map(\.normText)
                && piece.segments.map(\.sequence.phones.count) == record.segments.map(\.n)
                && piece.normText == record.normText && piece.phoneIDs == record.phoneIds
        } describe: {
            "\($0.mode) \($0.version): \($0.text)"
        }
    }

    @Test("requests", arguments: folders)
    func requests(_ folder: URL) throws {
        let records = try TextTestData.records(PreprocessRecord.self, "preprocess.jsonl", in: folder)
        try compare(records, "preprocess") { record in
            let mode = try #require(LanguageMode(rawValue: record.lang))
            let cut = try #require(CutMethod(rawValue: record.method))
            let version = try #require(SymbolVersion(rawValue: record.version))
            let pieces = try frontEnd.preprocess(record.text, mode: mode, cut: cut, version: version)
            return pieces.map(\.normText) == record.pieces.map(\.normText)
                && pieces.map(\.phoneIDs) == record.pieces.map(\.phoneIds)
        } describe: {
            "\($0.lang) \($0.method) \($0.version): \($0.text)"
        }
    }

    struct UnsupportedRecord: Decodable {
        let lang: String
        let version: String
        let text: String
        let phoneIds: [Int]
    }

    @Test("languages that the first symbol table lacks", .enabled(if: TextTestData.hasGoldens))
    func unsupported() throws {
        let records = try TextTestData.records(
            UnsupportedRecord.self, "phones_unsupported_v1.jsonl", in: TextTestData.goldens)
        try #require(!records.isEmpty)
        for record in records {
            let language = try #require(Language(rawValue: record.lang))
            let version = try #require(SymbolVersion(rawValue: record.version))
            #expect(
                try frontEnd.phonemes(of: record.text, language: language, version: version).phoneIDs
                    == record.phoneIds)
        }
    }

    struct ErrorRecord: Decodable {
        let mode: String
        let method: String
        let text: String
    }

    @Test("texts on which the Python functions raise have no pieces", .enabled(if: TextTestData.hasGoldens))
    func errors() throws {
        let records = try TextTestData.records(ErrorRecord.self, "errors.jsonl", in: TextTestData.goldens)
        try #require(!records.isEmpty)
        for record in records {
            let mode = try #require(LanguageMode(rawValue: record.mode))
            let cut = try #require(CutMethod(rawValue: record.method))
            #expect(try frontEnd.preprocess(record.text, mode: mode, cut: cut, version: .v2).isEmpty)
        }
    }
}
