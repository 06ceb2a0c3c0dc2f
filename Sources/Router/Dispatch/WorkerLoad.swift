/// What one worker has in flight.
struct WorkerLoad {
    /// Attempts that hold a slot, also those that are being cancelled.
    private(set) var attempts: [UInt64: Double] = [:]
    /// The most attempts until the next heartbeat, where the worker said that it has no more slots.
    var limit: Int?

    var count: Int { attempts.count }

    /// Seconds of audio under way.
    var seconds: Double { attempts.values.reduce(0, +) }

    mutating func add(_ attempt: UInt64, seconds: Double) {
        attempts[attempt] = seconds
    }

    mutating func remove(_ attempt: UInt64) {
        attempts[attempt] = nil
    }

    /// Whether a worker with this many slots can take one more.
    func hasRoom(slots: Int) -> Bool {
        attempts.count < min(slots, limit ?? slots)
    }
}
