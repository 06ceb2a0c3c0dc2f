import Audio
import Models
import Text
import Torch
import Wire

/// Speaks requests with one model set on one device: text and recordings are prepared on ordinary threads, everything
/// that touches a tensor runs on the device's thread.
public final class Synthesizer: Sendable {
    let configuration: SynthesisConfiguration
    let frontEnd: TextFrontEnd
    private let loader: ModelLoader
    let speech: SpeechDevice
    private let thread: DeviceThread

    /// Loads the configured models.
    /// - Throws: `SynthesisError`; `badCheckpoint` names the file and what is wrong with it.
    public init(_ configuration: SynthesisConfiguration) async throws {
        self.configuration = configuration
        let polyphones = try configuration.g2pwPath.map { path in
            try G2PWNetwork(
                path: path, lists: try Self.polyphoneLists(configuration.textResources),
                threadCount: configuration.threadCount)
        }
        frontEnd = TextFrontEnd(
            resources: configuration.textResources, dictionary: configuration.userDictionary, polyphones: polyphones)
        try await translatingErrors { [frontEnd] in try frontEnd.checkDictionary() }
        let loader = ModelLoader(configuration: configuration)
        self.loader = loader
        let models = try await translatingErrors { try await loader.loadAll() }
        let threads = configuration.threadCount
        thread = DeviceThread(name: "chorus \(configuration.device)") {
            // Per thread in libtorch. A count that it refuses leaves its own choice, which is only slower.
            if let threads { try? Library.setThreadCount(threads) }
        }
        speech = SpeechDevice(models: models, configuration: configuration, thread: thread)
    }

    /// The front-end's lists; nil where the data for Chinese are not set up, which is said when Chinese is first spoken.
    private static func polyphoneLists(_ resources: TextResources) throws -> PolyphoneLists? {
        do {
            return try PolyphoneLists(resources: resources)
        } catch let error where error.code == .resourceMissing {
            return nil
        } catch {
            throw SynthesisError(translating: error)
        }
    }

    /// Whether polyphonic Chinese characters are read by g2pW's network.
    public var hasG2PW: Bool { configuration.g2pwPath != nil }

    /// The device's progress, for heartbeats.
    public var progress: DeviceThread.Progress { thread.progress }

    /// The routable model set.
    public var modelSet: ModelSetInfo {
        get async { await speech.info }
    }

    /// Speaks a request, handing audio out as it is made.
    ///
    /// While `deliver` waits, the device works for other requests.
    /// - Parameters:
    ///   - request: as the HTTP API takes it; paths are used as they are.
    ///   - onStep: called on the device's thread between decoder steps and vocoder blocks; throws to cancel.
    ///   - begin: called once, before the first samples.
    ///   - deliver: takes the samples, one call at a time: several in the streaming modes, otherwise one.
    /// - Returns: seconds of audio.
    /// - Throws: `SynthesisError`; what `begin` and `deliver` throw.
    public func speak(
        _ request: SpeechRequest, onStep: @escaping @Sendable () throws -> Void = {},
        begin: @Sendable (SpokenHead) async throws -> Void,
        deliver: @Sendable ([Int16]) async throws -> Void
    ) async throws -> Double {
        try await leasing { lease in
            guard let job = try await translatingErrors({ try await self.job(request, lease, onStep) }) else {
                try await begin(SpokenHead(sampleRate: SpokenAudio.nothing.sampleRate, delivery: .whole))
                try await deliver(SpokenAudio.nothing.samples)
                return SpokenAudio.nothing.duration
            }
            return try await run(job, lease, begin: begin, deliver: deliver)
        }
    }

    /// Speaks a request and returns all of it at once.
    /// - Throws: `SynthesisError`.
    public func speak(_ request: SpeechRequest, onStep: @escaping @Sendable () throws -> Void = {}) async throws
        -> SpokenAudio
    {
        try await translatingErrors { [self] in
            try await leasing { lease in
                guard let job = try await job(request, lease, onStep) else { return .nothing }
                return try await collect(job, lease)
            }
        }
    }

    /// Encodes a recording, so that the first request with it starts sooner.
    /// - Throws: `SynthesisError`.
    public func cacheReference(path: String) async throws {
        try await translatingErrors { [self] in
            try await leasing { lease in
                let recording = try await recording(path, isMain: true, lease)
                try await speech.encode(recording, lease)
            }
        }
    }

    /// Speaks a known phrase with the routable set and measures the speed.
    /// - Returns: seconds of audio per second of work.
    /// - Throws: `SynthesisError` with code `internal` for NaN or silence.
    public func warmUp() async throws -> Double {
        try await translatingErrors { [self] in
            try await leasing { lease in try await selfTest(lease) }
        }
    }

    // MARK: Switching weights

    /// Loads a new set beside the routable one and tries it out. What is nil stays as it is.
    /// - Throws: `SynthesisError`; the routable set goes on serving.
    public func prepare(gptPath: String?, sovitsPath: String?, epoch: UInt64) async throws -> ModelSetInfo {
        try await translatingErrors { [self] in
            let gpt = try await optional(gptPath) { try await loader.loadGPT($0) }
            let sovits = try await optional(sovitsPath) { try await loader.loadSoVITS($0) }
            let info = await speech.keep(gpt: gpt, sovits: sovits, epoch: epoch)
            do {
                let lease = try await speech.leasePrepared(epoch: epoch)
                _ = try await ending(lease) { try await selfTest(lease) }
            } catch {
                await speech.abort(epoch: epoch)
                throw error
            }
            return info
        }
    }

