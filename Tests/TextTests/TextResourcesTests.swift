import Foundation
import TestSupport
import Testing

@testable import Text

/// Missing and damaged data gives an error that names the file, and no trap.
@Suite("Text resources", .enabled(if: TextTestData.hasResources))
struct TextResourcesTests {
    private static let names = [
        "english-lexicon.bin", "english-segmentation.bin", "english-g2p.bin", "english-tagger.bin",
    ]

    @Test("the folder comes from the environment, else from where set-up puts it")
    func folder() {
        #expect(TextResources.standard(environment: ["CHORUS_HOME": "/data/chorus"]).directory == "/data/chorus/text")
        #expect(TextResources.standard(environment: [:]).directory.hasSuffix("/.chorus/text"))
        #expect(throws: Never.self) { try TextTestData.resources.check() }
    }

    @Test("languages that are not set up are known before they are used")
    func missingLanguages() throws {
        #expect(TextResources(directory: "/nonexistent").missingLanguages() == Language.allCases)
        #expect(!TextTestData.resources.missingLanguages().contains(.english))
    }

    @Test("a missing file is named, with what to do", arguments: names)
    func missing(_ name: String) throws {
        try withCopy(replacing: name, by: nil) { resources in
            let error = try #require(throws: TextError.self) {
                _ = try TextFrontEnd(resources: resources).phonemes(of: "a", language: .english, version: .v2)
            }
            #expect(error.code == .resourceMissing)
            #expect(error.message.contains(name) && error.message.contains("cluster/setup"))
        }
    }

    @Test("a file that is cut off, empty or something else is refused", arguments: names)
    func damaged(_ name: String) throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: TextTestData.resources.directory + "/" + name))
        var otherFormat = whole
        otherFormat[8] = 99
        for data in [
            Data(), Data("hello".utf8), whole.prefix(12), whole.prefix(100), whole.prefix(whole.count / 2), otherFormat,
        ] {
            try withCopy(replacing: name, by: data) { resources in
                let error = try #require(throws: TextError.self) { try resources.check() }
                #expect(error.code == .resourceDamaged)
                #expect(error.message.contains(name))
            }
        }
    }

    @Test("bytes overwritten at random give wrong phones at worst", arguments: names)
    func scrambled(_ name: String) throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: TextTestData.resources.directory + "/" + name))
        var generator = SplitMix64(seed: 5)
        for round in 0..<4 {
            var data = whole
            // The header in the first rounds, then all over.
            let reach = round < 2 ? 900 : data.count
            for _ in 0..<(round < 2 ? 3 : 20_000) {
                data[Int.random(in: 0..<reach, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            try withCopy(replacing: name, by: data) { resources in
                let frontEnd = TextFrontEnd(resources: resources)
                for text in ["The refuse of 12 isleward words, Aaditya's xqzzt.", "Read it."] {
                    _ = try? frontEnd.phonemes(of: text, language: .english, version: .v2)
                }
            }
        }
    }

    /// Runs `body` with the resources, of which one file is replaced or left out.
    private func withCopy(replacing name: String, by data: Data?, _ body: (TextResources) throws -> Void) throws {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appendingPathComponent("chorus-text-" + UUID().uuidString)
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? files.removeItem(at: folder) }
        for other in Self.names where other != name {
            try files.createSymbolicLink(
                atPath: folder.path + "/" + other, withDestinationPath: TextTestData.resources.directory + "/" + other)
        }
        try data?.write(to: folder.appendingPathComponent(name))
        try body(TextResources(directory: folder.path))
    }
}
