import Messaging
import Testing
import Wire

@testable import Worker

/// Drives a state machine with events at times that the test chooses.
final class MachineHarness {
    typealias Machine = WorkerStateMachine
    static let incarnation: UInt64 = 42
    static let base = ModelSetDescription(gptPath: "g", sovitsPath: "s", version: "v2", languages: ["en"])
    static let other = ModelSetDescription(gptPath: "g2", sovitsPath: "s", version: "v2", languages: ["en"])
    static let failure = SynthesisFailure(code: .badCheckpoint, message: "truncated")

    var machine: Machine
    var now = ContinuousClock.now

    init(slots: Int = 2, routers: Int = 1, chunkBytes: Int = 100) {
        machine = Machine(
            identity: Machine.Identity(
                incarnation: Self.incarnation, workerID: "w", software: "test",
                device: DeviceDescription(kind: .cpu, name: "cpu"), precision: "float32", pid: 1, slots: slots,
                chunkBytes: chunkBytes, helloInterval: .seconds(1), rejectedInterval: .seconds(5),
                drainTimeout: .seconds(30)),
            routers: routers, modelSet: Self.base)
    }

    /// A machine that is warm and welcomed by all its routers.
    static func serving(slots: Int = 2, routers: Int = 1, chunkBytes: Int = 100) -> MachineHarness {
        let harness = MachineHarness(slots: slots, routers: routers, chunkBytes: chunkBytes)
        _ = harness.handle(.warmedUp(rate: 3))
        for router in 0..<routers {
            _ = harness.handle(.connected(router: router, connection: 1))
            _ = harness.receive(.welcome(Self.welcome()), from: router)
        }
        return harness
    }

    static func welcome(_ committed: CommittedSet = CommittedSet()) -> Welcome {
        Welcome(routerID: "r", heartbeatIntervalMilliseconds: 250, committed: committed)
    }

    static func speech(deadline: UInt64 = 10_000, credit: UInt64 = 1000) -> Message {
        .submit(
            Submit(
                task: .speech(SpeechRequest(text: "t", textLang: "en", refAudioPath: "r", promptLang: "en")),
                deadlineMilliseconds: deadline, credit: credit))
    }

    /// The actions, without what is only for the log.
    func handle(_ event: Machine.Event, after time: Duration = .zero) -> [Machine.Action] {
        now += time
        return machine.handle(event, now: now).filter {
            if case .log = $0 { false } else { true }
        }
    }

    func receive(
        _ message: Message, request: UInt64 = 0, from router: Int = 0, incarnation: UInt64 = MachineHarness.incarnation
    ) -> [Machine.Action] {
        handle(
            .received(
                router: router,
                ReceivedMessage(
                    peer: PeerID("r"), incarnation: incarnation, requestID: request, message: message)))
    }

    /// Submits a speech task and returns its id where it was accepted.
    func begin(
        _ request: UInt64, deadline: UInt64 = 10_000, credit: UInt64 = 1000, router: Int = 0
    ) -> Machine.TaskID? {
        for action in receive(Self.speech(deadline: deadline, credit: credit), request: request, from: router) {
            if case .start(let id, _, _, _) = action { return id }
        }
        return nil
    }

    func sent(_ message: Message, request: UInt64 = 0, router: Int = 0, connection: UInt64 = 1) -> Machine.Action {
        .send(router: router, connection: connection, request: request, message)
    }

    /// The messages among actions.
    static func messages(_ actions: [Machine.Action]) -> [Message] {
        actions.compactMap { if case .send(_, _, _, let message) = $0 { message } else { nil } }
    }
}
