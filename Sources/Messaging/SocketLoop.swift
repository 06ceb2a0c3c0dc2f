import CZeroMQ
import Foundation
import Wire

/// What runs on the one thread that owns a socket: it waits for the socket, its monitor and the wake signal, sends
/// without ever blocking, and receives as long as the inbox has room.
///
/// `@unchecked Sendable`: made by one thread, started once, and from then on touched by its own thread only.
final class SocketLoop: @unchecked Sendable {
    private enum Role {
        case router
        case dealer(PeerID, incarnation: UInt64, Ticker?)
    }

    private let socket: ZMQSocket
    private let role: Role
    private let limits: MessagingLimits
    private let inbox: Inbox
    private let outbox: Outbox
    private let wake: WakeSignal
    private var backlogs: [PeerID: FIFO<OutgoingFrame>] = [:]
    private var isConnected = false
    private var connection: UInt64 = 0
    private var nextTick = ContinuousClock.now

    private init(
        socket: ZMQSocket, role: Role, limits: MessagingLimits, inbox: Inbox, outbox: Outbox, wake: WakeSignal
    ) {
        self.socket = socket
        self.role = role
        self.limits = limits
        self.inbox = inbox
        self.outbox = outbox
        self.wake = wake
    }

    /// Starts the thread of a router's socket.
    static func startRouter(
        _ socket: ZMQSocket, limits: MessagingLimits, inbox: Inbox, outbox: Outbox, wake: WakeSignal
    ) {
        SocketLoop(socket: socket, role: .router, limits: limits, inbox: inbox, outbox: outbox, wake: wake)
            .start(name: "zmq-router")
    }

    /// Starts the thread of a worker's socket.
    static func startDealer(
        _ socket: ZMQSocket, router: PeerID, incarnation: UInt64, ticker: Ticker?, limits: MessagingLimits,
        inbox: Inbox, outbox: Outbox, wake: WakeSignal
    ) {
        SocketLoop(
            socket: socket, role: .dealer(router, incarnation: incarnation, ticker), limits: limits, inbox: inbox,
            outbox: outbox, wake: wake
        ).start(name: "zmq-dealer")
    }

    private func start(name: String) {
        let thread = Thread { self.run() }
        thread.name = name
        thread.stackSize = 1 << 20
        thread.start()
    }

    // MARK: The loop

    private func run() {
        var closing: ContinuousClock.Instant?
        while true {
            wait(until: closing)
            wake.lower()
            let (frames, linger) = outbox.take()
            for entry in frames { backlogs[entry.peer, default: FIFO()].append(entry.frame) }
            readMonitor()
            answerAuthentication()
            flush()
            tick()
            receive()
            guard let linger else { continue }
            let deadline = closing ?? .now + linger
            closing = deadline
            if backlogs.isEmpty || .now >= deadline { break }
        }
        socket.close(linger: closing.map { max(.zero, $0 - .now) } ?? .zero)
        inbox.finish()
        outbox.finish()
    }

