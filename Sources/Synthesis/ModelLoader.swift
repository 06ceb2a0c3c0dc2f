import Checkpoints
import Models
import Torch

/// Reads model files on a thread of its own, so that a loaded set goes on speaking while the next one is read.
actor ModelLoader {
    private let thread: DeviceThread
    private let configuration: SynthesisConfiguration
    // Kept for the next model that needs it; used on the device's thread only.
    private var loadedSpeakerEncoder: ERes2NetV2?
    private var loadedVocoders: [ModelVersion: any Vocoder] = [:]
    private var loadedBandExtension: BandExtension?

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(configuration: SynthesisConfiguration) {
        self.configuration = configuration
        thread = DeviceThread(name: "chorus loader") {
            // Reading is copying: a second thread would only get into the way of a set that speaks meanwhile.
            try? Library.setThreadCount(1)
        }
    }

    deinit {
        thread.close()
    }

    /// Tensors on their way from the loader's thread to the device's.
    ///
    /// `@unchecked Sendable`: the sender keeps no reference after handing over, so at any time one thread holds the content.
    struct Handover<Content>: @unchecked Sendable {
        let content: Content
    }

    /// Loads everything of the configuration.
    func loadAll() throws -> Handover<ModelSet> {
        try Library.prepare()
        let encoders = try SharedEncoders(
            hubertFolder: configuration.hubertFolder, robertaFolder: configuration.robertaFolder,
            device: configuration.device,
            dtype: configuration.dtype)
        let gpt = try gpt(configuration.gptPath)
        let sovits = try sovits(configuration.sovitsPath)
        return Handover(content: ModelSet(gpt: gpt, sovits: sovits, encoders: encoders))
    }

    /// Loads a GPT checkpoint.
    func loadGPT(_ path: String) throws -> Handover<ModelSet.Loaded<SharedDecoder>> { Handover(content: try gpt(path)) }

    /// Loads a SoVITS checkpoint.
    func loadSoVITS(_ path: String) throws -> Handover<ModelSet.Loaded<SecondStage>> {
        Handover(content: try sovits(path))
    }

    private func gpt(_ path: String) throws -> ModelSet.Loaded<SharedDecoder> {
        let checkpoint = try GPTCheckpoint(try CheckpointFile.open(path: path))
        try checkpoint.requireFiniteWeights()
        return ModelSet.Loaded(
            try SharedDecoder(
                try Text2Semantic(checkpoint, dtype: configuration.dtype, device: configuration.device)), path: path)
    }

    private func sovits(_ path: String) throws -> ModelSet.Loaded<SecondStage> {
        let checkpoint = try SoVITSCheckpoint(
            try CheckpointFile.open(path: path), knownHashes: configuration.knownHashes)
        try checkpoint.requireFiniteWeights()
        let stage =
            checkpoint.version.model.usesFlowMatching
            ? try flow(checkpoint, path: path)
            : try direct(checkpoint, path: path)
        return ModelSet.Loaded(stage, path: path)
    }

    private func direct(_ checkpoint: SoVITSCheckpoint, path: String) throws -> SecondStage {
        let model = try SoVITS(checkpoint: checkpoint, device: configuration.device, dtype: configuration.dtype)
        return .direct(
            model, speaker: checkpoint.version.model.usesSpeakerEmbedding ? try speakerEncoder(for: path) : nil)
    }

    private func flow(_ checkpoint: SoVITSCheckpoint, path: String) throws -> SecondStage {
        let (version, device, dtype) = (checkpoint.version.model, configuration.device, configuration.dtype)
        var base: SoVITSCheckpoint?
        if checkpoint.version.isLoRA {
            let file = try configuration.pretrained.required(version == .v3 ? .v3Base : .v4Base, by: path)
            let whole = try SoVITSCheckpoint(
                try CheckpointFile.open(path: file), knownHashes: configuration.knownHashes)
            try whole.requireFiniteWeights()
            base = whole
        }
        let model = try FlowSoVITS(checkpoint: checkpoint, base: base, device: device, dtype: dtype)
        let speaker = try FlowSpeaker(model: model, vocoder: try vocoder(for: version, path: path))
        return .flow(speaker, bandExtension: version == .v3 ? try bandExtension() : nil)
    }

    /// The vocoder of a version, read once and shared by all models that need it.
    private func vocoder(for version: ModelVersion, path: String) throws -> any Vocoder {
        if let loaded = loadedVocoders[version] { return loaded }
        let (device, dtype) = (configuration.device, configuration.dtype)
        let vocoder: any Vocoder =
            version == .v3
            ? try BigVGAN(
                folder: try configuration.pretrained.required(.bigVGAN, by: path), device: device, dtype: dtype)
            : try HiFiGANVocoder(
                path: try configuration.pretrained.required(.v4Vocoder, by: path), device: device, dtype: dtype)
        loadedVocoders[version] = vocoder
        return vocoder
    }

    /// What widens the band, where its files are there: without them `super_sampling` changes nothing, as upstream.
    private func bandExtension() throws -> BandExtension? {
        if let loadedBandExtension { return loadedBandExtension }
        guard let folder = configuration.pretrained.existing(.bandExtension) else { return nil }
        loadedBandExtension = try BandExtension(
            folder: folder, device: configuration.device, dtype: configuration.dtype)
        return loadedBandExtension
    }

    /// The speaker encoder, read once and shared by all models that need it.
    private func speakerEncoder(for path: String) throws -> ERes2NetV2 {
        if let loadedSpeakerEncoder { return loadedSpeakerEncoder }
        let file = try configuration.pretrained.required(.speakerEncoder, by: path)
        let encoder = try ERes2NetV2(path: file, device: configuration.device, dtype: configuration.dtype)
        loadedSpeakerEncoder = encoder
        return encoder
    }
}
