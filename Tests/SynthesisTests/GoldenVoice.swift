import Audio
import Checkpoints
import Foundation
import Models
import TestSupport
import Torch

/// The models of a golden set, and recordings encoded by them.
struct GoldenVoice {
    let set: GoldenSet
    let sovits: SoVITS
    let hubert: HuBERT

    init(_ set: GoldenSet) throws {
        self.set = set
        sovits = try SoVITS(
            checkpoint: SoVITSCheckpoint(
                CheckpointFile.open(path: Self.path("pretrained_models/gsv-v2final-pretrained/s2G2333k.pth", in: set))))
        let folder = "pretrained_models/chinese-hubert-base/"
        hubert = try HuBERT(
            HuBERTConfiguration(path: Self.path(folder + "config.json", in: set)),
            weights: WeightScope(
                try CheckpointFile.open(path: Self.path(folder + "pytorch_model.bin", in: set)).tensors(under: nil),
                dtype: .float32, device: .cpu))
    }

    /// A first-stage model by its path under `fixtures`; the base model of v2 for nil.
    func gpt(_ path: String?) throws -> Text2Semantic {
        let base = "pretrained_models/gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt"
        return try Text2Semantic(
            GPTCheckpoint(CheckpointFile.open(path: Self.path(path ?? base, in: set))))
    }

    /// Semantic tokens of a recording.
    func tokens(_ name: String) throws -> [Int] {
        let audio = try ReferenceAudio(path: Self.path("ref_audio/" + name, in: set), rate: sovits.samplingRate)
        return try sovits.semanticTokens(ssl: try hubert.encode(audio.semanticInput).transpose(1, 2))
    }

    /// Style embedding of a recording.
    func style(_ name: String) throws -> Tensor {
        let audio = try ReferenceAudio(
            path: Self.path("ref_audio/" + name, in: set), role: .auxiliary, rate: sovits.samplingRate)
        let spectrogram = try Spectrogram(
            filterLength: sovits.filterLength, hopLength: sovits.hopLength, windowLength: sovits.windowLength)
        return try sovits.styleEmbedding(of: try spectrogram.compute(audio.spectrogramInput))
    }

    /// A fixture of the set. The small copies lie in one folder per target, so those of the others are looked through too.
    static func path(_ relative: String, in set: GoldenSet) throws -> String {
        let own = set.url("fixtures/" + relative)
        if FileManager.default.fileExists(atPath: own.path) { return own.path }
        let folders = ["models", "models/hubert", "models/t2s", "models/sovits", "audio", "synthesis"]
        for folder in folders {
            let url = Fixtures.folder.appendingPathComponent(folder + "/fixtures/" + relative)
            if FileManager.default.fileExists(atPath: url.path) { return url.path }
        }
        throw GoldenError("there is no fixture \(relative)")
    }
}
