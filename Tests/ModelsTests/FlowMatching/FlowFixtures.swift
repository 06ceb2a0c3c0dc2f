import Checkpoints
import Foundation
import TestSupport
import Testing
import Torch

@testable import Models

/// One v3 or v4 checkpoint, whole or LoRA, with what the reference computes with it.
struct FlowFixture: Sendable, CustomStringConvertible {
    let version: ModelVersion
    let isLoRA: Bool
    let set: GoldenSet

    var description: String { "\(stage), \(set.name)" }
    var stage: String { "s2_\(version.rawValue)\(isLoRA ? "_lora" : "")" }

    /// v3 in the repository; all four in the full set where it is present.
    static let all = Fixtures.modelGoldens(bundled: "models/flow").flatMap { set in
        (set.name == "bundled" ? [(ModelVersion.v3, false)] : [(.v3, false), (.v4, false), (.v3, true), (.v4, true)])
            .map {
                FlowFixture(version: $0.0, isLoRA: $0.1, set: set)
            }
    }

    /// Those that are whole models.
    static let whole = all.filter { !$0.isLoRA }

    var golden: Golden { get throws { try set.stage(stage) } }

    /// The goldens' arguments.
    struct Arguments: Decodable {
        let steps: [Int]
        let seed: UInt64
        let speeds: [Double]
        let ref: String

        private enum CodingKeys: String, CodingKey {
            case steps = "cfm_steps"
            case seed
            case speeds
            case ref
        }
    }

    var arguments: Arguments { get throws { try set.manifest(stage, as: Arguments.self) } }

    /// The versions that the set's table of hashes names, in place of the published one.
    var knownHashes: [String: SoVITSVersion] { get throws { try Self.knownHashes(of: set) } }

    static func knownHashes(of set: GoldenSet) throws -> [String: SoVITSVersion] {
        let table = try JSONSerialization.jsonObject(with: Data(contentsOf: set.url("fixtures/known_hashes.json")))
        return try #require(table as? [String: [Any]]).compactMapValues { entry in
            (entry.dropFirst().first as? String).flatMap(ModelVersion.init(rawValue:)).map(SoVITSVersion.published)
        }
    }

    static func checkpoint(_ path: String, of set: GoldenSet) throws -> SoVITSCheckpoint {
        try SoVITSCheckpoint(.open(path: set.url("fixtures/\(path)").path), knownHashes: knownHashes(of: set))
    }

    static func basePath(_ version: ModelVersion) -> String {
        version == .v3 ? "pretrained_models/s2Gv3.pth" : "pretrained_models/gsv-v4-pretrained/s2Gv4.pth"
    }

    var base: SoVITSCheckpoint { get throws { try Self.checkpoint(Self.basePath(version), of: set) } }

    /// The user's LoRA file of the version; there is one.
    var adapter: SoVITSCheckpoint {
        get throws {
            let folder = "user/SoVITS_weights_\(version.rawValue)"
            let names = try FileManager.default.contentsOfDirectory(atPath: set.url("fixtures/\(folder)").path)
            return try Self.checkpoint("\(folder)/\(#require(names.first))", of: set)
        }
    }

    var model: FlowSoVITS {
        get throws {
            isLoRA ? try FlowSoVITS(checkpoint: adapter, base: base) : try FlowSoVITS(checkpoint: base)
        }
    }

    /// Tolerance of a field, by its last part, where the set itself tells none.
    func tolerance(_ field: String) -> Float {
        switch field {
        case "dt_embed", "v", "bridge", "enc_p.encoder_text", "enc_p.encoder2", "enc_p.ssl_proj", "enc_p.y_latent": 2e-5
        case "x", "enc_p.encoder_ssl": version == .v3 && field == "enc_p.encoder_ssl" ? 2e-5 : 1e-5
        case "out": version == .v3 || isLoRA ? 2e-5 : 1e-5
        default: 5e-5
        }
    }
}

/// Compares with a golden element by element; the golden has channels before time.
func expect(
    _ tensor: Tensor, matches field: String, of prefix: String, in golden: Golden, _ fixture: FlowFixture,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let name = "\(prefix).\(field)"
    let comparable = try tensor.rank == 3 ? tensor.transpose(1, 2) : tensor
    #expect(comparable.shape == (try golden.shape(name)), "\(name)", sourceLocation: sourceLocation)
    let difference = largestDifference(try comparable.floats(), try golden.floats(name))
    let tolerance = golden.tolerance(name, otherwise: fixture.tolerance(field))
    #expect(difference <= tolerance, "\(name): \(difference)", sourceLocation: sourceLocation)
}
