import Messaging
import Wire

/// What a caller of the switching state machines has to do, in this order.
enum SwitchAction: Equatable {
    /// Send the worker this.
    case send(PeerID, Message)
    /// Send the worker COMMIT, and give it nothing until it says READY.
    case flip(PeerID, epoch: UInt64)
    /// From here on the set is what every worker of the model is to serve.
    case commit(String, CommittedSet, ModelSetDescription?)
    /// Tell whoever asked for the switch.
    case finish(UInt64, SwitchOutcome)
}
