import Foundation
import Testing

@testable import Text

/// Japanese against the Python front-end, stage by stage: everything must be identical.
@Suite("Japanese parity", .enabled(if: JapaneseTestData.isPresent))
struct JapaneseParityTests {
    /// The committed fixtures, and the whole set where it is present.
    static let folders =
        [TextTestData.fixtures.appendingPathComponent("japanese")]
        + (TextTestData.hasGoldens ? [TextTestData.goldens] : [])

    private let phonemizer: JapanesePhonemizer

    init() throws {
        phonemizer = try JapanesePhonemizer(resources: TextTestData.resources)
    }

    private func sentences(_ text: String) throws -> [(run: String, sentence: JapaneseSentence)] {
        let parts = JapaneseText.parts(of: JapaneseText.collapsingPunctuation(Array(text.unicodeScalars)))
        return try parts.compactMap { part in
            guard case .run(let run) = part else { return nil }
            return (String(decoding: run.text, as: UTF8.self), try phonemizer.sentence(run))
        }
    }

    @Test("phones of both symbol tables", arguments: folders, ["phones_ja_v1", "phones_ja_v2"])
    func phones(_ folder: URL, _ file: String) throws {
        let records = try TextTestData.records(PhonesRecord.self, file + ".jsonl", in: folder)
        try #require(!records.isEmpty)
        for record in records {
            let version = try #require(SymbolVersion(rawValue: record.version))
            let sequence = try TextTestData.frontEnd.phonemes(of: record.text, language: .japanese, version: version)
            #expect(sequence.normText.unicodeScalars.elementsEqual(record.normText.unicodeScalars))
            #expect(sequence.phones.joined(separator: " ") == record.phones, "\(record.text)")
            #expect(sequence.phoneIDs == record.phoneIds)
            #expect(sequence.word2ph == nil)
        }
    }

    private struct Record: Decodable {
        struct Chunk: Decodable {
            let njd: [[Field]]
            let prosody: String
        }
        let text: String
        let chunks: [Chunk]
    }

    /// A word's field: text, or a number.
    enum Field: Decodable, Equatable {
        case text(String)
        case number(Int)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
    }

    private func fields(_ word: JapaneseWord) -> [Field] {
        func text(_ field: [UInt8]) -> Field {
            .text(field.isEmpty ? "*" : String(decoding: field, as: UTF8.self))
        }
        let chain =
            switch word.chain {
            case .undecided: -1
            case .separate: 0
            case .joined: 1
            }
        return [
            text(word.string), text(word.partOfSpeech), text(word.group1), text(word.group2), text(word.group3),
            text(word.conjugationType), text(word.conjugationForm), text(word.base), text(word.reading),
            text(word.pronunciation), .number(word.accent), .number(word.moraCount), text(word.chainRule),
            .number(chain),
        ]
    }

    @Test("words with reading and accent, and marks for the pitch", arguments: folders)
    func words(_ folder: URL) throws {
        let records = try TextTestData.records(Record.self, "inter_ja.jsonl", in: folder)
        try #require(!records.isEmpty)
        for record in records {
            let sentences = try sentences(record.text).map(\.sentence)
            #expect(sentences.count == record.chunks.count, "\(record.text)")
            for (sentence, chunk) in zip(sentences, record.chunks) {
                #expect(sentence.order.map { fields(sentence.words[$0]) } == chunk.njd, "\(record.text)")
                #expect(ProsodicPhones(sentence).marked().joined(separator: " ") == chunk.prosody, "\(record.text)")
            }
        }
    }

    /// What the marks for the pitch are made from: of each phone its name, its place in the accent phrase and that phrase's
    /// length; of the last label whether the phrase is a question.
    @Test("accent phrases as Open JTalk's labels have them", arguments: folders)
    func labels(_ folder: URL) throws {
        struct Record: Decodable {
            let chunk: String
            let labels: [String]
        }
        let records = try TextTestData.records(Record.self, "inter_ja_labels.jsonl", in: folder)
        try #require(!records.isEmpty)
        for record in records {
            let sentence = try #require(sentences(record.chunk).first).sentence
            let spoken = ProsodicPhones(sentence)
            #expect(spoken.phones.count == record.labels.count - 2)
            for (index, label) in record.labels.dropFirst().dropLast().enumerated() where index < spoken.phones.count {
                let phone = try #require(label.firstMatch(of: /-(\w+)\+/)).output.1
                #expect(
                    spoken.phones[index].name
                        == (["A", "I", "U", "E", "O"].contains(phone) ? phone.lowercased() : String(phone)))
                let place = label.firstMatch(of: /\/A:(-?\d+)\+(\d+)\+(\d+)\/.*\/F:(\d+)_/)?.output
                let position = try place.map { place in
                    ProsodicPhones.Position(
                        fromAccent: try #require(Int(place.1)), forward: try #require(Int(place.2)),
                        backward: try #require(Int(place.3)), count: try #require(Int(place.4)))
                }
                #expect(spoken.position(index) == position, "\(record.chunk), \(label)")
            }
            let question = try #require(record.labels.last?.firstMatch(of: /!(\d)_/)).output.1
            #expect(spoken.phrases.last?.isQuestion == (question == "1"))
        }
    }

    @Test(
        "Japanese parts of mixed text", .enabled(if: TextTestData.hasGoldens), arguments: ["mixed_v1", "mixed_v2"])
    func mixed(_ file: String) throws {
        let records = try TextTestData.records(MixedRecord.self, file + ".jsonl", in: TextTestData.goldens)
        var count = 0
        for record in records {
            let version = try #require(SymbolVersion(rawValue: record.version))
            var start = 0
            for segment in record.segments {
                defer { start += segment.n }
                guard segment.lang == "ja" else { continue }
                count += 1
                let sequence = try TextTestData.frontEnd.phonemes(
                    of: segment.text, language: .japanese, version: version)
                #expect(sequence.phoneIDs == Array(record.phoneIds[start..<start + segment.n]), "\(segment.text)")
                #expect(sequence.normText == segment.normText)
            }
        }
        #expect(count > 0)
    }
}

enum JapaneseTestData {
    static var isPresent: Bool {
        FileManager.default.fileExists(atPath: TextTestData.resources.directory + "/japanese/added.dic")
    }
}
