import Logging
import Messaging
import Wire

/// Everything that a worker decides, without I/O: an event and the time go in, actions come out.
///
/// A worker serves several routers. Each connection is a session of its own: HELLO, WELCOME, READY, tasks. When a
/// connection is lost, its tasks are cancelled, for nobody waits for them.
struct WorkerStateMachine {
    typealias Instant = ContinuousClock.Instant

    /// A task, by router, session with it, and request id: a router that restarted may count from the start again while
    /// tasks of its former self are still stopping.
    struct TaskID: Hashable {
        var router: Int
        var session: UInt64
        var request: UInt64
    }

    enum Event {
        case connected(router: Int, connection: UInt64)
        case disconnected(router: Int)
        case received(router: Int, ReceivedMessage)
        case badFrame(router: Int, BadFrame)
        /// Too much waits for this router already.
        case sendFailed(router: Int)
        case warmedUp(rate: Double)
        case output(TaskID, SynthesisOutput)
        case finished(TaskID, Result<SynthesisSummary, SynthesisFailure>)
        case prepared(epoch: UInt64, Result<ModelSetDescription, SynthesisFailure>)
        case committed(epoch: UInt64, Result<ModelSetDescription, SynthesisFailure>)
        case drain
        /// Time has passed.
        case tick
    }

    enum Action: Equatable {
        case send(router: Int, connection: UInt64, request: UInt64, Message)
        case start(TaskID, WorkerTask, deadline: Instant, trace: String?)
        /// Tell the synthesizer that nobody wants this any longer, and refuse what it delivers.
        case cancel(TaskID)
        /// All that was delivered has gone out: the synthesizer may go on.
        case resumeDelivery(TaskID)
        case prepare(Prepare)
        case commit(epoch: UInt64)
        case abort(epoch: UInt64)
        case exit(Exit)
        case log(Logger.Level, String)
    }

    /// Why the worker is to exit.
    enum Exit: Equatable {
        case drained
        case drainTimedOut
        case commitFailed(String)
    }

    /// Where the session with a router stands.
    enum Link: Equatable {
        case disconnected
        /// HELLO is sent, again from time to time.
        case greeting(connection: UInt64, retryAt: Instant)
        case welcomed(connection: UInt64)

        var connection: UInt64? {
            switch self {
            case .disconnected: nil
            case .greeting(let connection, _), .welcomed(let connection): connection
            }
        }
    }

    struct RunningTask {
        enum Phase {
            case running
            /// Owes the router a CANCELLED when the synthesizer has stopped.
            case cancelled
            /// Owes nothing: the deadline was reported, or nobody is there.
            case abandoned
        }

        var phase = Phase.running
        var deadline: Instant
        var stream: OutgoingStream
    }

    enum Switch: Equatable {
        case idle
        /// Being loaded. Once loaded it is dropped where it was abandoned in the meantime, and committed at once where
        /// this worker is catching up.
        case preparing(epoch: UInt64, router: Int, isCatchingUp: Bool, isAbandoned: Bool)
        case prepared(epoch: UInt64, router: Int)
        case committing(epoch: UInt64)
    }

    /// What the machine is told once.
    struct Identity {
        var incarnation: UInt64
        var workerID: String
        var software: String
        var device: DeviceDescription
        var precision: String
        var hasG2PW = false
        var pid: Int32
        var model = ModelSetDescription.defaultName
        var encoders = EncoderList()
        var slots: Int
        var chunkBytes: Int
        var helloInterval: Duration
        var rejectedInterval: Duration
        var drainTimeout: Duration
    }

    /// What is done about a set for which the memory does not suffice beside the requests that run.
    enum Clearing: Equatable {
        /// Nothing new is taken, and the set is loaded again when the last task has finished.
        case waiting(Prepare)
        /// The set is being loaded again, with nothing beside it but the serving one.
        case loading
    }

    let identity: Identity
    var links: [Link]
    /// Counts the sessions with each router.
    var sessions: [UInt64]
    var tasks: [TaskID: RunningTask] = [:]
    var modelSet: ModelSetDescription
    var epoch: UInt64 = 0
    var switching = Switch.idle
    /// What the set that is being loaded was asked for with.
    var asked: Prepare?
    var clearing: Clearing?
    /// Committed sets that wait for a switch under way to end.
    var awaitedCatchUps: [Int: CommittedSet] = [:]
    /// Routers whose committed set could not be loaded: they are sent no READY.
    var unservable: Set<Int> = []
    /// Seconds of audio per second; `nil` until warm.
    var rate: Double?
    var drainDeadline: Instant?
    /// How often the routers want to hear from this worker, where one said so.
    var heartbeatInterval: Duration?

    init(identity: Identity, routers: Int, modelSet: ModelSetDescription) {
        self.identity = identity
        self.modelSet = modelSet
        links = Array(repeating: .disconnected, count: routers)
        sessions = Array(repeating: 0, count: routers)
    }

    // MARK: Views

    var isDraining: Bool { drainDeadline != nil }

