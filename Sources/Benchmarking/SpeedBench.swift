import Checkpoints
import Foundation
import Models
import Torch

/// Runs the measurements on a device thread, as a worker runs its models.
actor SpeedBench {
    private let thread: DeviceThread
    let files: RandomCheckpoints
    let options: SpeedOptions
    private let onProgress: @Sendable (String) -> Void
    private let loadBefore = ProcessFacts.load

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(files: RandomCheckpoints, options: SpeedOptions, onProgress: @escaping @Sendable (String) -> Void) {
        self.files = files
        self.options = options
        self.onProgress = onProgress
        let threads = options.threadCount
        thread = DeviceThread(name: "chorus bench") {
            // Per thread in libtorch. The table states the count that came of it.
            if let threads { try? Library.setThreadCount(threads) }
        }
    }

    deinit {
        thread.close()
    }

    /// Where the measurements are made.
    var machine: SpeedTable.Machine {
        SpeedTable.Machine(
            device: options.device.description, dtype: options.dtype.rawValue, threadCount: Library.threadCount,
            processorCount: ProcessFacts.processorCount, processor: ProcessFacts.processor, libtorch: Library.version,
            loadBefore: loadBefore,
            peakResidentBytes: ProcessFacts.peakResidentBytes)
    }

    /// Measures one model; writes its checkpoint first where there is none.
    func measure(_ part: BenchmarkPart) throws -> [SpeedTable.Row] {
        switch part {
        case .gpt: try measureGPT()
        case .sovits: try measureSoVITS(.v2, part)
        case .sovitsV1: try measureSoVITS(.v1, part)
        case .sovitsV2Pro: try measureSoVITS(.v2Pro, part)
        case .sovitsV2ProPlus: try measureSoVITS(.v2ProPlus, part)
        case .speaker: try measureSpeaker()
        case .bigVGAN: try measureBigVGAN()
        case .v4Vocoder: try measureV4Vocoder()
        case .bandExtension: try measureBandExtension()
        case .flow: try measureFlow()
        case .hubert: try measureHuBERT()
        case .roberta: try measureRoBERTa()
        }
    }

    // MARK: The models

    private func measureGPT() throws -> [SpeedTable.Row] {
        try provide(.gpt, files.gptPath)
        let (model, load) = try loading(.loadGPT) {
            try Text2Semantic(
                GPTCheckpoint(CheckpointFile.open(path: files.gptPath)), dtype: options.dtype, device: options.device)
        }
        var random = SplitMix64(state: 2)
        func ids(_ count: Int, below limit: Int) -> [Int] {
            (0..<count).map { _ in .random(in: 0..<limit, using: &random) }
        }
        let sizes = model.configuration

        let text = Text2SemanticInput(phonemes: ids(105, below: sizes.phonemeVocabularySize))
        let prompt = ids(75, below: sizes.endOfSpeech)
        let prefill = try row(.prefill) {
            let cache = try model.makeCache()
            return try seconds {
                let logits = try model.prefill([text], prompts: [prompt], cache: cache).logits
                try Self.requireFinite(logits, "prefill")
            } * 1000
        }
        let decodes = try Measure.decodeBatches.map { batch in
            // 100 positions before the first step and 300 after the last: about 200 in the middle.
            let texts = (0..<batch.rows).map { _ in
                Text2SemanticInput(phonemes: ids(60, below: sizes.phonemeVocabularySize))
            }
            let prompt = ids(40, below: sizes.endOfSpeech)
            return try row(
                .decode(rows: batch.rows, reference: batch.reference),
                warmUp: { _ = try decodeRate(model, texts, prompt: prompt, steps: 8) },
                run: { try decodeRate(model, texts, prompt: prompt, steps: 200) })
        }
        return [load, prefill] + decodes
    }

    private func measureHuBERT() throws -> [SpeedTable.Row] {
        try provide(.hubert, files.hubertFolder + "/pytorch_model.bin")
        let model = try HuBERT(
            HuBERTConfiguration(path: files.hubertFolder + "/config.json"), weights: weights(files.hubertFolder))
        let samples = try Generator(seed: 4).normal([80_000]).floats().map { $0 * 0.1 }
        return [
            try row(.hubert) {
                try seconds { try Self.requireFinite(model.encode(samples), "HuBERT") } * 1000
            }
        ]
    }

    private func measureRoBERTa() throws -> [SpeedTable.Row] {
        try provide(.roberta, files.robertaFolder + "/pytorch_model.bin")
        let model = try RoBERTa(
            RoBERTaConfiguration(path: files.robertaFolder + "/config.json"), weights: weights(files.robertaFolder))
        var random = SplitMix64(state: 5)
        let tokens = (0..<128).map { _ in Int.random(in: 0..<model.configuration.vocabularySize, using: &random) }
        let repeats = Array(repeating: 2, count: 126)
        return [
            try row(.roberta) {
                try seconds {
                    try Self.requireFinite(model.features(tokenIDs: tokens, phonesPerCharacter: repeats), "RoBERTa")
                } * 1000
            }
        ]
    }

    // MARK: Measuring

    /// Decoder steps × rows a second, sampling included, the reading of the texts not.
    private func decodeRate(
        _ model: Text2Semantic, _ texts: [Text2SemanticInput], prompt: [Int], steps: Int
    ) throws -> Double {
        let session = try DecodeSession(
            model.configuration, inputs: texts, prompt: prompt, options: SamplingOptions(), order: .sideBySide,
            generator: Generator(seed: 1, device: options.device), earlyStop: .max)
        let batch = try DecodeBatch(model)
        batch.join(session)
        func step() throws {
            if let failure = try batch.step().first { throw failure.error }
            guard batch.rowCount == texts.count else {
                throw BenchmarkingError(
                    .implausible,
                    "\(files.gptPath): speech ended by itself; the file was not written by this version: remove it")
            }
        }
        try step()  // reads the texts
        let time = try seconds { for _ in 0..<steps { try step() } }
        try batch.leave(session)
        return Double(steps * texts.count) / time
    }

    /// Loads a model several times, one at a time in memory, and keeps the last.
    func loading<Model>(_ measure: Measure, _ load: () throws -> Model) throws -> (Model, SpeedTable.Row) {
        var model: Model?
        let row = try row(
            measure, warmUp: { model = try load() },
            run: {
                model = nil
                return try seconds { model = try load() }
            })
        guard let model else { throw BenchmarkingError(.implausible, "\(measure.name) made no model") }
        return (model, row)
    }

    func row(_ measure: Measure, _ run: () throws -> Double) throws -> SpeedTable.Row {
        try row(measure, warmUp: { _ = try run() }, run: run)
    }

    func row(
        _ measure: Measure, warmUp: () throws -> Void, run: () throws -> Double
    ) throws -> SpeedTable.Row {
        onProgress(measure.name)
        try warmUp()
        let start = ContinuousClock.now
        var values: [Double] = []
        while values.count < options.runs, values.count < 2 || ContinuousClock.now - start < options.timePerQuantity {
            try Task.checkCancellation()
            values.append(try run())
            onProgress("\(measure.name): run \(values.count) of \(options.runs)")
        }
        return measure.row(
            values, isComparable: options.device == .cpu, residentBytes: ProcessFacts.residentBytes,
            peakResidentBytes: ProcessFacts.peakResidentBytes)
    }

    func seconds(_ body: () throws -> Void) rethrows -> Double {
        let time = try ContinuousClock().measure(body)
        return time / .seconds(1)
    }

    // MARK: Files and checks

    /// Sees to it that a part's checkpoint exists, its last file standing for all.
    func provide(_ part: BenchmarkPart, _ path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        onProgress("writing random weights: \(part.rawValue)")
        _ = try RandomCheckpoints.write(to: files.folder, parts: [part])
    }

    private func weights(_ folder: String) throws -> WeightScope {
        WeightScope(
            try CheckpointFile.open(path: folder + "/pytorch_model.bin").tensors(under: nil), dtype: options.dtype,
            device: options.device)
    }

    /// Reads a result back, which also waits for the device.
    static func requireFinite(_ tensor: Tensor, _ what: String) throws {
        guard try tensor.isFinite().all().item() != 0 else {
            throw BenchmarkingError(
                .implausible, "\(what) gave a result that is not a number; the device cannot run it in this precision")
        }
    }
}
