import Foundation
import Testing

@testable import Text

/// English against the Python front-end, stage by stage: over the committed fixtures everywhere, over all goldens where they
/// are present. Everything must be identical with NLTK's tagger; with the fallback, what depends on tags at least to 99%.
@Suite("English parity")
struct EnglishParityTests {
    /// Records of one kind with the resources to read them by, and the share that must be identical.
    struct Material: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let folder: URL
        let resources: @Sendable () throws -> TextResources
    }

    static let materials: [Material] = {
        var materials: [Material] = []
        if TextTestData.hasResources {
            materials.append(
                Material(testDescription: "fixtures", folder: TextTestData.fixtures) { TextTestData.resources })
        }
        if TextTestData.hasGoldens {
            materials.append(
                Material(testDescription: "goldens", folder: TextTestData.goldens) { TextTestData.resources })
        }
        if TextTestData.hasNLTK {
            materials.append(
                Material(testDescription: "goldens, NLTK's tagger", folder: TextTestData.goldens) {
                    try TextTestData.parityResources.get()
                })
        }
        return materials
    }()

    /// Checks that enough of the records agree, and names the first that does not.
    private func expectShare<Record>(
        of records: [Record], _ resources: TextResources, where agrees: (Record) throws -> Bool
    ) throws {
        try #require(!records.isEmpty)
        let failing = try records.filter { try !agrees($0) }
        let required = try TextTestData.requiredShare(resources)
        let share = 1 - Double(failing.count) / Double(records.count)
        #expect(
            share >= required,
            "\(failing.count) of \(records.count) differ, such as \(String(describing: failing.first))")
    }

    @Test("phones of both symbol tables", arguments: materials, ["phones_en_v1", "phones_en_v2"])
    func phones(_ material: Material, _ file: String) throws {
        let resources = try material.resources()
        let frontEnd = TextFrontEnd(resources: resources)
        let records = try TextTestData.records(PhonesRecord.self, file + ".jsonl", in: material.folder)
        try expectShare(of: records, resources) { record in
            let version = try #require(SymbolVersion(rawValue: record.version))
            let sequence = try frontEnd.phonemes(of: record.text, language: .english, version: version)
            #expect(sequence.normText.unicodeScalars.elementsEqual(record.normText.unicodeScalars))
            #expect(sequence.word2ph == nil)
            return sequence.phoneIDs == record.phoneIds && sequence.phones.joined(separator: " ") == record.phones
        }
    }

    @Test("tokens, tags and the phones of each word", arguments: materials)
    func tokens(_ material: Material) throws {
        let resources = try material.resources()
        let phonemizer = try EnglishPhonemizer(resources: resources)
        let records = try TextTestData.records(TokensRecord.self, "inter_en.jsonl", in: material.folder)
        var tagCount = 0
        var tagDifferences = 0
        try expectShare(of: records, resources) { record in
            let tagged = phonemizer.taggedWords(Array(record.normText.utf8))
            #expect(tagged.map { String(decoding: $0.word, as: UTF8.self) } == record.tokens.map(\.first))
            tagCount += tagged.count
            tagDifferences +=
                zip(tagged, record.tokens).filter { String(decoding: $0.tag, as: UTF8.self) != $1.last }.count
            let words = record.g2p.split(separator: "|").flatMap { $0.split(separator: " ") }.map(String.init)
            let spoken = phonemizer.phones(ofNormalized: Array(record.normText.utf8))
            return spoken == words.map { $0 == "'" ? "-" : $0 }.filter(SymbolTable.v2.contains)
        }
        // The fallback tags with other weights; most differences do not reach the phones.
        let mostDifferent = try resources.taggerOrigin() == "nltk" ? 0 : tagCount / 20
        #expect(tagDifferences <= mostDifferent, "\(tagDifferences) of \(tagCount) tags differ")
    }

    @Test("unknown words: compounds, spelling, and what is said", arguments: materials)
    func unknownWords(_ material: Material) throws {
        let phonemizer = try EnglishPhonemizer(resources: try material.resources())
        let records = try TextTestData.records(UnknownWordRecord.self, "en_oov.jsonl", in: material.folder)
        try #require(!records.isEmpty)
        for record in records {
            let word = Array(record.word.utf8)
            let lower = Array(record.word.lowercased().utf8)
            #expect(
                phonemizer.parts(of: lower).map { String(decoding: $0, as: UTF8.self) } == record.segment,
                "\(record.word)")
            #expect(phonemizer.guessed(lower).joined(separator: " ") == record.predict, "\(record.word)")
            #expect(phonemizer.looked(up: word).joined(separator: " ") == record.qryword, "\(record.word)")
        }
    }

    @Test("mixed text read as English", arguments: materials, ["mixed_v1", "mixed_v2"])
    func mixed(_ material: Material, _ file: String) throws {
        let resources = try material.resources()
        let frontEnd = TextFrontEnd(resources: resources)
        let records = try TextTestData.records(MixedRecord.self, file + ".jsonl", in: material.folder)
        try expectShare(of: records.filter { $0.mode == "en" }, resources) { record in
            let version = try #require(SymbolVersion(rawValue: record.version))
            let segments = try frontEnd.segments(of: record.text, mode: .english, version: version)
            #expect(segments.map(\.label) == record.segments.map(\.lang))
            #expect(segments.map(\.sequence.text) == record.segments.map(\.text))
            #expect(segments.map(\.sequence.normText) == record.segments.map(\.normText))
            let piece = TextPiece(segments: segments)
            #expect(piece.normText == record.normText)
            #expect(piece.normTextLength == record.normText.unicodeScalars.count)
            return piece.phoneIDs == record.phoneIds
                && segments.map(\.sequence.phones.count) == record.segments.map(\.n)
        }
    }

    @Test("the whole way from a request's text to phones", arguments: materials)
    func preprocess(_ material: Material) throws {
        let resources = try material.resources()
        let frontEnd = TextFrontEnd(resources: resources)
        let records = try TextTestData.records(PreprocessRecord.self, "preprocess.jsonl", in: material.folder)
        try expectShare(of: records.filter { $0.lang == "en" }, resources) { record in
            let version = try #require(SymbolVersion(rawValue: record.version))
            let method = try #require(CutMethod(rawValue: record.method))
            let pieces = try frontEnd.preprocess(record.text, mode: .english, cut: method, version: version)
            #expect(pieces.map(\.normText) == record.pieces.map(\.normText))
            return pieces.map(\.phoneIDs) == record.pieces.map(\.phoneIds)
        }
    }

    @Test("languages that the first symbol table lacks", .enabled(if: TextTestData.hasGoldens))
    func unsupportedByFirstTable() throws {
        struct Record: Decodable {
            let lang: String
            let text: String
            let normText: String
            let phoneIds: [Int]
        }
        let records = try TextTestData.records(Record.self, "phones_unsupported_v1.jsonl", in: TextTestData.goldens)
        try #require(!records.isEmpty)
        for record in records {
            let language = try #require(Language(rawValue: record.lang))
            let sequence = try TextTestData.frontEnd.phonemes(of: record.text, language: language, version: .v1)
            #expect(sequence.normText == record.normText)
            #expect(sequence.phoneIDs == record.phoneIds)
        }
    }
}
