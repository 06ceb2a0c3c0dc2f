import CZeroMQ
import Messaging

/// A DEALER socket that sends whatever it is told, to see what the other side makes of it.
final class RawDealer {
    private let context: UnsafeMutableRawPointer
    private let handle: UnsafeMutableRawPointer

    init(endpoint: Endpoint, name: String) throws {
        guard let context = zmq_ctx_new(), let handle = zmq_socket(context, ZMQ_DEALER) else { throw MissingEvent() }
        self.context = context
        self.handle = handle
        zmq_setsockopt(handle, ZMQ_ROUTING_ID, name, name.utf8.count)
        guard zmq_connect(handle, endpoint.description) == 0 else { throw MissingEvent() }
    }

    func send(_ parts: [[UInt8]]) {
        for (index, part) in parts.enumerated() {
            zmq_send(handle, part, part.count, index + 1 < parts.count ? ZMQ_SNDMORE : 0)
        }
    }

    deinit {
        zmq_close(handle)
        zmq_ctx_term(context)
    }
}
