import Foundation
import TestSupport
import Testing

@testable import Text

/// Where tests find data: the converted resources, the committed fixtures, and the goldens where they are present.
enum TextTestData {
    static let fixtures = Fixtures.folder.appendingPathComponent("text")
    static let shared = Fixtures.repository.deletingLastPathComponent().appendingPathComponent("shared")
    static let goldens = shared.appendingPathComponent("goldens/text")
    static let nltkTagger = shared.appendingPathComponent("resources/averaged_perceptron_tagger_eng")

    static let resources: TextResources = {
        let home = ProcessInfo.processInfo.environment["CHORUS_HOME"] ?? Fixtures.repository.path + "/.chorus"
        return TextResources(directory: home + "/text")
    }()
    static let frontEnd = TextFrontEnd(resources: resources)

    static var hasResources: Bool { FileManager.default.fileExists(atPath: resources.directory + "/english.json") }
    static var hasSegmentation: Bool { has("segmentation") }
    static func has(_ data: String) -> Bool {
        FileManager.default.fileExists(atPath: resources.directory + "/\(data).json")
    }
    static var hasGoldens: Bool { hasResources && FileManager.default.fileExists(atPath: goldens.path) }
    static var hasNLTK: Bool { hasGoldens && FileManager.default.fileExists(atPath: nltkTagger.path) }

    /// The share of texts that must come out alike: all with NLTK's tagger, with the fallback's weights 99%.
    static func requiredShare(_ resources: TextResources) throws -> Double {
        try resources.taggerOrigin() == "nltk" ? 1 : 0.99
    }

    private static let parityFolder = FileManager.default.temporaryDirectory.appendingPathComponent(
        "chorus-text-\(ProcessInfo.processInfo.processIdentifier)")

    /// The converted resources with NLTK's tagger in place of whatever set-up found, converted by the set-up script.
    static let parityResources = Result {
        let files = FileManager.default
        let folder = parityFolder
        try? files.removeItem(at: folder)
        atexit { try? FileManager.default.removeItem(at: TextTestData.parityFolder) }
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in try files.contentsOfDirectory(atPath: resources.directory) where name != "english-tagger.bin" {
            try files.createSymbolicLink(
                atPath: folder.path + "/" + name, withDestinationPath: resources.directory + "/" + name)
        }
        let converter = Process()
        converter.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        converter.arguments = [
            "python3", "-B", "-c",
            """
            import pathlib, sys
            sys.path.insert(0, sys.argv[1])
            from textdata import english
            source = pathlib.Path(sys.argv[2])
            tagger = english.load_tagger((source, english.read_nltk(source)), {})
            english.convert_tagger(tagger, sys.argv[3])
            """,
            Fixtures.repository.appendingPathComponent("cluster").path, nltkTagger.path,
            folder.path + "/english-tagger.bin",
        ]
        try converter.run()
        converter.waitUntilExit()
        try #require(converter.terminationStatus == 0, "cluster/textdata/english.py could not convert NLTK's tagger")
        return TextResources(directory: folder.path)
    }

    /// The records of a file of JSON lines.
    static func records<Record: Decodable>(_ type: Record.Type, _ name: String, in folder: URL) throws -> [Record] {
        let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try text.split(separator: "\n").map { try decoder.decode(type, from: Data($0.utf8)) }
    }
}

/// One record of `phones_en_*`.
struct PhonesRecord: Decodable {
    let version: String
    let text: String
    let normText: String
    let phones: String
    let phoneIds: [Int]
}

/// One record of `inter_en`.
struct TokensRecord: Decodable {
    let normText: String
    let tokens: [[String]]
    let g2p: String
}

/// One record of `en_oov`.
struct UnknownWordRecord: Decodable {
    let word: String
    let segment: [String]
    let predict: String
    let qryword: String
}

/// One record of `mixed_*`.
struct MixedRecord: Decodable {
    struct Segment: Decodable {
        let lang: String
        let text: String
        let n: Int
        let normText: String
    }
    let mode: String
    let version: String
    let text: String
    let segments: [Segment]
    let normText: String
    let phoneIds: [Int]
}

/// One record of `cut`.
struct CutRecord: Decodable {
    let method: String
    let lang: String
    let text: String
    let cut: String?
    let pieces: [String]?
    let piecesError: String?
}

/// One record of `preprocess`.
struct PreprocessRecord: Decodable {
    struct Piece: Decodable {
        let normText: String
        let phoneIds: [Int]
    }
    let text: String
    let lang: String
    let method: String
    let version: String
    let pieces: [Piece]
}
