import Foundation
import TestSupport

@testable import Checkpoints

/// Where the test files lie.
enum Fixtures {
    /// The small files of the repository.
    static let folder = TestSupport.Fixtures.folder.appending(path: "checkpoints")

    /// The whole set of model goldens, where it lies beside the repository.
    static let goldenModels: URL? = TestSupport.Fixtures.sharedGoldens.flatMap {
        let folder = $0.appending(path: "models")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }

    static func path(_ name: String) -> String { folder.appending(path: name).path }

    static func bytes(_ name: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: folder.appending(path: name))) }

    static func open(_ name: String) throws -> CheckpointFile { try CheckpointFile.open(path: path(name)) }

    /// A file of the goldens' `fixtures` folder.
    static func golden(_ name: String) throws -> CheckpointFile {
        guard let goldenModels else { throw CocoaError(.fileNoSuchFile) }
        return try CheckpointFile.open(path: goldenModels.appending(path: "fixtures/\(name)").path)
    }

    /// The one file of a folder in the goldens' `fixtures`, whose name depends on the set.
    static func onlyGolden(in folder: String) throws -> CheckpointFile {
        guard let goldenModels else { throw CocoaError(.fileNoSuchFile) }
        let url = goldenModels.appending(path: "fixtures/\(folder)")
        let names = try FileManager.default.contentsOfDirectory(atPath: url.path)
        guard let name = names.first, names.count == 1 else { throw CocoaError(.fileNoSuchFile) }
        return try golden("\(folder)/\(name)")
    }

    /// Some of the widths of the goldens' models.
    struct GoldenSizes: Decodable {
        /// The width of the flow's transformer.
        let flowWidth: Int
        /// The rank of the LoRA factors by the name of a version.
        let loraRanks: [String: Int]

        enum CodingKeys: String, CodingKey {
            case flowWidth = "dit_dim"
            case loraRanks = "lora_rank"
        }
    }

    /// The widths that the goldens tell.
    static func goldenSizes() throws -> GoldenSizes {
        guard let goldenModels else { throw CocoaError(.fileNoSuchFile) }
        let url = goldenModels.appending(path: "fixtures/dims.json")
        return try JSONDecoder().decode(GoldenSizes.self, from: Data(contentsOf: url))
    }

    /// Versions by digest, as the goldens list them.
    static func goldenHashes() throws -> [String: SoVITSVersion] {
        guard let goldenModels else { return [:] }
        let data = try Data(contentsOf: goldenModels.appending(path: "fixtures/known_hashes.json"))
        let table = try JSONSerialization.jsonObject(with: data) as? [String: [Any]] ?? [:]
        return table.compactMapValues { row in
            guard row.count == 3, let symbols = (row[0] as? String).flatMap(SymbolVersion.init),
                let model = (row[1] as? String).flatMap(ModelVersion.init), let isLoRA = row[2] as? Bool
            else { return nil }
            return SoVITSVersion(symbols: symbols, model: model, isLoRA: isLoRA, evidence: .publishedHash)
        }
    }

    /// The code that reading something ends with; nil when it succeeds.
    static func code(_ body: () throws -> Void) -> CheckpointError.Code? {
        do {
            try body()
            return nil
        } catch { return (error as? CheckpointError)?.code ?? CheckpointError.Code("\(error)") }
    }
}
