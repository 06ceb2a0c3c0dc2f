import Audio
import Synthesis
import Text
import Torch
import Wire
import Worker

/// The synthesizer as a worker serves it: names, errors and audio in the wire's terms.
struct WorkerSynthesizer: Synthesizing {
    private let synthesizer: Synthesizer
    let device: DeviceDescription
    let precision: String
    let encoders = EncoderList.here

    init(_ synthesizer: Synthesizer, device: DeviceDescription, precision: String) {
        self.synthesizer = synthesizer
        self.device = device
        self.precision = precision
    }

    var hasG2PW: Bool { synthesizer.hasG2PW }

    var progress: DeviceProgress {
        let progress = synthesizer.progress
        return DeviceProgress(steps: progress.steps, busy: progress.busy, lastStepAge: progress.sinceLastStep)
    }

    func modelSet() async -> ModelSetDescription { ModelSetDescription(await synthesizer.modelSet) }

    func warmUp() async throws -> Double {
        try await failing { try await synthesizer.warmUp() }
    }

    func synthesize(
        _ request: SpeechRequest, context: SynthesisContext,
        deliver: @escaping @Sendable (SynthesisOutput) async throws -> Void
    ) async throws -> SynthesisSummary {
        let delivery = try SpeechDelivery(request, deliver: deliver)
        return try await failing {
            _ = try await synthesizer.speak(
                request,
                onStep: {
                    if context.cancellation.isCancelled {
                        throw SynthesisError(.cancelled, "the request was cancelled")
                    }
                    if !delivery.hasBegun, ContinuousClock.now > context.deadline {
                        throw SynthesisError(.deadline, "the request's time was over before its audio was ready")
                    }
                },
                begin: { head in
                    try await delivery.begin(
                        sampleRate: head.sampleRate, streaming: head.delivery.isStreamed ? .tokens : .fragments)
                },
                deliver: { try await delivery.take($0) })
            return try await delivery.finish()
        }
    }

    func cacheReference(path: String) async throws {
        try await failing { try await synthesizer.cacheReference(path: path) }
    }

    func prepare(gptPath: String?, sovitsPath: String?, epoch: UInt64) async throws -> ModelSetDescription {
        try await failing {
            ModelSetDescription(try await synthesizer.prepare(gptPath: gptPath, sovitsPath: sovitsPath, epoch: epoch))
        }
    }

    func commit(epoch: UInt64) async throws -> ModelSetDescription {
        try await failing { ModelSetDescription(try await synthesizer.commit(epoch: epoch)) }
    }

    func abort(epoch: UInt64) async { await synthesizer.abort(epoch: epoch) }

    private func failing<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as SynthesisError {
            throw SynthesisFailure(code: FailureCode(error.code), message: error.message, retriable: error.isRetriable)
        } catch let error as AudioError {
            throw SynthesisFailure(error)
        }
    }
}

extension ModelSetDescription {
    init(_ info: ModelSetInfo) {
        let languages = LanguageMode.accepted(by: info.symbolVersion).map(\.rawValue)
        self.init(
            gptPath: info.gptPath, sovitsPath: info.sovitsPath, version: info.version.rawValue, languages: languages)
    }
}

extension FailureCode {
    init(_ code: SynthesisError.Code) {
        switch code {
        case .badRequest: self = .badRequest
        case .notFound: self = .notFound
        case .badCheckpoint: self = .badCheckpoint
        case .outOfMemory: self = .outOfMemory
        case .cancelled: self = .cancelled
        case .deadline: self = .deadline
        default: self = .internal
        }
    }
}
