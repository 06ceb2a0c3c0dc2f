import Audio
import Checkpoints
import Foundation
import Models
import TestSupport
import Text
import Torch

@testable import Synthesis

/// The models of a golden set, loaded as the server loads them, and recordings encoded by them.
struct GoldenVoice {
    let set: GoldenSet
    let loader: ModelLoader
    let encoders: SharedEncoders
    let configuration: SynthesisConfiguration

    init(_ set: GoldenSet) throws {
        self.set = set
        let hubert = try Self.path("pretrained_models/chinese-hubert-base/config.json", in: set)
        let folder = URL(fileURLWithPath: hubert).deletingLastPathComponent().path
        var configuration = SynthesisConfiguration(
            gptPath: "", sovitsPath: "", hubertFolder: folder, robertaFolder: folder,
            pretrained: PretrainedModels { place in
                let relative = place.replacingOccurrences(of: "GPT_SoVITS/", with: "")
                    .replacingOccurrences(of: "tools/AP_BWE_main", with: "apbwe")
                return (try? Self.path(relative, in: set)) ?? "/nonexistent/" + relative
            }, textResources: TextResources(directory: "/nonexistent"))
        configuration.knownHashes = try Self.knownHashes(set)
        self.configuration = configuration
        loader = ModelLoader(configuration: configuration)
        encoders = try SharedEncoders(
            hubertFolder: folder, robertaFolder: folder, device: .cpu, dtype: .float32)
    }

    /// A first-stage model by its path under `fixtures`; the version's base model for nil.
    func gpt(_ path: String?, _ version: ModelVersion) throws -> SharedDecoder {
        let base =
            switch version {
            case .v1: "pretrained_models/s1bert25hz-2kh-longer-epoch=68e-step=50232.ckpt"
            case .v2: "pretrained_models/gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt"
            case .v2Pro, .v2ProPlus, .v3, .v4: "pretrained_models/s1v3.ckpt"
            }
        return try SharedDecoder(
            Text2Semantic(GPTCheckpoint(CheckpointFile.open(path: Self.path(path ?? base, in: set)))))
    }

    /// The path of a second-stage model by its path under `fixtures`; the version's base model for nil.
    func sovitsPath(_ path: String?, _ version: ModelVersion) throws -> String {
        let base =
            switch version {
            case .v1: "pretrained_models/s2G488k.pth"
            case .v2: "pretrained_models/gsv-v2final-pretrained/s2G2333k.pth"
            case .v2Pro: "pretrained_models/v2Pro/s2Gv2Pro.pth"
            case .v2ProPlus: "pretrained_models/v2Pro/s2Gv2ProPlus.pth"
            case .v3: "pretrained_models/s2Gv3.pth"
            case .v4: "pretrained_models/gsv-v4-pretrained/s2Gv4.pth"
            }
        return try Self.path(path ?? base, in: set)
    }

    /// A recording, encoded for a second stage.
    func reference(_ name: String, isMain: Bool, for stage: SecondStage) throws -> EncodedReference {
        let audio = try ReferenceAudio(
            path: Self.path("ref_audio/" + name, in: set), role: isMain ? .main : .auxiliary,
            rate: stage.referenceRate)
        return try stage.encode(audio, hubert: encoders.hubert, device: .cpu)
    }

    /// The table that stands for that of the published files; entries are [symbols, version, is LoRA].
    private static func knownHashes(_ set: GoldenSet) throws -> [String: SoVITSVersion] {
        guard let path = try? path("known_hashes.json", in: set) else { return SoVITSVersion.publishedHashes }
        let table = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
        return try ((table as? [String: [Any]]) ?? [:]).mapValues { entry in
            guard entry.count == 3, let symbols = (entry[0] as? String).flatMap(Checkpoints.SymbolVersion.init),
                let model = (entry[1] as? String).flatMap(ModelVersion.init), let isLoRA = entry[2] as? Bool
            else { throw GoldenError("known_hashes.json has the entry \(entry)") }
            return SoVITSVersion(symbols: symbols, model: model, isLoRA: isLoRA, evidence: .publishedHash)
        }
    }

    /// A fixture of the set. The small copies lie in one folder per target, so those of the others are looked through too.
    static func path(_ relative: String, in set: GoldenSet) throws -> String {
        let own = set.url("fixtures/" + relative)
        if FileManager.default.fileExists(atPath: own.path) { return own.path }
        let models = Fixtures.folder.appendingPathComponent("models")
        let folders = try FileManager.default.contentsOfDirectory(atPath: models.path).map { "models/" + $0 }
        for folder in ["models", "audio", "synthesis"] + folders.sorted() {
            let url = Fixtures.folder.appendingPathComponent(folder + "/fixtures/" + relative)
            if FileManager.default.fileExists(atPath: url.path) { return url.path }
        }
        throw GoldenError("there is no fixture \(relative)")
    }
}
