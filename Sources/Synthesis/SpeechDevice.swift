import Audio
import Models
import Text
import Torch
import Wire

/// The owner of the models: everything that touches a tensor for a request happens in here, on the device's own thread.
actor SpeechDevice {
    private let thread: DeviceThread
    private let device: Device
    private let dtype: DType
    private var models: ModelSet
    private var leases: [Lease: ModelSet] = [:]
    private var speeches: [Lease: Speech] = [:]
    private var nextLease: UInt64 = 0
    private var prepared: (epoch: UInt64, models: ModelSet)?
    private var references: LeastRecentlyUsed<EncodedReference.Key, EncodedReference>
    private var rest: Task<Void, Never>?

    /// How long nothing is spoken before memory that was kept for the next request goes back.
    private static let timeToRest = Duration.seconds(1)

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// The right to speak with the model set that was routable when the request began.
    struct Lease: Hashable, Sendable {
        fileprivate let number: UInt64
        fileprivate let sovits: UInt64
        /// Decides symbols and languages.
        let info: ModelSetInfo
        /// The rate in Hz that reference spectrograms need.
        let referenceRate: Int
    }

    /// A recording of a request: its content's hash, and how to prepare it where it is not encoded yet.
    struct Recording: Sendable {
        let content: ContentHash
        let isMain: Bool
        let prepare: @Sendable () throws -> ReferenceAudio
    }

    /// Everything of a request that the device needs. Text is phones already, recordings are resampled already.
    struct Job: Sendable {
        let pieces: [TextPiece]
        let prompt: TextPiece?
        let recordings: [Recording]
        var options: SpeechOptions
        let seed: UInt64
        let onStep: @Sendable () throws -> Void
        /// Semantic tokens to speak in place of decoding some.
        var tokens: [[Int]]?
    }

    init(models: ModelLoader.Handover<ModelSet>, configuration: SynthesisConfiguration, thread: DeviceThread) {
        self.thread = thread
        self.models = models.content
        device = configuration.device
        dtype = configuration.dtype
        references = LeastRecentlyUsed(capacity: configuration.referenceCapacity)
    }

    /// The routable set.
    var info: ModelSetInfo { models.description }

    /// Begins a request: it will be spoken with the set that is routable now, whatever is committed meanwhile.
    func lease() -> Lease { lease(on: models) }

    /// Ends a request; the last one frees a set that is no longer routable.
    func end(_ lease: Lease) {
        let speech = speeches.removeValue(forKey: lease)
        speech?.run?.abandon()
        leases[lease] = nil
        // Requests of many lengths leave holes in the heap that would add up over hundreds of them.
        if speech != nil, speeches.isEmpty {
            Library.trimHostMemory()
            restSoon()
        }
    }

    /// Hands memory back once nothing has been spoken for a while: the next request pays some page faults, and a worker that waits
    /// is as large as its models, whatever it spoke. What libtorch keeps of a card's memory stays with the process: nobody else
    /// waits for it, and to get it again takes longer.
    private func restSoon() {
        rest?.cancel()
        rest = Task { [weak self] in
            guard (try? await Task.sleep(for: Self.timeToRest)) != nil else { return }
            await self?.giveMemoryBack()
        }
    }

    private func giveMemoryBack() {
        guard speeches.isEmpty else { return }
        models.gpt.model.releaseMemory()
        try? Library.releaseMemory(of: .cpu)
        Library.trimHostMemory()
    }

    /// Whether a recording needs no preparation.
    func isEncoded(_ content: ContentHash, isMain: Bool, _ lease: Lease) -> Bool {
        references.contains(EncodedReference.Key(content: content, isMain: isMain, sovits: lease.sovits))
    }

    /// Encodes a recording for requests to come.
    func encode(_ recording: Recording, _ lease: Lease) throws {
        guard let models = leases[lease] else { return }
        _ = try reference(recording, lease, models)
    }

    /// Prepares to speak a request.
    func begin(_ job: Job, _ lease: Lease) throws -> SpokenHead {
        let speech = Speech(job: job, options: job.options.adapted(to: lease.info.version))
        let run = try makeRun(speech, lease)
        speech.run = run
        speeches[lease] = speech
        return SpokenHead(
            sampleRate: run.sampleRate, delivery: speech.options.delivery,
            isFallback: speech.options.delivery != job.options.delivery)
    }

    /// Works for a request for a moment.
    ///
    /// A request for which the memory does not suffice is begun anew with half the batch, once, unless something of it
    /// was handed out already.
    func advance(_ lease: Lease) throws -> SpeechTurn {
        guard let speech = speeches[lease], let run = speech.run else {
            throw SynthesisError(.internal, "the request ended before it was spoken")
        }
        do {
            let turn = try run.advance()
            if case .audio = turn { speech.isHeard = true }
            return turn
        } catch  where SynthesisError(translating: error).code == .outOfMemory {
            run.abandon()
            speech.run = nil
            leases[lease]?.gpt.model.releaseMemory()
            try? Library.releaseMemory(of: device)
            guard !speech.isHeard, !speech.isRetried else { throw error }
            speech.isRetried = true
            speech.options.batchSize = max(1, speech.options.batchSize / 2)
            speech.run = try makeRun(speech, lease)
            return .working
        }
    }

    /// The semantic tokens that a request was spoken from, piece by piece.
    func tokens(_ lease: Lease) -> [[Int]] {
        guard let speech = speeches[lease], let run = speech.run else { return [] }
        return speech.job.pieces.indices.map { run.tokens[$0] ?? [] }
    }

    /// A request that is being spoken.
    private final class Speech {
        let job: Job
        var options: SpeechOptions
        var run: SpeechRun?
        var isHeard = false
        var isRetried = false

        init(job: Job, options: SpeechOptions) {
            self.job = job
            self.options = options
        }
    }

    private func makeRun(_ speech: Speech, _ lease: Lease) throws -> SpeechRun {
        guard let models = leases[lease] else {
            throw SynthesisError(.internal, "the request's model set was released before it was spoken")
        }
        let (thread, job) = (self.thread, speech.job)
        let onStep = {
            thread.recordStep()
            try job.onStep()
        }
        try onStep()
        let references = try job.recordings.map { try reference($0, lease, models) }
        let prompt = try job.prompt.map { try prepare($0, models) }
        let script = SpeechScript(
            lengths: job.pieces.map(\.normTextLength), prompt: prompt, promptTokens: references.first?.tokens ?? [],
            tokens: job.tokens
        ) { [device, dtype] index in
            try PreparedPiece(job.pieces[index], encoders: models.encoders, device: device, dtype: dtype)
        }
        let stage = models.sovits.model
        return try SpeechRun(
            script, voice: try stage.voice(references, prompt: prompt), decoder: models.gpt.model,
            options: speech.options, generator: try Generator(seed: job.seed, device: device),
            bandExtension: speech.options.superSampling ? stage.bandExtension : nil, onStep: onStep)
    }

    // MARK: Switching weights

    /// Keeps a set that was loaded beside the routable one, until it is committed or aborted.
    func keep(
        gpt: ModelLoader.Handover<ModelSet.Loaded<SharedDecoder>>?,
        sovits: ModelLoader.Handover<ModelSet.Loaded<SecondStage>>?,
        epoch: UInt64
    ) -> ModelSetInfo {
        let set = ModelSet(
            gpt: gpt?.content ?? models.gpt, sovits: sovits?.content ?? models.sovits, encoders: models.encoders)
        prepared = (epoch, set)
        return set.description
    }

    /// A lease on the prepared set, to try it out.
    func leasePrepared(epoch: UInt64) throws -> Lease { lease(on: try preparedModels(epoch: epoch)) }

    /// Makes the prepared set the routable one.
    func commit(epoch: UInt64) throws -> ModelSetInfo {
        models = try preparedModels(epoch: epoch)
        prepared = nil
        return models.description
    }

    /// Forgets the prepared set.
    func abort(epoch: UInt64) {
        if prepared?.epoch == epoch { prepared = nil }
    }

    private func lease(on models: ModelSet) -> Lease {
        nextLease += 1
        let lease = Lease(
            number: nextLease, sovits: models.sovits.number, info: models.description,
            referenceRate: models.sovits.model.referenceRate)
        leases[lease] = models
        return lease
    }

    private func preparedModels(epoch: UInt64) throws -> ModelSet {
        guard let prepared, prepared.epoch == epoch else {
            throw SynthesisError(.internal, "no model set is prepared for epoch \(epoch)")
        }
        return prepared.models
    }

    private func prepare(_ piece: TextPiece, _ models: ModelSet) throws -> PreparedPiece {
        try PreparedPiece(piece, encoders: models.encoders, device: device, dtype: dtype)
    }

    private func reference(_ recording: Recording, _ lease: Lease, _ models: ModelSet) throws -> EncodedReference {
        let key = EncodedReference.Key(content: recording.content, isMain: recording.isMain, sovits: lease.sovits)
        if let known = references.value(for: key) { return known }
        let encoded = try models.sovits.model.encode(
            try recording.prepare(), hubert: models.encoders.hubert, device: device)
        references.insert(encoded, for: key)
        return encoded
    }
}
