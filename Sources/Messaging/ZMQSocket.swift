import CZeroMQ
import Glibc

/// A libzmq socket with its own context. Not thread-safe: it is made on one thread, handed to the socket thread, and
/// touched by that one alone from then on.
final class ZMQSocket {
    private let context: UnsafeMutableRawPointer
    let handle: UnsafeMutableRawPointer
    /// Tells of connections made, lost and refused.
    let monitor: UnsafeMutableRawPointer
    private var isClosed = false
    private let message: UnsafeMutablePointer<zmq_msg_t>
    /// Answers libzmq's questions whether a key may connect.
    private(set) var authenticator: CurveAuthenticator?

    init(type: Int32, limits: MessagingLimits) throws(MessagingError) {
        guard let context = zmq_ctx_new() else { throw Self.failure("create a context") }
        guard let handle = zmq_socket(context, type) else {
            let error = Self.failure("create a socket")
            zmq_ctx_term(context)
            throw error
        }
        let monitorAddress = "inproc://monitor"
        let watched =
            ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
            | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
        guard zmq_socket_monitor(handle, monitorAddress, watched) == 0, let monitor = zmq_socket(context, ZMQ_PAIR)
        else {
            let error = Self.failure("watch a socket")
            zmq_close(handle)
            zmq_ctx_term(context)
            throw error
        }
        self.context = context
        self.handle = handle
        self.monitor = monitor
        message = .allocate(capacity: 1)
        zmq_msg_init(message)

        try check(zmq_connect(monitor, monitorAddress), "watch a socket")
        try set(ZMQ_LINGER, 0)
        try set(ZMQ_SNDHWM, limits.highWaterMark)
        try set(ZMQ_RCVHWM, limits.highWaterMark)
        try setLong(ZMQ_MAXMSGSIZE, Int64(limits.frame.frame))
        try set(ZMQ_HANDSHAKE_IVL, 2000)
        try set(ZMQ_HEARTBEAT_IVL, limits.pingInterval.milliseconds)
        try set(ZMQ_HEARTBEAT_TIMEOUT, limits.pingTimeout.milliseconds)
        try set(ZMQ_HEARTBEAT_TTL, limits.pingTimeout.milliseconds)
        try set(ZMQ_RECONNECT_IVL, limits.reconnect.first.milliseconds)
        try set(ZMQ_RECONNECT_IVL_MAX, limits.reconnect.longest.milliseconds)
    }

    deinit {
        close(linger: .zero)
        zmq_msg_close(message)
        message.deallocate()
    }

    /// Closes the socket after trying for this long to send what libzmq holds. Nothing else may be called afterwards.
    func close(linger: Duration) {
        guard !isClosed else { return }
        isClosed = true
        var milliseconds = linger.milliseconds
        zmq_setsockopt(handle, ZMQ_LINGER, &milliseconds, MemoryLayout<Int32>.size)
        zmq_socket_monitor(handle, nil, 0)
        zmq_close(monitor)
        authenticator?.close()
        zmq_close(handle)
        // Returns when the socket has lingered.
        while zmq_ctx_term(context) != 0, zmq_errno() == EINTR {}
    }

    // MARK: Options

    func set(_ option: Int32, _ value: Int32) throws(MessagingError) {
        var value = value
        try check(zmq_setsockopt(handle, option, &value, MemoryLayout<Int32>.size), "set option \(option)")
    }

    func setLong(_ option: Int32, _ value: Int64) throws(MessagingError) {
        var value = value
        try check(zmq_setsockopt(handle, option, &value, MemoryLayout<Int64>.size), "set option \(option)")
    }

    func set(_ option: Int32, _ bytes: [UInt8]) throws(MessagingError) {
        try check(zmq_setsockopt(handle, option, bytes, bytes.count), "set option \(option)")
    }

    /// Makes the endpoints that are bound from now on ask for CURVE.
    func serveCurve(_ keys: CurveKeyPair, allowedWorkers: Set<CurvePublicKey>?) throws(MessagingError) {
        if let allowedWorkers {
            authenticator = try CurveAuthenticator(context: context, allowed: allowedWorkers)
        }
        try set(ZMQ_CURVE_SERVER, 1)
        try set(ZMQ_CURVE_SECRETKEY, keys.secretKey.bytes)
    }

    /// Makes the connections from now on use CURVE.
    func useCurve(_ keys: CurveKeyPair, router: CurvePublicKey) throws(MessagingError) {
        try set(ZMQ_CURVE_SERVERKEY, router.bytes)
        try set(ZMQ_CURVE_PUBLICKEY, keys.publicKey.bytes)
        try set(ZMQ_CURVE_SECRETKEY, keys.secretKey.bytes)
    }

    /// The endpoint that was bound last, with its port.
    func lastEndpoint() throws(MessagingError) -> Endpoint {
        var text = [CChar](repeating: 0, count: 512)
        var length = text.count
        try check(zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &length), "ask for the endpoint")
        return try Endpoint(Z85.text(text))
    }

    // MARK: Messages

    /// What became of an attempt to send.
    enum SendResult {
        case sent, wouldBlock, unroutable, closed
    }

    /// Sends one part, or with `peer` two, without waiting. A frame of two parts goes out whole or not at all.
    func send(_ frame: [UInt8], to peer: [UInt8]?) -> SendResult {
        if let peer, zmq_send(handle, peer, peer.count, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0 { return sendFailure() }
        // Once the routing id is taken, libzmq takes or drops the rest of the message without blocking.
        if zmq_send(handle, frame, frame.count, ZMQ_DONTWAIT) < 0 { return sendFailure() }
        return .sent
    }

    private func sendFailure() -> SendResult {
        switch zmq_errno() {
        case EAGAIN, EINTR: .wouldBlock
        case EHOSTUNREACH: .unroutable
        default: .closed
        }
    }

    /// Receives the next part without waiting and hands its bytes to `body`; `nil` where there is none.
    func receivePart<T>(from socket: UnsafeMutableRawPointer, _ body: (UnsafeRawBufferPointer, _ more: Bool) -> T) -> T?
    {
        var length = zmq_msg_recv(message, socket, ZMQ_DONTWAIT)
        while length < 0, zmq_errno() == EINTR { length = zmq_msg_recv(message, socket, ZMQ_DONTWAIT) }
        guard length >= 0 else { return nil }
        let bytes = UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message))
        return body(bytes, zmq_msg_more(message) != 0)
    }

    // MARK: Errors

    func check(_ status: Int32, _ action: String) throws(MessagingError) {
        guard status == 0 else { throw Self.failure(action) }
    }

    static func failure(_ action: String) -> MessagingError {
        let number = zmq_errno()
        return MessagingError(
            .system, "libzmq could not \(action): \(String(cString: zmq_strerror(number)))", errorNumber: number)
    }
}

extension Duration {
    /// Whole milliseconds, at most what libzmq's options hold.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        let whole = seconds.multipliedReportingOverflow(by: 1000)
        guard !whole.overflow else { return seconds < 0 ? 0 : Int32.max }
        return Int32(clamping: max(0, whole.partialValue + attoseconds / 1_000_000_000_000_000))
    }
}
