import Foundation
import Testing

@testable import Text

@Suite("Polyphone lists")
struct PolyphoneListsTests {
    private func lists(_ text: String) throws -> PolyphoneLists {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try PolyphoneLists(path: file.path)
    }

    @Test("characters and readings are numbered by code point")
    func numbers() throws {
        let lists = try lists("行\tㄒㄧㄥ2\n行\tㄏㄤ2\r\n了\tㄌㄜ5\n\n了\tㄌㄧㄠ3\n行\tㄏㄤ2\n")
        #expect(lists.characters == ["了", "行"])
        #expect(lists.labels == ["ㄌㄜ5", "ㄌㄧㄠ3", "ㄏㄤ2", "ㄒㄧㄥ2"])
        #expect(lists.readings == [[0, 1], [2, 3]])
    }

    @Test("mistakes are named by line", arguments: ["行\tㄏㄤ2\n行", "行\tㄏㄤ2\n行人\tㄏㄤ2", "行\tㄏㄤ2\n行\t"])
    func mistakes(_ text: String) throws {
        let error = try #require(throws: TextError.self) { try lists(text) }
        #expect(error.message.contains("line 2"))
    }

    @Test(
        "the text data hold those of the published network",
        .enabled(
            if: FileManager.default.fileExists(atPath: TextTestData.resources.directory + "/chinese-polyphones.bin")))
    func published() throws {
        let lists = try PolyphoneLists(resources: TextTestData.resources)
        #expect(lists.characters.count == 3582)
        #expect(lists.labels.count == 1305)
        let lines = zip(lists.characters, lists.readings).flatMap { character, readings in
            readings.map { "\(character)\t\(lists.labels[$0])" }
        }
        #expect(try self.lists(lines.joined(separator: "\n")) == lists)
    }
}
