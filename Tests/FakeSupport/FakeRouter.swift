import Messaging
import Wire

/// The least router that a worker can be tried against: welcomes whoever says HELLO, sends what it is told, and
/// remembers what comes.
public final class FakeRouter: Sendable {
    /// A worker, as its latest HELLO told.
    public struct Worker: Sendable {
        /// The latest HELLO.
        public var hello: Hello
        /// Its incarnation.
        public var incarnation: UInt64
        /// Every READY of this connection.
        public var ready: [Ready] = []
        /// The latest heartbeat.
        public var heartbeat: Heartbeat?
        /// How many heartbeats came on this connection.
        public var heartbeats = 0
        /// Every PREPARED of this connection.
        public var prepared: [Prepared] = []
        /// How many times it said HELLO.
        public var hellos = 1
    }

    /// A request, as far as it was answered.
    public struct Stream: Sendable {
        /// The worker that it was sent to.
        public var worker: PeerID
        /// Whether it was accepted.
        public var isAccepted = false
        /// The worker's refusal.
        public var busy: Busy?
        /// What the first chunk told.
        public var head: StreamHead?
        /// The bytes so far.
        public var bytes: [UInt8] = []
        /// How many chunks came.
        public var chunks: UInt32 = 0
        /// The longest chunk, in bytes.
        public var longestChunk = 0
        /// Whether a sequence was missing or out of order.
        public var hasGap = false
        /// The end.
        public var end: StreamEnd?
        /// The failure.
        public var failure: Failure?
        /// Whether its cancellation was confirmed.
        public var isCancelled = false

        /// Whether nothing more is to come.
        public var isOver: Bool { end != nil || failure != nil || isCancelled || busy != nil }
    }

    /// What happened so far.
    public struct State: Sendable {
        /// Workers by name.
        public var workers: [PeerID: Worker] = [:]
        /// Requests by id.
        public var streams: [UInt64: Stream] = [:]
        /// Frames that could not be read.
        public var badFrames = 0
        /// Frames of incarnations that are not the latest.
        public var stale = 0
    }

    /// What happened, to be waited on.
    public let state = Observed(State())
    /// The socket.
    public let socket: RouterSocket
    private let grantsCredit: Bool
    private let reader: Task<Void, Never>

    /// Listens at an endpoint.
    ///
    /// - Parameters:
    ///   - committed: what WELCOME tells.
    ///   - grantsCredit: whether every chunk's bytes are given back as credit at once.
    public init(
        _ endpoint: Endpoint, committed: CommittedSet = CommittedSet(), grantsCredit: Bool = true,
        heartbeatInterval: Duration = .milliseconds(20)
    ) throws {
        let socket = try RouterSocket(endpoints: [endpoint])
        let state = state
        self.socket = socket
        self.grantsCredit = grantsCredit
        let welcome = Welcome(
            routerID: "fake", heartbeatIntervalMilliseconds: Int(heartbeatInterval / .milliseconds(1)),
            committed: committed)
        reader = Task {
            for await event in socket.events {
                switch event {
                case .message(let received):
                    let reply = state.update { Self.note(received, in: &$0, welcome: welcome) }
                    if let reply {
                        socket.send(reply, to: received.peer, incarnation: received.incarnation)
                    }
                    if grantsCredit, case .chunk(let chunk) = received.message, !chunk.payload.isEmpty {
                        socket.send(
                            .credit(Credit(bytes: UInt64(chunk.payload.count))), to: received.peer,
                            incarnation: received.incarnation, requestID: received.requestID)
                    }
                case .badFrame: state.update { $0.badFrames += 1 }
                default: break
                }
            }
        }
    }

    /// Stops listening.
    public func close() async {
        await socket.close()
        await reader.value
    }

    // MARK: What a test does

    /// Sends a task to a worker and remembers what comes back.
    public func submit(
        _ task: WorkerTask, id: UInt64, to worker: PeerID, deadline: Duration = .seconds(60), credit: UInt64 = 1 << 20
    ) {
        state.update { $0.streams[id] = Stream(worker: worker) }
        send(
            .submit(
                Submit(task: task, deadlineMilliseconds: UInt64(deadline / .milliseconds(1)), credit: credit)),
            to: worker, id: id)
    }

    /// Sends a message to a worker's latest incarnation.
    public func send(_ message: Message, to worker: PeerID, id: UInt64 = 0) {
        guard let incarnation = state.value.workers[worker]?.incarnation else { return }
        socket.send(message, to: worker, incarnation: incarnation, requestID: id)
    }

    /// Waits until a worker has said READY as often as told on its connection.
    @discardableResult
    public func ready(_ worker: PeerID, times: Int = 1) async throws -> Worker? {
        try await state.wait { ($0.workers[worker]?.ready.count ?? 0) >= times }.workers[worker]
    }

    /// Waits until nothing more is to come of a request.
    public func result(_ id: UInt64) async throws -> Stream? {
        try await state.wait { $0.streams[id]?.isOver == true }.streams[id]
    }

    // MARK: What comes

    private static func note(_ received: ReceivedMessage, in state: inout State, welcome: Welcome) -> Message? {
        let peer = received.peer
        if case .hello(let hello) = received.message {
            let hellos = state.workers[peer].map { $0.hellos + 1 } ?? 1
            state.workers[peer] = Worker(hello: hello, incarnation: received.incarnation)
            state.workers[peer]?.hellos = hellos
            return .welcome(welcome)
        }
        guard state.workers[peer]?.incarnation == received.incarnation else {
            state.stale += 1
            return .reject(Reject(code: Reject.helloRequired, reason: "who are you?"))
        }
        switch received.message {
        case .ready(let ready): state.workers[peer]?.ready.append(ready)
        case .prepared(let prepared): state.workers[peer]?.prepared.append(prepared)
        case .heartbeat(let heartbeat):
            state.workers[peer]?.heartbeat = heartbeat
            state.workers[peer]?.heartbeats += 1
        case .accept: state.streams[received.requestID]?.isAccepted = true
        case .busy(let busy): state.streams[received.requestID]?.busy = busy
        case .end(let end): state.streams[received.requestID]?.end = end
        case .error(let failure): state.streams[received.requestID]?.failure = failure
        case .cancelled: state.streams[received.requestID]?.isCancelled = true
        case .chunk(let chunk): note(chunk, in: &state.streams[received.requestID])
        default: break
        }
        return nil
    }

    private static func note(_ chunk: Chunk, in stream: inout Stream?) {
        guard var noted = stream else { return }
        stream = nil
        if chunk.sequence != noted.chunks { noted.hasGap = true }
        if let head = chunk.head { noted.head = head }
        noted.chunks += 1
        noted.longestChunk = max(noted.longestChunk, chunk.payload.count)
        noted.bytes += chunk.payload
        stream = noted
    }
}
