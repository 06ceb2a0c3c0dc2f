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
