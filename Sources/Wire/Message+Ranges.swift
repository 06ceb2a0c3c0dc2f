extension Message {
    /// The most slots that a worker may tell of.
    public static let maximumSlots = 1024
    /// The most bytes of credit that one message may give: far above any sensible window, far below overflow.
    public static let maximumCredit: UInt64 = 1 << 40
    /// The longest deadline and the longest interval, in milliseconds: one day.
    public static let maximumMilliseconds: UInt64 = 86_400_000

    /// Refuses values that no correct peer sends, so that nobody behind this has to think of overflow.
    func checkRanges() throws(WireError) {
        switch self {
        case .hello(let hello):
            // ZeroMQ routing ids are 1…255 bytes and may not begin with a zero byte.
            try check(1...255, hello.workerID.utf8.count, "the length of worker_id")
            try check(1...255, hello.model.utf8.count, "the length of model")
            try check(1...Self.maximumSlots, hello.slots, "slots")
        case .welcome(let welcome):
            try check(1...Int(Self.maximumMilliseconds), welcome.heartbeatIntervalMilliseconds, "heartbeat_interval_ms")
        case .ready(let ready):
            try check(0...Double.greatestFiniteMagnitude, ready.rate, "rate")
        case .submit(let submit):
            try check(0...Self.maximumMilliseconds, submit.deadlineMilliseconds, "deadline_ms")
            try check(0...Self.maximumCredit, submit.credit, "credit")
        case .busy(let busy):
            try check(0...Self.maximumSlots, busy.slotsFree, "slots_free")
        case .chunk(let chunk):
            guard let head = chunk.head else { return }
            try check(0...Int(Int32.max), head.sampleRate, "sample_rate")
            try check(0...(1 << 48), head.contentLength ?? 0, "content_length")
        case .credit(let credit):
            try check(0...Self.maximumCredit, credit.bytes, "bytes")
        case .end(let end):
            try check(0...Double.greatestFiniteMagnitude, end.audioSeconds, "audio_seconds")
        case .error(let failure):
            try check(100...599, failure.httpStatus ?? 500, "http_status")
        case .heartbeat(let heartbeat):
            try check(0...Self.maximumSlots, heartbeat.active, "active")
            try check(0...Self.maximumSlots, heartbeat.slotsFree, "slots_free")
        case .reject, .accept, .cancel, .cancelled, .drain, .prepare, .prepared, .commit, .abort:
            break
        }
    }

    private func check<T: Comparable>(_ range: ClosedRange<T>, _ value: T, _ name: String) throws(WireError) {
        guard range.contains(value) else {
            throw WireError(.malformedControl, "\(name) is \(value), outside \(range.lowerBound)…\(range.upperBound)")
        }
    }
}