    /// Waits until there is something to do.
    private func wait(until closing: ContinuousClock.Instant?) {
        var socketEvents = inbox.isFull ? 0 : ZMQ_POLLIN
        var timeout = -1
        if !backlogs.isEmpty {
            switch role {
            // Says that there is room for its one peer.
            case .dealer: socketEvents |= ZMQ_POLLOUT
            // POLLOUT of a ROUTER tells nothing about a certain peer, so a backlog is tried again after a moment.
            case .router: timeout = 5
            }
        }
        if case .dealer(_, _, .some) = role, isConnected {
            timeout = Int((nextTick - .now).milliseconds) + 1
        }
        if let closing {
            let rest = Int((closing - .now).milliseconds) + 1
            timeout = timeout < 0 ? rest : min(timeout, rest)
        }
        var items = [
            zmq_pollitem_t(socket: nil, fd: wake.descriptor, events: Int16(ZMQ_POLLIN), revents: 0),
            zmq_pollitem_t(socket: socket.monitor, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0),
            zmq_pollitem_t(socket: socket.handle, fd: 0, events: Int16(socketEvents), revents: 0),
        ]
        if let authenticator = socket.authenticator {
            items.append(zmq_pollitem_t(socket: authenticator.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
        }
        zmq_poll(&items, Int32(items.count), timeout)
    }

    // MARK: Sending

    private func flush() {
        for peer in Array(backlogs.keys) {
            guard var waiting = backlogs[peer] else { continue }
            var frames = 0
            var bytes = 0
            var isUnroutable = false
            sending: while let entry = waiting.first {
                if !isUnroutable {
                    switch send(entry, to: peer) {
                    case .sent: break
                    case .wouldBlock: break sending
                    case .unroutable, .closed: isUnroutable = true
                    }
                }
                _ = waiting.popFirst()
                frames += 1
                bytes += entry.bytes.count
            }
            backlogs[peer] = waiting.isEmpty ? nil : waiting
            if frames > 0 { outbox.settle(frames: frames, bytes: bytes, of: peer) }
            if isUnroutable { inbox.push(.unroutable(peer)) }
        }
    }

    private func send(_ entry: OutgoingFrame, to peer: PeerID) -> ZMQSocket.SendResult {
        guard case .dealer = role else { return socket.send(entry.bytes, to: peer.bytes) }
        // What was meant for an earlier connection would confuse the next one: it is dropped as if it had been sent.
        return isConnected && entry.connection == connection ? socket.send(entry.bytes, to: nil) : .sent
    }

    private func tick() {
        guard case .dealer(_, let incarnation, let ticker?) = role, isConnected,
            ContinuousClock.now >= nextTick
        else { return }
        // Never a busy loop, whatever interval is asked for.
        nextTick = .now + max(ticker.interval(), .milliseconds(1))
        // A sign of life that would have to wait is no news when it arrives.
        guard backlogs.isEmpty, let message = ticker.make(),
            let frame = try? message.frame(incarnation: incarnation).encode(limits: limits.frame)
        else { return }
        _ = socket.send(frame, to: nil)
    }

    // MARK: Receiving

    private func receive() {
        // A bounded number at a time, so that sending has its turn.
        for _ in 0..<256 {
            guard !inbox.isFull, receiveOne() else { return }
        }
        // More may be there, and libzmq tells of it only once.
        wake.raise()
    }

    private func receiveOne() -> Bool {
        var peer: PeerID
        var hasMore = true
        switch role {
        case .dealer(let router, _, _):
            peer = router
        case .router:
            peer = PeerID(bytes: [])
            guard
                let more = socket.receivePart(
                    from: socket.handle,
                    { bytes, more in
                        peer = PeerID(bytes: [UInt8](bytes))
                        return more
                    })
            else { return false }
            hasMore = more
        }
        guard hasMore else {
            inbox.push(
                .badFrame(BadFrame(peer: peer, header: nil, error: WireError(.notAFrame, "the message is empty"))))
            return true
        }
        let received = socket.receivePart(from: socket.handle) { bytes, more in
            (event: Self.read(bytes, from: peer, limits: limits.frame), size: bytes.count, more: more)
        }
        guard let received else { return false }
        guard received.more else {
            inbox.push(received.event, bytes: received.size)
            return true
        }
        var rest = true
        while rest { rest = socket.receivePart(from: socket.handle) { _, more in more } ?? false }
        inbox.push(
            .badFrame(
                BadFrame(peer: peer, header: nil, error: WireError(.notAFrame, "the message has more than one part"))))
        return true
    }

    private static func read(_ bytes: UnsafeRawBufferPointer, from peer: PeerID, limits: FrameLimits) -> PeerEvent {
        var header: FrameHeader?
        do throws(WireError) {
            let frame = try Frame.decode(bytes, limits: limits)
            header = frame.header
            return .message(
                ReceivedMessage(
                    peer: peer, incarnation: frame.header.incarnation, requestID: frame.header.requestID,
                    message: try Message(frame: frame)))
        } catch {
            return .badFrame(BadFrame(peer: peer, header: header, error: error))
        }
    }

    // MARK: Connections

    private func readMonitor() {
        while true {
            let event = socket.receivePart(from: socket.monitor) { bytes, _ in
                bytes.count >= 6
                    ? (
                        code: Int32(bytes.loadUnaligned(as: UInt16.self)),
                        value: bytes.loadUnaligned(fromByteOffset: 2, as: Int32.self)
                    )
                    : (code: 0, value: 0)
            }
            guard let event else { return }
            let address = socket.receivePart(from: socket.monitor) { bytes, _ in String(decoding: bytes, as: UTF8.self)
            }
            handle(event.code, value: event.value, address: address ?? "")
        }
    }

    private func handle(_ code: Int32, value: Int32, address: String) {
        switch code {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
            guard case .dealer = role else { return }
            loseConnection()
            connection += 1
            isConnected = true
            nextTick = .now
            inbox.push(.connected(connection))
        case ZMQ_EVENT_DISCONNECTED:
            loseConnection()
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            inbox.push(.handshakeFailed("\(address): this side's CURVE key is not allowed there (status \(value))"))
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
            inbox.push(
                .handshakeFailed("\(address): the other side does not speak as expected; are the CURVE keys right?"))
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            inbox.push(
                .handshakeFailed("\(address): the handshake broke off (\(String(cString: zmq_strerror(value))))"))
        default:
            break
        }
    }

    private func loseConnection() {
        guard case .dealer = role, isConnected else { return }
        isConnected = false
        inbox.push(.disconnected)
    }

    private func answerAuthentication() {
        guard let authenticator = socket.authenticator else { return }
        while true {
            var parts: [[UInt8]] = []
            var more = true
            while more {
                let received = socket.receivePart(from: authenticator.handle) { bytes, more in
                    parts.append([UInt8](bytes))
                    return more
                }
                guard let received else { return }
                more = received
            }
            authenticator.answer(parts)
        }
    }
}
