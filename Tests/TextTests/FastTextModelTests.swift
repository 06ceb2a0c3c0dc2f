import Foundation
import TestSupport
import Testing

@testable import Text

/// fastText models of both kinds against fastText itself, and files that are none.
@Suite("fastText models")
struct FastTextModelTests {
    static let folder = TextTestData.fixtures.appendingPathComponent("segmentation")
    static let large = folder.appendingPathComponent("tiny.bin").path

    struct Record: Decodable {
        struct Answer: Decodable {
            let count: Int
            let threshold: Float
            let labels: [String]
            let scores: [Float]
        }
        let text: String
        let answers: [Answer]
    }

    @Test("a model in full precision answers to the last bit")
    func full() throws {
        let model = try FastTextModel(path: Self.large)
        let records = try TextTestData.records(Record.self, "tiny.jsonl", in: Self.folder)
        #expect(records.count == 68)
        for record in records {
            for answer in record.answers {
                let found = model.predict(Array(record.text.utf8), count: answer.count, threshold: answer.threshold)
                #expect(found.map(\.label) == answer.labels, "\(record.text)")
                #expect(found.map(\.probability) == answer.scores, "\(record.text)")
            }
        }
    }

    @Test("the large model is taken where it lies in the folder, or where it is said to lie")
    func selection() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("chorus-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(TextResources(directory: folder.path).languageModelPath == folder.path + "/lid.176.ftz")
        try FileManager.default.copyItem(atPath: Self.large, toPath: folder.path + "/lid.176.bin")
        #expect(TextResources(directory: folder.path).languageModelPath == folder.path + "/lid.176.bin")
        #expect(TextResources(directory: folder.path, languageModel: "/x.bin").languageModelPath == "/x.bin")
    }

    @Test("a model that is cut off or overwritten is refused, or answers something")
    func damaged() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("chorus-\(UUID()).bin").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Self.large)))
        var generator = SplitMix64(seed: 7)
        for _ in 0..<400 {
            var bytes = good
            if Bool.random(using: &generator) {
                bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
            } else {
                for _ in 0..<Int.random(in: 1...8, using: &generator) {
                    let place = Int.random(in: 0..<min(bytes.count, 500), using: &generator)
                    bytes[place] = UInt8.random(in: 0...255, using: &generator)
                }
            }
            // A new file each time: a mapped one must not shrink.
            try? FileManager.default.removeItem(atPath: path)
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            do {
                _ = try FastTextModel(path: path).predict(Array("the 的是 été".utf8), count: 5)
            } catch {
                #expect(error.code == .resourceDamaged, "\(error)")
                #expect(error.message.contains(path))
            }
        }
        let missing = try #require(throws: TextError.self) { try FastTextModel(path: path + ".none") }
        #expect(missing.code == .resourceMissing)
    }

    @Test("capitals, long texts and line breaks", .enabled(if: TextTestData.hasSegmentation))
    func quirks() throws {
        let identifier = try LanguageIdentifier(path: TextTestData.resources.directory + "/lid.176.ftz")
        func answer(_ text: String) -> String? {
            identifier.language(of: [Unicode.Scalar](text)).map { "\($0.code) \($0.probability)" }
        }
        #expect(answer("THIS IS ALL IN CAPITALS") == answer("this is all in capitals"))
        #expect(answer("ΣΟΦΟΣ") == answer("σοφος"))
        #expect(answer("Some words\nhere") == answer("Some words here"))
        let long = String(repeating: "word ", count: 16)
        #expect(answer(long + "这是中文这是中文这是中文") == answer(long))
        #expect(answer("THIS is half in Capitals") != answer("this is half in capitals"))
        #expect(answer("") != nil)
    }
}
