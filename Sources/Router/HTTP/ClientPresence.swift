import HTTPTypes
import NIOCore
import NIOHTTPTypes
import Synchronization

/// Whether the client of a connection is still there, and whom to tell when it is not.
final class ClientPresence: Sendable {
    private struct State {
        var isGone = false
        var watcher: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Has `notify` called once when the client goes away; at once if it has gone already. One watcher at a time, since
    /// a connection serves one request at a time.
    func watch(_ notify: @escaping @Sendable () -> Void) {
        let isGone = state.withLock { state in
            state.watcher = state.isGone ? nil : notify
            return state.isGone
        }
        if isGone { notify() }
    }

    /// Nobody is to be told any longer.
    func unwatch() {
        state.withLock { $0.watcher = nil }
    }

    /// The client has gone.
    func leave() {
        let watcher = state.withLock { state in
            defer { state = State(isGone: true) }
            return state.watcher
        }
        watcher?()
    }
}

/// Sees that a client hangs up while its request is being worked on.
///
/// A client that only closes its sending half is taken to have left as well, as most servers do: the two cannot be told apart
/// until bytes are sent.
final class ClientPresenceHandler: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    let presence = ClientPresence()

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { presence.leave() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        presence.leave()
        context.fireChannelInactive()
    }
}
