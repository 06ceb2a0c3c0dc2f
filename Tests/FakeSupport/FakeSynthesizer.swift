import Wire
import Worker

/// A synthesizer without a model: does as its plan says, and remembers what it was asked.
public final class FakeSynthesizer: Synthesizing {
    /// What happened so far.
    public struct Record: Sendable {
        /// Requests in the order in which they began.
        public var requests: [SpeechRequest] = []
        /// Requests that are running.
        public var active = 0
        /// The most requests that ran at once.
        public var mostActive = 0
        /// Ids of the requests that saw their cancellation.
        public var cancelled: [UInt64] = []
        /// Bytes that were taken from it.
        public var bytesTaken = 0
        /// Chunks of sound that were made and handed on.
        public var chunksMade = 0
        /// References that were to be kept.
        public var references: [String] = []
        /// Epochs that were to be prepared.
        public var prepared: [UInt64] = []
        /// Epochs that were committed.
        public var committed: [UInt64] = []
        /// Epochs that were aborted.
        public var aborted: [UInt64] = []
        /// The steps of the device thread.
        public var steps: UInt64 = 0
        var isReleased = false
        var isWarm = true
        var epoch: UInt64 = 0
        var staged: (epoch: UInt64, set: ModelSetDescription)?
        var set: ModelSetDescription
    }

    /// What a test may set at any time.
    public struct Controls: Sendable {
        /// What is done with each request.
        public var plan: @Sendable (SpeechRequest) -> FakePlan = { _ in FakePlan() }
        /// Why preparing fails, where it is to fail.
        public var prepareFailure: SynthesisFailure?
        /// Why committing fails, where it is to fail.
        public var commitFailure: SynthesisFailure?
        /// Why the self-test fails, where it is to fail.
        public var warmUpFailure: SynthesisFailure?
        /// Why a reference is refused, where it is to be refused.
        public var referenceFailure: SynthesisFailure?
        /// Whether the device thread stands still.
        public var hangs = false
    }

    /// What happened, to be waited on.
    public let record: Observed<Record>
    /// What is to be done, to be changed.
    public let controls = Observed(Controls())
    /// The device that it claims to be.
    public let device: DeviceDescription
    /// The number format that it claims to use.
    public let precision = "float32"
    /// The name of its model set; whoever runs it as a worker tells it to the router.
    public let model: String
    /// What it claims that its host can encode.
    public let encoders: EncoderList
    private let rate: Double

    /// Creates a synthesizer.
    ///
    /// - Parameters:
    ///   - rate: what the self-test measures, in seconds of audio per second.
    ///   - isWarm: whether the self-test ends at once; otherwise it waits for ``finishWarmUp()``.
    ///   - model: the name of its model set.
    ///   - encoders: what it claims that its host can encode; all that there is.
    public init(
        device: DeviceDescription = DeviceDescription(kind: .cpu, name: "fake"), rate: Double = 10,
        isWarm: Bool = true, model: String = ModelSetDescription.defaultName,
        encoders: EncoderList = EncoderList(mediaTypes: SpeechRequest.mediaTypes)
    ) {
        self.device = device
        self.model = model
        self.encoders = encoders
        self.rate = rate
        let set = ModelSetDescription(
            gptPath: "base.ckpt", sovitsPath: "base.pth", version: "v2", languages: ["en"])
        var record = Record(set: set)
        record.isWarm = isWarm
        self.record = Observed(record)
    }

    /// Lets the requests go on that wait for it, and all that come.
    public func release() {
        record.update { $0.isReleased = true }
    }

    /// Lets the self-test end.
    public func finishWarmUp() {
        record.update { $0.isWarm = true }
    }

    /// How the device thread claims to be doing.
    public var progress: DeviceProgress {
        let hangs = controls.value.hangs
        return record.update { record in
            if !hangs { record.steps += 1 }
            return DeviceProgress(
                steps: record.steps, busy: record.active > 0, lastStepAge: hangs ? .seconds(60) : .zero)
        }
    }

    /// What is serving.
    public func modelSet() async -> ModelSetDescription { record.value.set }

    /// The self-test.
    public func warmUp() async throws -> Double {
        try await record.wait { $0.isWarm }
        if let failure = controls.value.warmUpFailure { throw failure }
        return rate
    }

