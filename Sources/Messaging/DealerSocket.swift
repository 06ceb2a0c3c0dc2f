import CZeroMQ
import Wire

/// A worker's DEALER socket: connects to one router and stays connected, trying again when the connection is lost.
///
/// One thread owns the ZeroMQ socket. ``send(_:requestID:connection:)`` may be called from any thread and never waits.
/// Each ``PeerEvent/connected(_:)`` begins anew: what was sent on an earlier connection and has not left is dropped.
public final class DealerSocket: Sendable {
    /// The router's endpoint.
    public let endpoint: Endpoint
    /// The router, as it appears in events.
    public let router: PeerID
    private let incarnation: UInt64
    private let inbox: Inbox
    private let outbox: Outbox
    private let limits: MessagingLimits

    /// Begins to connect.
    ///
    /// - Parameters:
    ///   - endpoint: where the router listens; it need not be there yet.
    ///   - name: the worker's name, 1…255 bytes that do not begin with a zero byte; one worker of a name may be connected.
    ///   - incarnation: random per process; it goes into every frame.
    ///   - ticker: a message that the socket thread makes and sends at an interval while connected.
    /// - Throws: ``MessagingError``: a name that cannot be used, `tcp://` beyond this host without protection, keys
    ///   that libzmq does not take.
    public init(
        endpoint: Endpoint, name: String, incarnation: UInt64, security: WorkerSecurity = .localOnly,
        ticker: Ticker? = nil, limits: MessagingLimits = .standard
    ) throws(MessagingError) {
        let routingID = [UInt8](name.utf8)
        guard (1...255).contains(routingID.count), routingID.first != 0 else {
            throw MessagingError(.badEndpoint, "'\(name)' cannot name a worker: 1 to 255 bytes are needed")
        }
        let socket = try ZMQSocket(type: ZMQ_DEALER, limits: limits)
        try socket.set(ZMQ_ROUTING_ID, routingID)
        // No queue before the connection stands, so that nothing old is sent to a router that restarted.
        try socket.set(ZMQ_IMMEDIATE, 1)
        if case .tcp(let host, let port) = endpoint.transport {
            guard port != 0, host != "*" else {
                throw MessagingError(.badEndpoint, "\(endpoint) names no port or host to connect to")
            }
            switch security {
            case .localOnly: try endpoint.requireProtection(false)
            case .curve(let keys, let router): try socket.useCurve(keys, router: router)
            case .insecure: break
            }
            // A name may stand for an IPv6 address; with this on, IPv4 goes on working.
            try socket.set(ZMQ_IPV6, 1)
        }
        guard zmq_connect(socket.handle, endpoint.description) == 0 else {
            throw MessagingError(
                .badEndpoint, "cannot connect to \(endpoint): \(String(cString: zmq_strerror(zmq_errno())))",
                errorNumber: zmq_errno())
        }
        let wake = try WakeSignal()
        self.endpoint = endpoint
        self.incarnation = incarnation
        self.limits = limits
        router = PeerID(endpoint.description)
        inbox = Inbox(limits: limits, wake: wake)
        outbox = Outbox(limits: limits, wake: wake)
        SocketLoop.startDealer(
            socket, router: router, incarnation: incarnation, ticker: ticker, limits: limits, inbox: inbox,
            outbox: outbox, wake: wake)
    }

    deinit {
        outbox.requestClose(linger: .zero)
    }

    /// What happens at the socket, in order, until it is closed. Each event is given to one reader.
    public var events: AsyncStream<PeerEvent> {
        let inbox = inbox
        return AsyncStream { await inbox.next() }
    }

    /// Sends a message to the router.
    ///
    /// - Parameters:
    ///   - requestID: the request that the message belongs to, 0 for none.
    ///   - connection: the connection that it is meant for, from ``PeerEvent/connected(_:)``. Where that is gone, the
    ///     message is dropped.
    @discardableResult
    public func send(_ message: Message, requestID: UInt64 = 0, connection: UInt64) -> SendOutcome {
        guard
            let bytes = try? message.frame(incarnation: incarnation, requestID: requestID).encode(limits: limits.frame)
        else { return .unencodable }
        return outbox.offer(OutgoingFrame(bytes: bytes, connection: connection), to: router)
    }

    /// Closes the socket, after trying for `linger` to send what waits, and returns when it is closed.
    public func close(linger: Duration = .zero) async {
        outbox.requestClose(linger: linger)
        await outbox.waitUntilFinished()
    }
}
