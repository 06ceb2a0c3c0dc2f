import Messaging
import Wire

@testable import Router

/// Drives a ``RouterStateMachine`` as a list of events with a clock of its own, and keeps what came out.
final class Scenario {
    var machine: RouterStateMachine
    var now: ContinuousClock.Instant
    let policy: RouterPolicy
    /// What came out since it was last taken.
    private(set) var actions: [RouterAction] = []
    private var lastRequest: UInt64 = 0
    private var lastSwitch: UInt64 = 1000
    private(set) var incarnations: [String: UInt64] = [:]

    init(_ change: (inout RouterPolicy) -> Void = { _ in }) {
        var policy = RouterPolicy()
        change(&policy)
        self.policy = policy
        now = ContinuousClock.now
        machine = RouterStateMachine(policy: policy, routerID: "router", now: now)
    }

    // MARK: Time

    /// Lets time pass in ticks of 100 ms, while the named workers send heartbeats every 500 ms.
    func pass(_ duration: Duration, heartbeats: [String] = []) {
        let end = now + duration
        var steps = 0
        while now < end {
            now += .milliseconds(100)
            steps += 1
            if steps % 5 == 0 {
                for name in heartbeats { heartbeat(name) }
            }
            actions += machine.tick(at: now)
        }
    }

    // MARK: Workers

    static let modelSet = ModelSetDescription(
        gptPath: "/gpt.ckpt", sovitsPath: "/sovits.pth", version: "v2", languages: ["en"])

    func hello(
        _ name: String, slots: Int = 1, epoch: UInt64 = 0, incarnation: UInt64? = nil, model: String = "default",
        modelSet: ModelSetDescription = Scenario.modelSet, encoders: EncoderList = EncoderList()
    ) {
        incarnations[name] = incarnation ?? (incarnations[name] ?? 0) + 1
        let hello = Hello(
            workerID: name, software: "test", device: DeviceDescription(kind: .cpu, name: "cpu"), precision: "float32",
            slots: slots, pid: 1, model: model, modelSet: modelSet, epoch: epoch, encoders: encoders)
        receive(.hello(hello), from: name)
    }

    func ready(
        _ name: String, epoch: UInt64 = 0, rate: Double = 1, modelSet: ModelSetDescription = Scenario.modelSet
    ) {
        receive(.ready(Ready(epoch: epoch, rate: rate, modelSet: modelSet)), from: name)
    }

    /// A worker that greeted and is ready.
    func join(
        _ name: String, slots: Int = 1, rate: Double = 1, model: String = "default",
        modelSet: ModelSetDescription = Scenario.modelSet, encoders: EncoderList = EncoderList()
    ) {
        hello(name, slots: slots, model: model, modelSet: modelSet, encoders: encoders)
        ready(name, rate: rate, modelSet: modelSet)
        actions = []
    }

    func heartbeat(
        _ name: String, progress: UInt64 = 0, busy: Bool = false, age: UInt64 = 0, draining: Bool = false,
        active: Int = 0
    ) {
        receive(
            .heartbeat(
                Heartbeat(
                    progress: progress, busy: busy, lastStepAgeMilliseconds: age, active: active, slotsFree: 1,
                    residentBytes: 1, epoch: 0, draining: draining)), from: name)
    }

    func receive(_ message: Message, from name: String, attempt: UInt64 = 0, incarnation: UInt64? = nil) {
        actions += machine.received(
            ReceivedMessage(
                peer: PeerID(name), incarnation: incarnation ?? incarnations[name] ?? 0, requestID: attempt,
                message: message), at: now)
    }

    func unroutable(_ name: String) {
        actions += machine.unroutable(PeerID(name), at: now)
    }

    // MARK: Clients

    static func speech(
        _ text: String = "Hello there.", language: String = "en", mediaType: String = "wav", model: String = "default"
    ) -> WorkerTask {
        .speech(
            SpeechRequest(
                text: text, textLang: language, refAudioPath: "/ref.wav", promptLang: "en", mediaType: mediaType,
                model: model))
    }

    @discardableResult
    func submit(
        _ task: WorkerTask = Scenario.speech(), timeout: Duration = .seconds(300), pinned: String? = nil
    ) -> UInt64 {
        lastRequest += 1
        actions += machine.submit(
            lastRequest, task, deadline: now + timeout, pinned: pinned.map { PeerID($0) }, at: now)
        return lastRequest
    }

    func took(_ bytes: Int, of id: UInt64) {
        actions += machine.took(bytes, of: id, at: now)
    }

    func leave(_ id: UInt64) {
        actions += machine.leave(id, at: now)
    }

    func switchWeights(gpt: String? = nil, sovits: String? = nil, model: String = "default") throws -> UInt64 {
        lastSwitch += 1
        actions += try machine.switchWeights(
            lastSwitch, WeightChange(model: model, gptPath: gpt, sovitsPath: sovits), at: now)
        return lastSwitch
    }

    func drain() { machine.drain() }

    func stop() { actions += machine.stop() }

    // MARK: Looking

    /// Takes what came out so far.
    func take() -> [RouterAction] {
        defer { actions = [] }
        return actions
    }

    /// The messages to workers among what came out, as `worker kind#request`.
    func sent() -> [Sent] {
        take().compactMap { action in
            guard case .send(let peer, let incarnation, let id, let message) = action else { return nil }
            return Sent(worker: peer.description, incarnation: incarnation, attempt: id, message: message)
        }
    }

    /// The attempt of the only SUBMIT that came out.
    func submitted() -> (worker: String, attempt: UInt64)? {
        let submits = sent().filter { $0.message.kind == .submit }
        guard submits.count == 1, let submit = submits.first else { return nil }
        return (submit.worker, submit.attempt)
    }

    struct Sent: Equatable {
        let worker: String
        let incarnation: UInt64
        let attempt: UInt64
        let message: Message
    }
}

extension [RouterAction] {
    /// The codes of failures, by request.
    var failures: [UInt64: RouterError.Code] {
        reduce(into: [:]) { codes, action in
            if case .fail(let id, let error) = action { codes[id] = error.code }
        }
    }

    var errors: [RouterError] {
        compactMap { action in
            guard case .fail(_, let error) = action else { return nil }
            return error
        }
    }

    /// What clients were given.
    var responses: [UInt64: [SpeechEvent]] {
        reduce(into: [:]) { events, action in
            if case .respond(let id, let event) = action { events[id, default: []].append(event) }
        }
    }

    var outcomes: [UInt64: SwitchOutcome] {
        reduce(into: [:]) { outcomes, action in
            if case .switched(let id, let outcome) = action { outcomes[id] = outcome }
        }
    }

    /// The messages of a kind to workers, by worker.
    func messages(_ kind: FrameKind) -> [String] {
        compactMap { action in
            guard case .send(let peer, _, _, let message) = action, message.kind == kind else { return nil }
            return peer.description
        }
    }

    /// How many requests went to another worker.
    var retries: Int {
        count { action in
            if case .notice(.retried) = action { true } else { false }
        }
    }
}

extension Message {
    static func chunk(_ sequence: UInt32, _ bytes: Int, length: Int? = nil) -> Message {
        let head =
            sequence == 0 ? StreamHead(contentType: "audio/wav", sampleRate: 32000, contentLength: length) : nil
        return .chunk(Chunk(sequence: sequence, head: head, payload: [UInt8](repeating: 7, count: bytes)))
    }

    static func end(chunks: UInt32, bytes: UInt64, seconds: Double = 1) -> Message {
        .end(StreamEnd(audioSeconds: seconds, chunks: chunks, bytes: bytes))
    }
}