    /// Does what the plan says.
    public func synthesize(
        _ request: SpeechRequest, context: SynthesisContext,
        deliver: @escaping @Sendable (SynthesisOutput) async throws -> Void
    ) async throws -> SynthesisSummary {
        let plan = controls.value.plan(request)
        let epoch = record.update { record in
            record.requests.append(request)
            record.active += 1
            record.mostActive = max(record.mostActive, record.active)
            return record.epoch
        }
        defer { record.update { $0.active -= 1 } }
        do {
            try await run(plan, request, context: context, epoch: epoch, deliver: deliver)
        } catch {
            if context.cancellation.isCancelled { record.update { $0.cancelled.append(context.requestID) } }
            throw error
        }
        return SynthesisSummary(audioSeconds: plan.audioSeconds)
    }

    private func run(
        _ plan: FakePlan, _ request: SpeechRequest, context: SynthesisContext, epoch: UInt64,
        deliver: @escaping @Sendable (SynthesisOutput) async throws -> Void
    ) async throws {
        if plan.waitsForRelease {
            let record = record
            if plan.ignoresCancellation {
                _ = try await Task.detached { try await record.wait { $0.isReleased } }.value
            } else {
                try await record.wait { $0.isReleased }
            }
        }
        if let voice = plan.voice {
            return try await speak(voice, plan, request, context: context, deliver: deliver)
        }
        let length = plan.announcesLength ? plan.pieces.reduce(0, +) + plan.lengthError : nil
        try await deliver(
            .head(
                StreamHead(contentType: "audio/\(request.mediaType)", sampleRate: 32_000, contentLength: length)))
        var offset = 0
        for (index, size) in plan.pieces.enumerated() {
            if let failure = plan.failure, failure.after == index { throw failure.error }
            if plan.delay > .zero { try await Task.sleep(for: plan.delay) }
            if context.cancellation.isCancelled { throw CancellationError() }
            let bytes = plan.bytes(from: offset, count: size, seed: request.seed, epoch: epoch)
            try await deliver(.bytes(bytes))
            record.update { $0.bytesTaken += size }
            offset += size
        }
        if let failure = plan.failure, failure.after >= plan.pieces.count { throw failure.error }
    }

    private func speak(
        _ voice: FakeVoice, _ plan: FakePlan, _ request: SpeechRequest, context: SynthesisContext,
        deliver: @escaping @Sendable (SynthesisOutput) async throws -> Void
    ) async throws {
        let record = record
        let delivery = try SpeechDelivery(request) { output in
            try await deliver(output)
            if case .bytes(let bytes) = output { record.update { $0.bytesTaken += bytes.count } }
        }
        try await delivery.begin(sampleRate: voice.sampleRate, streaming: voice.streaming)
        var offset = 0
        for (index, size) in voice.chunks.enumerated() {
            if let failure = plan.failure, failure.after == index { throw failure.error }
            if context.cancellation.isCancelled { throw CancellationError() }
            try await delivery.take(voice.samples(from: offset, count: size))
            record.update { $0.chunksMade += 1 }
            offset += size
        }
        _ = try await delivery.finish()
    }

    /// Remembers the path.
    public func cacheReference(path: String) async throws {
        if let failure = controls.value.referenceFailure { throw failure }
        record.update { $0.references.append(path) }
    }

    /// Stages a set.
    public func prepare(gptPath: String?, sovitsPath: String?, epoch: UInt64) async throws -> ModelSetDescription {
        let failure = controls.value.prepareFailure
        return try record.update { record -> Result<ModelSetDescription, SynthesisFailure> in
            record.prepared.append(epoch)
            if let failure { return .failure(failure) }
            var set = record.set
            if let gptPath { set.gptPath = gptPath }
            if let sovitsPath { set.sovitsPath = sovitsPath }
            record.staged = (epoch, set)
            return .success(set)
        }.get()
    }

    /// Makes the staged set the serving one.
    public func commit(epoch: UInt64) async throws -> ModelSetDescription {
        let failure = controls.value.commitFailure
        return try record.update { record -> Result<ModelSetDescription, SynthesisFailure> in
            if let failure { return .failure(failure) }
            guard let staged = record.staged, staged.epoch == epoch else {
                return .failure(SynthesisFailure(code: .internal, message: "epoch \(epoch) was not prepared"))
            }
            record.committed.append(epoch)
            record.epoch = epoch
            record.set = staged.set
            record.staged = nil
            return .success(record.set)
        }.get()
    }

    /// Drops the staged set.
    public func abort(epoch: UInt64) async {
        record.update { record in
            record.aborted.append(epoch)
            if record.staged?.epoch == epoch { record.staged = nil }
        }
    }
}