    /// Makes the set that was prepared for this epoch the routable one. Requests that began before go on with the old one.
    /// - Throws: `SynthesisError` with code `internal` where none is prepared for it.
    public func commit(epoch: UInt64) async throws -> ModelSetInfo { try await speech.commit(epoch: epoch) }

    /// Forgets the set that was prepared for this epoch.
    public func abort(epoch: UInt64) async { await speech.abort(epoch: epoch) }

    // MARK: Parts

    /// A request as the device takes it; nil where there is nothing to speak.
    func job(
        _ request: SpeechRequest, _ lease: SpeechDevice.Lease, _ onStep: @escaping @Sendable () throws -> Void
    ) async throws -> SpeechDevice.Job? {
        let options = try SpeechOptions(request)
        guard let cut = CutMethod(rawValue: request.textSplitMethod) else {
            throw SynthesisError(.badRequest, "text_split_method:\(request.textSplitMethod) is not supported")
        }
        let symbols = lease.info.symbolVersion
        let mode = try mode(request.textLang, "text_lang", lease.info)
        if lease.info.version.usesFlowMatching, request.promptText.isEmpty {
            throw SynthesisError(
                .badRequest, "prompt_text cannot be empty when using SoVITS \(lease.info.version.rawValue)")
        }
        // The prompt's language counts only where there is a prompt, as upstream.
        let prompt =
            request.promptText.isEmpty
            ? nil
            : try frontEnd.promptPiece(
                of: request.promptText, mode: try self.mode(request.promptLang, "prompt_lang", lease.info),
                version: symbols)
        let pieces = try frontEnd.preprocess(request.text, mode: mode, cut: cut, version: symbols)
        for warning in (prompt?.warnings ?? []) + pieces.flatMap(\.warnings) {
            configuration.onTextWarning(warning)
        }
        var recordings = [try await recording(request.refAudioPath, isMain: true, lease)]
        for path in request.auxRefAudioPaths where !path.isEmpty {
            recordings.append(try await recording(path, isMain: false, lease))
        }
        guard !pieces.isEmpty else { return nil }
        let seed = request.seed == -1 ? UInt64(UInt32.random(in: .min ... .max)) : UInt64(bitPattern: request.seed)
        return SpeechDevice.Job(
            pieces: pieces, prompt: prompt, recordings: recordings, options: options, seed: seed, onStep: onStep)
    }

    private func mode(_ code: String, _ field: String, _ info: ModelSetInfo) throws -> LanguageMode {
        guard let mode = LanguageMode(rawValue: code.lowercased()),
            LanguageMode.accepted(by: info.symbolVersion).contains(mode)
        else {
            throw SynthesisError(.badRequest, "\(field): \(code) is not supported in version \(info.version.rawValue)")
        }
        return mode
    }

    /// Reads a recording and, unless the device knows its content already, decodes and resamples it here, off the device's
    /// thread.
    private func recording(_ path: String, isMain: Bool, _ lease: SpeechDevice.Lease) async throws
        -> SpeechDevice.Recording
    {
        let role: ReferenceAudio.Role = isMain ? .main : .auxiliary
        let bytes = try FileBytes.read(path: path, maximumBytes: ReferenceAudio.limits.maximumBytes)
        let content = ContentHash(of: bytes)
        let rate = lease.referenceRate
        let prepare = { @Sendable in
            try ReferenceAudio(bytes: bytes, name: path, role: role, rate: rate, contentHash: content)
        }
        if await speech.isEncoded(content, isMain: isMain, lease) {
            // Called only where the cache forgets it between the question and its use.
            return SpeechDevice.Recording(content: content, isMain: isMain, prepare: prepare)
        }
        let prepared = try prepare()
        return SpeechDevice.Recording(content: content, isMain: isMain) { prepared }
    }

    /// Speaks a job, handing its samples on as they come. What `begin` and `deliver` throw is passed on as it is.
    /// - Returns: seconds of audio.
    private func run(
        _ job: SpeechDevice.Job, _ lease: SpeechDevice.Lease,
        begin: (SpokenHead) async throws -> Void, deliver: ([Int16]) async throws -> Void
    ) async throws -> Double {
        let head = try await translatingErrors { try await speech.begin(job, lease) }
        try await begin(head)
        var count = 0
        while true {
            switch try await translatingErrors({ try await speech.advance(lease) }) {
            case .working: continue
            case .audio(let samples):
                count += samples.count
                try await deliver(samples)
            case .finished: return Double(count) / Double(max(1, head.sampleRate))
            }
        }
    }

    /// Speaks a job and returns all of it at once.
    func collect(_ job: SpeechDevice.Job, _ lease: SpeechDevice.Lease) async throws -> SpokenAudio {
        var sampleRate = 0
        var samples: [Int16] = []
        _ = try await run(job, lease, begin: { sampleRate = $0.sampleRate }, deliver: { samples += $0 })
        return SpokenAudio(samples: samples, sampleRate: sampleRate)
    }

    /// Does something with the routable set, which is kept until then.
    func leasing<Result: Sendable>(_ body: (SpeechDevice.Lease) async throws -> Result) async throws -> Result {
        let lease = await speech.lease()
        return try await ending(lease) { try await body(lease) }
    }

    private func ending<Result: Sendable>(
        _ lease: SpeechDevice.Lease, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await body()
            await speech.end(lease)
            return result
        } catch {
            await speech.end(lease)
            throw error
        }
    }
}

/// Applies an asynchronous function to what is there.
private func optional<Value, Result>(_ value: Value?, _ body: (Value) async throws -> Result) async throws -> Result? {
    guard let value else { return nil }
    return try await body(value)
}
