import Glibc

/// The published models that some versions need beside a voice's own two files, by the places that GPT-SoVITS gives them.
public struct PretrainedModels: Sendable, Hashable {
    private let paths: [Model: String]

    /// Looks up where each model would lie; no file is opened yet.
    /// - Parameter resolve: from a place in GPT-SoVITS's folder to a path.
    public init(resolve: (_ place: String) -> String) {
        paths = Dictionary(uniqueKeysWithValues: Model.allCases.map { ($0, resolve($0.place)) })
    }

    /// One of the published models.
    public enum Model: Sendable, CaseIterable {
        /// ERes2NetV2, for v2Pro and v2ProPlus.
        case speakerEncoder
        /// BigVGAN, the vocoder of v3: a folder.
        case bigVGAN
        /// The vocoder of v4.
        case v4Vocoder
        /// The base that LoRA files of v3 change.
        case v3Base
        /// The base that LoRA files of v4 change.
        case v4Base
        /// AP-BWE, which widens the band of v3's audio: a folder.
        case bandExtension

        /// Where GPT-SoVITS keeps it, relative to its root.
        var place: String {
            switch self {
            case .speakerEncoder: "GPT_SoVITS/pretrained_models/sv/pretrained_eres2netv2w24s4ep4.ckpt"
            case .bigVGAN: "GPT_SoVITS/pretrained_models/models--nvidia--bigvgan_v2_24khz_100band_256x"
            case .v4Vocoder: "GPT_SoVITS/pretrained_models/gsv-v4-pretrained/vocoder.pth"
            case .v3Base: "GPT_SoVITS/pretrained_models/s2Gv3.pth"
            case .v4Base: "GPT_SoVITS/pretrained_models/gsv-v4-pretrained/s2Gv4.pth"
            case .bandExtension: "tools/AP_BWE_main/24kto48k"
            }
        }

        /// What it is, for messages.
        var name: String {
            switch self {
            case .speakerEncoder: "the speaker embedding model of v2Pro and v2ProPlus"
            case .bigVGAN: "BigVGAN, the vocoder of v3,"
            case .v4Vocoder: "the vocoder of v4"
            case .v3Base: "the base model of v3"
            case .v4Base: "the base model of v4"
            case .bandExtension: "the band extension of super_sampling"
            }
        }
    }

    /// Where a model would lie.
    public func path(_ model: Model) -> String { paths[model] ?? model.place }

    /// Where a model lies; nil where it is not there or cannot be read.
    public func existing(_ model: Model) -> String? {
        let path = path(model)
        return access(path, R_OK) == 0 ? path : nil
    }

    /// Where a model lies that a file cannot do without.
    /// - Throws: `SynthesisError` with code `notFound`, naming the model, who needs it and where it was looked for.
    func required(_ model: Model, by file: String) throws(SynthesisError) -> String {
        guard let path = existing(model) else {
            throw SynthesisError(
                .notFound,
                "\(file) needs \(model.name) which is not at \(path(model)). Copy it there from GPT-SoVITS's pretrained models"
            )
        }
        return path
    }
}
