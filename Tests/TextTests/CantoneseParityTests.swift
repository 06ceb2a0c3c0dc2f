import Foundation
import Testing

@testable import Text

/// Cantonese agrees with the Python front-end, text by text.
@Suite("Cantonese parity", .enabled(if: TextTestData.hasCantonese))
struct CantoneseParityTests {
    /// The committed fixtures, and the whole set where it is present.
    static let folders =
        [TextTestData.fixtures.appendingPathComponent("cantonese")]
        + (TextTestData.hasGoldens ? [TextTestData.goldens] : [])

    private let lexicon: CantoneseLexicon

    init() throws {
        lexicon = try CantoneseLexicon(resources: TextTestData.resources)
    }

    private struct ReadingRecord: Decodable {
        let text: String
        let normText: String
        let jyutping: [[String?]]
        let rawJyutping: String
    }

    private struct CantoneseRecord: Decodable {
        let text: String
        let normText: String
        let phones: String
        let phoneIds: [Int]
        let word2ph: [Int]
    }

    private func readings(_ text: String) -> [(character: Unicode.Scalar, reading: String?)] {
        let scalars = [Unicode.Scalar](text)
        return zip(scalars, lexicon.read(scalars[...])).map { scalar, syllables in
            (scalar, syllables.isEmpty ? nil : syllables.map(lexicon.syllable).joined(separator: " "))
        }
    }

    @Test("readings of the normal form and of the raw text", arguments: folders)
    func readings(_ folder: URL) throws {
        let records = try TextTestData.records(ReadingRecord.self, "inter_yue.jsonl", in: folder)
        try #require(!records.isEmpty)
        for record in records {
            let found = readings(record.normText).map { [String($0.character), $0.reading] }
            #expect(found == record.jyutping, "\(record.text)")
            let raw = readings(record.text).map { "\($0.character)" + ($0.reading.map { "(\($0))" } ?? "") }
            #expect(raw.joined() == record.rawJyutping)
        }
    }

    @Test("normal form and phones", arguments: folders)
    func phones(_ folder: URL) throws {
        let records = try TextTestData.records(CantoneseRecord.self, "phones_yue_v2.jsonl", in: folder)
        try #require(!records.isEmpty)
        for record in records {
            let sequence = try TextTestData.frontEnd.phonemes(of: record.text, language: .cantonese, version: .v2)
            #expect(sequence.normText.unicodeScalars.elementsEqual(record.normText.unicodeScalars), "\(record.text)")
            #expect(sequence.phoneIDs == record.phoneIds)
            #expect(sequence.phones.joined(separator: " ") == record.phones)
            #expect(sequence.word2ph == record.word2ph)
        }
    }
}

extension TextTestData {
    /// Whether the Cantonese dictionary is set up.
    static var hasCantonese: Bool {
        FileManager.default.fileExists(atPath: resources.directory + "/cantonese-lexicon.bin")
    }
}
