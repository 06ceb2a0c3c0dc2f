import Wire

/// Which checkpoints of which model a switch replaces; `nil` leaves one as it is.
struct WeightChange: Hashable, Sendable {
    var model = ModelSetDescription.defaultName
    var gptPath: String?
    var sovitsPath: String?
}

/// What one worker said about a switch.
struct WorkerReason: Hashable, Sendable, CustomStringConvertible {
    let worker: String
    let reason: String

    var description: String { "\(worker): \(reason)" }
}

/// How a switch ended.
enum SwitchOutcome: Hashable, Sendable {
    /// Every worker that is in service serves the new set. The workers that fell out on the way are named.
    case committed(epoch: UInt64, fellOut: [WorkerReason])
    /// The old set serves everywhere; these are the reasons.
    case failed([WorkerReason])
}
