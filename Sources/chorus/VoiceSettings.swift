import ArgumentParser
import Foundation
import Logging
import Settings
import Synthesis
import Text
import Torch
import Wire

/// Which voice to load and where, from `tts_infer.yaml`, `chorus.yaml` and flags.
struct VoiceFlags: ParsableArguments {
    @Option(
        name: [.customShort("c"), .customLong("tts-config"), .customLong("tts_config")],
        help: ArgumentHelp("tts_infer.yaml of GPT-SoVITS.", valueName: "file"))
    var inferenceFile: String?

    @Option(help: ArgumentHelp("cpu or cuda:N; overrides tts_infer.yaml.", valueName: "device"))
    var device: String?

    @Option(
        help: ArgumentHelp(
            "The model set's name: one under models in chorus.yaml, or a new one for that of -c.", valueName: "name"))
    var model: String?
}

extension SynthesisConfiguration {
    /// The voice that `tts_infer.yaml` names, on the device that flags or the file ask for.
    /// - Throws: `SettingsError` for a file that cannot be used or a device that does not exist.
    init(
        _ flags: VoiceFlags, _ settings: ChorusConfiguration, logger: Logger
    ) throws {
        let inference = try TTSInferConfiguration(
            path: flags.inferenceFile,
            cudaIsAvailable: flags.device.map { $0 != "cpu" } ?? (Library.cudaDeviceCount > 0))
        for warning in inference.warnings { logger.warning("\(warning)") }
        let name = flags.device ?? inference.active.device
        guard let device = Device(name) else {
            throw SettingsError(code: .invalidValue, message: "--device is '\(name)'; it must be cpu or cuda:N")
        }
        if case .cuda(let index) = device, index >= Library.cudaDeviceCount {
            throw SettingsError(
                code: .invalidValue,
                message: "\(name) does not exist: libtorch sees \(Library.cudaDeviceCount) NVIDIA cards here")
        }
        let set = try Self.modelSet(flags, settings)
        let dtype = try Self.dtype(
            set?.precision ?? settings.precision, on: device, isHalf: inference.active.isHalf, logger: logger)
        self.init(
            gptPath: set?.gptWeights ?? inference.resolve(inference.active.t2sWeightsPath),
            sovitsPath: set?.sovitsWeights ?? inference.resolve(inference.active.vitsWeightsPath),
            hubertFolder: inference.resolve(inference.active.cnhubertBasePath),
            robertaFolder: inference.resolve(inference.active.bertBasePath),
            pretrained: PretrainedModels(resolve: inference.resolve),
            textResources: TextResources(
                directory: settings.home + "/text", languageModel: Self.languageModel(settings, inference)),
            device: device, dtype: dtype, threadCount: settings.cpuThreads == 0 ? nil : settings.cpuThreads)
        userDictionary = try settings.userDictionary.map { path throws(TextError) in try UserDictionary(path: path) }
        onTextWarning = { logger.warning("\($0)") }
        g2pwPath = G2PWNetwork.file(at: settings.g2pwPath ?? inference.resolve(Self.defaultG2PWFolder))
        if g2pwPath == nil, let given = settings.g2pwPath {
            logger.warning("g2pw_path: there is no g2pW.onnx at \(given); polyphonic characters are read by phrases")
        }
    }

    /// The set in `chorus.yaml` that was asked for; nil for that of `tts_infer.yaml`.
    private static func modelSet(
        _ flags: VoiceFlags, _ settings: ChorusConfiguration
    ) throws(SettingsError) -> ModelSetSettings? {
        guard let name = flags.model, name != ModelSetDescription.defaultName else { return nil }
        if let set = settings.models[name] { return set }
        guard flags.inferenceFile != nil, ModelSetSettings.isName(name) else {
            throw SettingsError(
                code: .invalidValue,
                message:
                    "--model is '\(name)', which is not under models in chorus.yaml; with -c it would be the name of "
                    + "that file's set, of letters, digits, '-', '_' and '.'")
        }
        return nil
    }

    /// The model that names languages: the one that was set, else the one that GPT-SoVITS keeps beside RoBERTa's folder.
    private static func languageModel(_ settings: ChorusConfiguration, _ inference: TTSInferConfiguration) -> String? {
        if let path = settings.languageModel { return path }
        let folder = URL(fileURLWithPath: inference.resolve(inference.active.bertBasePath)).deletingLastPathComponent()
        let usual = folder.appendingPathComponent("fast_langdetect/lid.176.bin").path
        return FileManager.default.fileExists(atPath: usual) ? usual : nil
    }

    /// Where the Python server has g2pW's network.
    private static let defaultG2PWFolder = "GPT_SoVITS/text/G2PWModel"

    /// The element type of the models: float16 exists on NVIDIA cards only, and `auto` uses it where `tts_infer.yaml` says
    /// `is_half` and the card computes rightly in it.
    /// - Throws: `SettingsError` for float16 on the CPU.
    private static func dtype(
        _ precision: ChorusConfiguration.Precision, on device: Device, isHalf: Bool, logger: Logger
    ) throws -> DType {
        switch (precision, device) {
        case (.float32, _): return .float32
        case (.bfloat16, _): return .bfloat16
        case (.float16, .cuda): return .float16
        case (.float16, .cpu):
            throw SettingsError(
                code: .invalidValue,
                message: "precision is float16, which the CPU does not compute in; take float32, bfloat16 or auto")
        case (.auto, .cpu): return .float32
        case (.auto, .cuda(let index)):
            guard isHalf else { return .float32 }
            let card = NVIDIACard.visible(index)
            if card?.computesInHalf == true { return .float16 }
            logger.warning(
                "is_half is set, but \(card?.name ?? "this card") is not known to compute rightly in it: float32 is used"
            )
            return .float32
        }
    }
}
