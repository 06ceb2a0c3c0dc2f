import Foundation
import TestSupport
import Testing

@testable import Text

/// A damaged dictionary is refused, or gives wrong readings at worst.
@Suite("Damaged Korean dictionary")
final class KoreanDamageTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("chorus-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// Writes sections as `cluster/textdata/common.py` does.
    private func write(_ sections: [(name: String, bytes: [UInt8])]) throws {
        func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> Data {
            withUnsafeBytes(of: number.littleEndian) { Data($0) }
        }
        var table = Data("CHORUSTX".utf8) + littleEndian(UInt32(1)) + littleEndian(UInt32(sections.count))
        var body = Data()
        let start = 16 + 40 * sections.count
        for (name, bytes) in sections {
            table += Data(name.utf8) + Data(count: 24 - name.utf8.count)
            table += littleEndian(UInt64(start + body.count)) + littleEndian(UInt64(bytes.count))
            body += Data(bytes)
        }
        try (table + body).write(to: folder.appendingPathComponent("korean-dictionary.bin"))
    }

    private func noise(_ count: Int, _ generator: inout SplitMix64, below limit: UInt8 = .max) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...limit, using: &generator) }
    }

    private func sections(rights: UInt8, lefts: UInt8, _ generator: inout SplitMix64) -> [(
        name: String, bytes: [UInt8]
    )] {
        [
            ("size", [rights, 0, 0, 0, lefts, 0, 0, 0]), ("trie", noise(8 * 600, &generator, below: 3)),
            ("morphemes", noise(8 * 50, &generator)), ("unknown", noise(8 * 20, &generator)),
            ("unknown.ends", noise(4 * 300, &generator)), ("characters", noise(4 * 0x10000, &generator)),
            ("matrix", noise(2 * Int(rights) * Int(lefts), &generator)), ("tags.index", noise(4 * 6, &generator)),
            ("tags.bytes", noise(30, &generator)), ("tags.ending", noise(5, &generator)),
            ("tags.penalty", noise(4 * 5, &generator)),
        ]
    }

    @Test("noise in every section")
    func noise() throws {
        var generator = SplitMix64(seed: 11)
        for _ in 0..<20 {
            try write(sections(rights: 7, lefts: 9, &generator))
            let annotator = try KoreanAnnotator(resources: TextResources(directory: folder.path))
            for _ in 0..<20 {
                let text = (0..<60).compactMap { _ in
                    Unicode.Scalar(UInt32.random(in: 0...0xD7FF, using: &generator))
                }
                #expect(annotator.marks(of: text).count == text.count)
                #expect(annotator.morphemes(of: text).count <= text.count)
            }
        }
    }

    @Test("a matrix of another size than the contexts need is refused")
    func matrix() throws {
        var generator = SplitMix64(seed: 12)
        var sections = sections(rights: 7, lefts: 9, &generator)
        sections[0].bytes = [255, 255, 255, 255, 255, 255, 255, 255]
        try write(sections)
        let error = try #require(throws: TextError.self) {
            _ = try KoreanDictionary(resources: TextResources(directory: self.folder.path))
        }
        #expect(error.code == .resourceDamaged)
    }
}
