import Messaging
import Wire

/// What a caller of the dispatch state machine has to do, in this order.
enum DispatchAction: Sendable {
    /// Send the worker this, under the attempt's id.
    case send(PeerID, attempt: UInt64, Message)
    /// Hand this to the client.
    case respond(UInt64, SpeechEvent)
    /// Tell the client that it failed, before the first byte or in the middle.
    case fail(UInt64, RouterError)
    /// A request was given to a worker again.
    case retried(UInt64, from: PeerID, reason: String)
    /// A worker made audio at this rate, in seconds of audio per second.
    case measured(PeerID, rate: Double)
    /// A worker broke the protocol.
    case violated(PeerID, String)
}
