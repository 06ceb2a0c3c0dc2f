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

    /// The copy in the repository, and all versions of the full set where it is present.
    static let all = Fixtures.modelGoldens(bundled: "models").flatMap { set in
        (set.name == "bundled" ? [.v2] : [ModelVersion.v1, .v2, .v2Pro, .v2ProPlus]).map {
            SoVITSFixture(version: $0, set: set)
        }
    }

    var golden: Golden { get throws { try set.stage("s2_\(version.rawValue)") } }

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
            let name =
                switch version {
                case .v1: "s2G488k.pth"
                case .v2: "gsv-v2final-pretrained/s2G2333k.pth"
                default: "v2Pro/s2G\(version.rawValue).pth"
                }
            let file = try CheckpointFile.open(path: set.url("fixtures/pretrained_models/\(name)").path)
            // v2Pro files are known by their digest; these ones' is not among the published.
            let known = version.usesSpeakerEmbedding ? [file.headDigest: SoVITSVersion.published(version)] : [:]
            return try SoVITSCheckpoint(file, knownHashes: known)
        }
    }

    /// The style of a reference, counted from 0, of which the golden has what the reference encoder made.
    func style(_ model: SoVITS, of field: String, reference: Int = 0) throws -> Tensor {
        let encoded = try golden.tensor(field).transpose(1, 2)
        guard let conditioning = model.speakerConditioning else { return encoded }
        return try conditioning(encoded, speaker: golden.tensor("in.sv\(reference)"))
    }

    var model: SoVITS { get throws { try SoVITS(checkpoint: checkpoint) } }

    /// Tolerance of a field, by its last part, where the set itself tells none.
    func tolerance(_ field: String) -> Float {
        if field.hasPrefix("ge_ref.") { return version == .v1 ? 1e-5 : 5e-6 }
        switch (field, version) {
        case ("audio", .v2), ("dec", .v2): return 1e-5
        case ("audio", .v2Pro): return 5e-5
        case ("dec.conv_pre", _): return 5e-5
        case ("enc_p.encoder_ssl", _): return 1e-5
        case ("enc_p.ssl_proj", _): return version == .v2Pro ? 2e-5 : 1e-5
        case ("enc_p.mrte", .v2ProPlus): return 5e-5
        case ("enc_p.logs_p", _): return version == .v1 ? 1e-5 : 5e-6
        case ("ge_ref", _): return [.v1: 1e-5, .v2: 2e-5][version] ?? 5e-6
        case ("sv_emb", _), ("prelu", _): return 1e-5
        case ("ge_to512", _): return 5e-6
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
    let tolerance = golden.tolerance(name, otherwise: fixture.tolerance(field))
    #expect(difference <= tolerance, "\(name): \(difference)", sourceLocation: sourceLocation)
}
