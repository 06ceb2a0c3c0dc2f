import CZeroMQ

/// Answers libzmq's question whether a CURVE key may connect (<https://rfc.zeromq.org/spec/27>), on the socket thread.
final class CurveAuthenticator {
    /// The socket that the questions come on.
    let handle: UnsafeMutableRawPointer
    private let allowed: Set<CurvePublicKey>

    init(context: UnsafeMutableRawPointer, allowed: Set<CurvePublicKey>) throws(MessagingError) {
        guard let handle = zmq_socket(context, ZMQ_REP) else { throw ZMQSocket.failure("create the authenticator") }
        guard zmq_bind(handle, "inproc://zeromq.zap.01") == 0 else {
            let error = ZMQSocket.failure("bind the authenticator")
            zmq_close(handle)
            throw error
        }
        self.handle = handle
        self.allowed = allowed
    }

    func close() {
        zmq_close(handle)
    }

    /// Answers one question. Its parts: version, request id, domain, address, identity, mechanism, key.
    func answer(_ parts: [[UInt8]]) {
        guard parts.count >= 2 else { return }
        let isAllowed =
            parts.count == 7 && parts[5] == Array("CURVE".utf8) && allowed.contains(CurvePublicKey(bytes: parts[6]))
        let reply: [[UInt8]] = [
            Array("1.0".utf8), parts[1], Array((isAllowed ? "200" : "400").utf8),
            Array((isAllowed ? "OK" : "this key is not allowed").utf8), [], [],
        ]
        for (index, part) in reply.enumerated() {
            let flags = index + 1 < reply.count ? ZMQ_DONTWAIT | ZMQ_SNDMORE : ZMQ_DONTWAIT
            guard zmq_send(handle, part, part.count, flags) >= 0 else { return }
        }
    }
}
