import Messaging
import Wire

/// What the router's shell has to do, in this order.
enum RouterAction: Sendable {
    /// Send the worker this; a request id of 0 belongs to no request.
    case send(PeerID, incarnation: UInt64, requestID: UInt64, Message)
    /// Hand this to the client of a request.
    case respond(UInt64, SpeechEvent)
    /// Tell the client of a request that it failed.
    case fail(UInt64, RouterError)
    /// From here on this set is what every worker of the model is to serve.
    case committed(String, CommittedSet)
    /// Tell whoever asked for a weight switch.
    case switched(UInt64, SwitchOutcome)
    /// Log it, count it.
    case notice(RouterNotice)
}

/// What operators want to know.
enum RouterNotice: Sendable {
    case joined(PeerID)
    case serving(PeerID, epoch: UInt64)
    case suspended(PeerID, WorkerHealthStateMachine.Condition)
    case recovered(PeerID)
    case lost(PeerID, reason: String)
    case retried(from: PeerID, reason: String)
    case violated(PeerID, String)
    case refused(PeerID, reason: String)
}
