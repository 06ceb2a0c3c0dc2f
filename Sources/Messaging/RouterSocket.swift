import CZeroMQ
import Glibc
import Wire

/// A router's ROUTER socket: listens at endpoints and speaks with every worker that connects.
///
/// One thread owns the ZeroMQ socket. ``send(_:to:incarnation:requestID:)`` may be called from any thread and never
/// waits: frames go through a backlog that is bounded per peer. What is received waits in a bounded queue until it is
/// taken from ``events``; while that is full, workers are left waiting.
///
/// A worker's name is its routing id. A connection of the same name takes the name over, so that a worker that
/// restarted is not shut out by its former self; the incarnation in each frame tells the two apart.
public final class RouterSocket: Sendable {
    /// Where the socket listens; a port of 0 is replaced by the one that was taken.
    public let endpoints: [Endpoint]
    private let inbox: Inbox
    private let outbox: Outbox
    private let limits: MessagingLimits

    /// Listens at the endpoints.
    ///
    /// - Throws: ``MessagingError``: an endpoint that cannot be used or is in use, `tcp://` beyond this host without
    ///   protection, keys that libzmq does not take.
    public init(
        endpoints: [Endpoint], security: RouterSecurity = .localOnly, limits: MessagingLimits = .standard
    ) throws(MessagingError) {
        let socket = try ZMQSocket(type: ZMQ_ROUTER, limits: limits)
        try socket.set(ZMQ_ROUTER_MANDATORY, 1)
        try socket.set(ZMQ_ROUTER_HANDOVER, 1)
        // libzmq copies the options at each bind, so that the local endpoints, bound first, stay without CURVE.
        let order = endpoints.filter(\.isFile) + endpoints.filter { !$0.isFile }
        var bound: [Endpoint: Endpoint] = [:]
        var hasCurve = false
        for endpoint in order {
            if case .curve(let keys, let allowedWorkers) = security, !endpoint.isFile, !hasCurve {
                try socket.serveCurve(keys, allowedWorkers: allowedWorkers)
                hasCurve = true
            }
            if case .localOnly = security { try endpoint.requireProtection(false) }
            bound[endpoint] = try Self.bind(socket, to: endpoint)
        }
        self.endpoints = endpoints.compactMap { bound[$0] }
        let wake = try WakeSignal()
        self.limits = limits
        inbox = Inbox(limits: limits, wake: wake)
        outbox = Outbox(limits: limits, wake: wake)
        SocketLoop.startRouter(socket, limits: limits, inbox: inbox, outbox: outbox, wake: wake)
    }

    deinit {
        outbox.requestClose(linger: .zero)
    }

    /// What happens at the socket, in order, until it is closed. Each event is given to one reader.
    public var events: AsyncStream<PeerEvent> {
        let inbox = inbox
        return AsyncStream { await inbox.next() }
    }

    /// Sends a message to a worker.
    ///
    /// - Parameters:
    ///   - peer: the worker.
    ///   - incarnation: the worker's, as its HELLO told.
    ///   - requestID: the request that the message belongs to, 0 for none.
    /// - Returns: ``SendOutcome``. That the peer is not there is told later, as ``PeerEvent/unroutable(_:)``.
    @discardableResult
    public func send(
        _ message: Message, to peer: PeerID, incarnation: UInt64, requestID: UInt64 = 0
    ) -> SendOutcome {
        guard
            let bytes = try? message.frame(incarnation: incarnation, requestID: requestID).encode(limits: limits.frame)
        else { return .unencodable }
        return outbox.offer(OutgoingFrame(bytes: bytes, connection: 0), to: peer)
    }

    /// Frames and bytes that wait for a peer beyond what libzmq holds.
    public func backlog(of peer: PeerID) -> (frames: Int, bytes: Int) {
        outbox.backlog(of: peer)
    }

    /// Closes the socket, after trying for `linger` to send what waits, and returns when it is closed.
    public func close(linger: Duration = .zero) async {
        outbox.requestClose(linger: linger)
        await outbox.waitUntilFinished()
        // libzmq leaves the files of its sockets behind.
        for case .ipc(let path) in endpoints.map(\.transport) { UnixSocketFile(path: path).removeUnlessServed() }
    }

    private static func bind(_ socket: ZMQSocket, to endpoint: Endpoint) throws(MessagingError) -> Endpoint {
        if case .ipc(let path) = endpoint.transport { try UnixSocketFile(path: path).prepareForBind() }
        if case .tcp(let host, _) = endpoint.transport, host.hasPrefix("[") { try socket.set(ZMQ_IPV6, 1) }
        guard zmq_bind(socket.handle, endpoint.description) == 0 else {
            guard zmq_errno() == EADDRINUSE else {
                throw MessagingError(
                    .badEndpoint, "cannot listen at \(endpoint): \(String(cString: zmq_strerror(zmq_errno())))",
                    errorNumber: zmq_errno())
            }
            throw MessagingError(
                .addressInUse, "\(endpoint) is in use; stop what listens there or choose another port",
                errorNumber: EADDRINUSE)
        }
        return try socket.lastEndpoint()
    }
}

extension Endpoint {
    fileprivate var isFile: Bool {
        guard case .ipc = transport else { return false }
        return true
    }
}
