import Checkpoints
import Foundation
import TestSupport
import Testing
import Torch

@testable import Models

/// One second-stage checkpoint with what the reference computes with it.
struct SoVITSFixture: Sendable, CustomStringConvertible {
    let version: ModelVersion
    let set: GoldenSet

    var description: String { "\(version.rawValue), \(set.name)" }

    /// The copy in the repository, and both versions of the full set where it is present.
    static let all = Fixtures.modelGoldens(bundled: "models").flatMap { set in
        (set.name == "bundled" ? [.v2] : [ModelVersion.v1, .v2]).map { SoVITSFixture(version: $0, set: set) }
    }

    var golden: Golden { get throws { try set.stage(version == .v1 ? "s2_v1" : "s2_v2") } }

    /// A stage that another part's copy has in the repository.
    func stage(_ name: String, bundled folder: String) throws -> Golden {
        guard set.name == "bundled" else { return try set.stage(name) }
        return try #require(Fixtures.modelGoldens(bundled: folder).first).stage(name)
    }

    /// A recording; the repository has the main one.
    func recording(_ name: String) -> URL? {
        let root = set.name == "bundled" ? Fixtures.folder.appendingPathComponent("audio") : set.root
        let url = root.appendingPathComponent("fixtures/ref_audio/\(name)")
        return FileManager.default.fileExists(atPath: url.path) ? url : nil
    }

    var checkpoint: SoVITSCheckpoint {
        get throws {
            let name = version == .v1 ? "s2G488k.pth" : "gsv-v2final-pretrained/s2G2333k.pth"
            return try SoVITSCheckpoint(.open(path: set.url("fixtures/pretrained_models/\(name)").path))
        }
    }

    var model: SoVITS { get throws { try SoVITS(checkpoint: checkpoint) } }

    /// Tolerance of a field, by its last part, as the goldens' README states it.
    func tolerance(_ field: String) -> Float {
        if field.hasPrefix("ge_ref.") { return version == .v1 ? 1e-5 : 5e-6 }
        switch field {
        case "audio", "dec": return version == .v1 ? 2e-5 : 1e-5
        case "dec.conv_pre": return 5e-5
        case "enc_p.encoder_ssl", "enc_p.ssl_proj": return 1e-5
        case "enc_p.logs_p": return version == .v1 ? 1e-5 : 5e-6
        case "ge_ref": return version == .v1 ? 1e-5 : 2e-5
        default: return 2e-5
        }
    }
}

extension Golden {
    /// A float32 tensor.
    func tensor(_ name: String) throws -> Tensor { try Tensor(floats(name), shape: shape(name)) }

    /// An integer tensor's elements.
    func ids(_ name: String) throws -> [Int] { try integers(name).map(Int.init) }
}

/// Compares with a golden element by element, and the shape where channels come before time in the golden.
func expect(
    _ tensor: Tensor, matches field: String, of prefix: String, in golden: Golden, _ fixture: SoVITSFixture,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let name = "\(prefix).\(field)"
    let comparable = try tensor.rank == 3 ? tensor.transpose(1, 2) : tensor  // [1, channels, time], as upstream
    #expect(comparable.shape == (try golden.shape(name)), "\(name)", sourceLocation: sourceLocation)
    let difference = largestDifference(try comparable.floats(), try golden.floats(name))
    let tolerance = fixture.tolerance(field)
    #expect(difference <= tolerance, "\(name): \(difference)", sourceLocation: sourceLocation)
}
