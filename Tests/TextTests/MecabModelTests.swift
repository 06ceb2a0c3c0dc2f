import Testing

@testable import Text

@Suite("MeCab", .enabled(if: JapaneseTestData.isPresent))
struct MecabModelTests {
    private let model: MecabModel

    init() throws {
        model = try MecabModel(directory: TextTestData.resources.directory + "/japanese")
    }

    private func words(_ text: [UInt8], _ ranges: [Range<Int>] = []) throws -> [(surface: [UInt8], feature: String)] {
        var words: [(surface: [UInt8], feature: String)] = []
        try model.analyze(text, words: ranges) { words.append((Array($0), String(decoding: $1, as: UTF8.self))) }
        return words
    }

    @Test("a text is cut into the dictionary's words")
    func analysis() throws {
        let words = try words(Array("東京です".utf8))
        #expect(words.map { String(decoding: $0.surface, as: UTF8.self) } == ["東京", "です"])
        #expect(words.first?.feature.hasPrefix("名詞,固有名詞,地域,一般") == true)
        #expect(try self.words([]).isEmpty)
    }

    @Test("zero bytes and bytes that are no UTF-8 come out as they went in")
    func bytes() throws {
        for text: [UInt8] in [[0], [0xFF], [0xE3, 0x81], Array("東\0京".utf8), [0xC0, 0, 0x80, 0x80, 0x80, 0x80]] {
            #expect(try Array(words(text).map(\.surface).joined()) == text)
        }
    }

    @Test("texts beyond all limits lose nothing", arguments: ["漢", "a", "𠮷", "東京です"])
    func long(_ unit: String) throws {
        let text = Array(String(repeating: unit, count: 50_000 / unit.utf8.count).utf8)
        #expect(try Array(words(text).map(\.surface).joined()) == text)
        let broken = [UInt8](repeating: 0x80, count: 50_000)
        #expect(try Array(words(broken).map(\.surface).joined()) == broken)
    }

    @Test("given words come out as one word each, whether the dictionary has them or not")
    func givenWords() throws {
        let text = Array("東京都に住む".utf8)
        let words = try words(text, [3..<9, 12..<18])
        #expect(words.map { String(decoding: $0.surface, as: UTF8.self) } == ["東", "京都", "に", "住む"])
        let unknown = try self.words(text, [6..<15])
        #expect(unknown.map { String(decoding: $0.surface, as: UTF8.self) }.contains("都に住"))
    }

    @Test("given words at the limits of parts are not divided")
    func givenWordsInLongText() throws {
        let text = Array(String(repeating: "東京都", count: 2500).utf8)
        let ranges = stride(from: 0, to: text.count, by: 9).map { $0..<$0 + 9 }
        #expect(try words(text, ranges).allSatisfy { $0.surface == Array("東京都".utf8) })
        #expect(try words(text, [3..<8_190]).map(\.surface.count).prefix(2) == [3, 8_187])
        #expect(try Array(words(text, [3..<text.count - 3]).map(\.surface).joined()) == text)
    }
}