    /// Slots that a new task could have.
    var slotsFree: Int {
        isDraining || rate == nil || clearing != nil ? 0 : max(0, identity.slots - tasks.count)
    }

    func isWelcomed(_ router: Int) -> Bool {
        guard links.indices.contains(router), case .welcomed = links[router] else { return false }
        return true
    }

    /// Whether what the task delivers is still wanted.
    func wantsOutput(_ id: TaskID) -> Bool { tasks[id]?.phase == .running }

    /// Whether the task has to wait for credit.
    func isParked(_ id: TaskID) -> Bool { tasks[id]?.stream.isParked ?? false }

    // MARK: Events

    mutating func handle(_ event: Event, now: Instant) -> [Action] {
        switch event {
        case .connected(let router, let connection):
            return loseLink(router) + greet(router, connection: connection, now: now)
        case .disconnected(let router):
            return loseLink(router)
        case .sendFailed(let router):
            return restartSession(router, reason: "it does not read what it is sent", now: now)
        case .received(let router, let received):
            return receive(received, from: router, now: now)
        case .badFrame(let router, let bad):
            return refuse(bad, from: router)
        case .warmedUp(let rate):
            self.rate = rate
            return announceReady()
        case .output(let id, let output):
            return take(output, of: id)
        case .finished(let id, let result):
            return finish(id, result) + exitIfDrained() + prepareIfCleared()
        case .prepared(let epoch, let result):
            return finishPreparing(epoch, result)
        case .committed(let epoch, let result):
            return finishCommitting(epoch, result)
        case .drain:
            return drain(now: now)
        case .tick:
            return tick(now: now)
        }
    }

    private mutating func receive(_ received: ReceivedMessage, from router: Int, now: Instant) -> [Action] {
        guard links.indices.contains(router) else { return [] }
        guard received.incarnation == identity.incarnation else {
            return [.log(.debug, "a \(received.message.kind) for another incarnation of this worker was dropped")]
        }
        switch received.message {
        case .welcome(let welcome): return receiveWelcome(welcome, from: router)
        case .reject(let reject): return receiveReject(reject, from: router, now: now)
        default: break
        }
        // Before WELCOME, whatever comes belongs to a session that is over.
        guard isWelcomed(router) else { return [] }
        let id = taskID(router: router, request: received.requestID)
        switch received.message {
        case .submit(let submit): return begin(id, submit, now: now)
        case .credit(let credit): return grant(credit.bytes, to: id)
        case .cancel: return cancel(id)
        case .drain: return drain(now: now)
        case .prepare(let prepare): return beginPreparing(prepare, from: router)
        case .commit(let commit): return beginCommitting(commit.epoch, from: router)
        case .abort(let abort): return abortSwitch(epoch: abort.epoch, from: router)
        default:
            return [.log(.warning, "a router sent a \(received.message.kind), which only workers send")]
        }
    }

    private func refuse(_ bad: BadFrame, from router: Int) -> [Action] {
        let log = Action.log(.warning, "a bad frame from \(bad.peer) was dropped: \(bad.error)")
        // The router waits for an answer to a task that cannot be read.
        guard let header = bad.header, header.kind == .submit, header.incarnation == identity.incarnation,
            header.requestID != 0
        else { return [log] }
        let failure = Failure(
            code: .badRequest, message: "the worker cannot read this task: \(bad.error.message)", retriable: false)
        return [log] + send(.error(failure), to: taskID(router: router, request: header.requestID))
    }

    private mutating func tick(now: Instant) -> [Action] {
        var actions: [Action] = []
        for router in links.indices {
            guard case .greeting(let connection, let retryAt) = links[router], now >= retryAt else { continue }
            actions += greet(router, connection: connection, now: now)
        }
        actions += expire(now: now)
        if let drainDeadline, now >= drainDeadline {
            actions += tasks.keys.map { .cancel($0) }
            actions.append(.exit(.drainTimedOut))
        }
        return actions
    }

    // MARK: Draining

    private mutating func drain(now: Instant) -> [Action] {
        guard drainDeadline == nil else { return [] }
        drainDeadline = now + identity.drainTimeout
        return [.log(.info, "draining: \(tasks.count) tasks are to finish")] + exitIfDrained()
    }

    private func exitIfDrained() -> [Action] {
        isDraining && tasks.isEmpty ? [.exit(.drained)] : []
    }

    // MARK: Sending

    func taskID(router: Int, request: UInt64) -> TaskID {
        TaskID(router: router, session: sessions.indices.contains(router) ? sessions[router] : 0, request: request)
    }

    func send(_ message: Message, to router: Int) -> [Action] {
        send(message, to: taskID(router: router, request: 0))
    }

    func send(_ message: Message, to id: TaskID) -> [Action] {
        guard links.indices.contains(id.router), let connection = links[id.router].connection,
            sessions[id.router] == id.session
        else { return [] }
        return [.send(router: id.router, connection: connection, request: id.request, message)]
    }
}
