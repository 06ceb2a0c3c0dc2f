import Checkpoints
import Models
import Torch

/// Reads model files on a thread of its own, so that a loaded set goes on speaking while the next one is read.
actor ModelLoader {
    private let thread: DeviceThread
    private let configuration: SynthesisConfiguration
    // Kept for the next model that needs it; used on the device's thread only.
    private var loadedSpeakerEncoder: ERes2NetV2?

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
        let (device, dtype) = (configuration.device, configuration.dtype)
        let model = try SoVITS(checkpoint: checkpoint, device: device, dtype: dtype)
        let speaker = checkpoint.version.model.usesSpeakerEmbedding ? try speakerEncoder(for: path) : nil
        return ModelSet.Loaded(.direct(model, speaker: speaker), path: path)
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
