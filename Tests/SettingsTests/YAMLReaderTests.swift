import Foundation
import TestSupport
import Testing

@testable import Settings

@Suite struct YAMLReaderTests {
    @Test func plainScalarsReadAsPyYAMLReadsThem() throws {
        let data = try Data(contentsOf: fixtures.appending(path: "scalars.json"))
        let rows = try JSONDecoder().decode([[String]].self, from: data)
        #expect(rows.count > 150)
        for row in rows {
            let content = try #require(YAMLScalar.resolve(row[0]), "\(row)")
            switch content {
            case .null: #expect(row[1] == "null", "\(row)")
            case .bool(let value): #expect(row[1...] == ["bool", String(value)], "\(row)")
            case .int(let value): #expect(row[1...] == ["int", String(value)], "\(row)")
            case .float(let value):
                #expect(row[1] == "float", "\(row)")
                let expected = try #require(Double(row[2]), "\(row)")
                #expect(value == expected || (value.isNaN && expected.isNaN), "\(row)")
            case .timestamp: #expect(row[1] == "timestamp", "\(row)")
            case .string(let value): #expect(row[1...] == ["string", value], "\(row)")
            default: Issue.record("\(row) became \(content)")
            }
        }
    }

    @Test func quotedScalarsAreText() throws {
        #expect(try parse("'12'").content == .string("12"))
        #expect(try parse("\"yes\"").content == .string("yes"))
        #expect(try parse("!!str 12").content == .string("12"))
        #expect(try parse("!!int '12'").content == .int(12))
        #expect(try parse("!!float 2").content == .float(2))
    }

    @Test func linesAreCountedFromOne() throws {
        let root = try parse("# note\na: 1\n\nb:\n  - x\n  - y\n")
        #expect(root.mapping?["a"]?.line == 2)
        guard case .sequence(let items)? = root.mapping?["b"]?.content else { throw CancellationError() }
        #expect(items.map(\.line) == [5, 6])
    }

    @Test func theLastOfRepeatedKeysWins() throws {
        let mapping = try #require(parse("a: 1\nb: 2\na: 3\n").mapping)
        #expect(mapping.entries.map(\.key.string) == ["a", "b"])
        #expect(mapping["a"]?.content == .int(3))
    }

    @Test func removingAKeyKeepsTheOthersReachable() throws {
        var mapping = try #require(parse("a: 1\nb: 2\nc: 3\n").mapping)
        mapping["a"] = nil
        #expect(mapping.entries.map(\.key.string) == ["b", "c"])
        #expect(mapping["c"]?.content == .int(3))
        #expect(mapping["a"] == nil)
    }

    @Test func aliasesAndMergesExpand() throws {
        let text = "base: &b {x: 1, y: 2}\nother: &o {y: 5, z: 6}\nuse: {<<: [*b, *o], x: 9}\nsame: *b\n"
        let root = try #require(parse(text).mapping)
        #expect(root["same"] == root["base"])
        let use = try #require(root["use"]?.mapping)
        #expect(use["x"]?.content == .int(9))
        #expect(use["y"]?.content == .int(2))
        #expect(use["z"]?.content == .int(6))
    }

    @Test func anEmptyDocumentIsNull() throws {
        #expect(try parse("").content == .null)
        #expect(try parse("# only a comment\n").content == .null)
    }

    @Test func aliasBombsAreRefused() throws {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            let uses = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(uses)]\n"
        }
        let error = try settingsError { _ = try parse(text) }
        #expect(error.code == .syntax)
        #expect(error.message.contains("more than 100000 values"))
    }

    @Test(arguments: [
        (String(repeating: "[", count: 10_000), "deeper than 64"),
        (String(repeating: "- ", count: 3_000) + "x", "deeper than 64"),
        ("a: &a [*a]", "no anchor that is complete"),
        ("a: *missing", "no anchor"),
        ("a: !!python/object/apply:os.system ['id']", "is not allowed"),
        ("a: !custom 1", "is not allowed"),
        ("? [a]\n: 1", "cannot be a key"),
        ("a: 1\n---\nb: 2\n", "second document"),
        ("a: 99999999999999999999", "does not fit"),
        ("a: b: c", "test.yaml:1:"),
        ("a:\n\t- b", "test.yaml:2:"),
        ("a: 'open", "test.yaml:1:"),
        ("<<: 3", "<< takes"),
        ("\u{1}", "UTF-8"),
    ])
    func faultyTextIsRefusedWithItsReason(text: String, reason: String) throws {
        let error = try settingsError { _ = try parse(text) }
        #expect(error.code == .syntax)
        #expect(error.message.contains(reason), "\(error.message)")
    }

    @Test func textThatIsNotUTF8IsRefused() throws {
        let error = try settingsError { _ = try YAMLReader.parse([0x61, 0x3A, 0x20, 0xFF, 0xFE, 0x80], name: "x") }
        #expect(error.code == .syntax)
    }

    @Test func oversizedTextIsRefused() throws {
        let error = try settingsError { _ = try YAMLReader.parse(Array(repeating: 0x20, count: 2 << 20), name: "x") }
        #expect(error.message.contains("bytes are more than"))
    }

    /// Mutations of a real file: an answer or an error, never a trap.
    @Test func mutatedFilesNeverTrap() throws {
        var generator = SplitMix64(seed: 11)
        let original = [UInt8](try Data(contentsOf: fixtures.appending(path: "server-saved.yaml")))
        var refused = 0
        for _ in 0..<2_000 {
            var bytes = original
            for _ in 0...Int.random(in: 0..<4, using: &generator) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: position)
                default:
                    bytes.insert(Array("[]{}&*!|>'\"%@:-\n".utf8).randomElement(using: &generator) ?? 0, at: position)
                }
            }
            do throws(SettingsError) { _ = try YAMLReader.parse(bytes, name: "x") } catch { refused += 1 }
        }
        #expect(refused > 100 && refused < 2_000)
    }
}
