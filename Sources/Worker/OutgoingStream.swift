import Wire

/// A result on its way out: cut into chunks, numbered, and sent no faster than the credit allows.
struct OutgoingStream {
    private var credit: CreditLedger
    private var head: StreamHead?
    private var pending: ArraySlice<UInt8> = []
    private(set) var nextSequence: UInt32 = 0
    private(set) var bytesSent: UInt64 = 0

    init(credit: UInt64) {
        self.credit = CreditLedger(initial: credit)
    }

    /// Whether bytes wait for credit.
    var isParked: Bool { !pending.isEmpty }

    /// Keeps what is told about the whole; it goes out with the first chunk.
    mutating func setHead(_ head: StreamHead) {
        guard nextSequence == 0 else { return }
        self.head = head
    }

    mutating func append(_ bytes: [UInt8]) {
        if pending.isEmpty { pending = bytes[...] } else { pending += bytes }
    }

    mutating func grant(_ bytes: UInt64) {
        credit.grant(bytes)
    }

    /// The next chunk that may go out now.
    mutating func nextChunk(limit: Int) -> Chunk? {
        guard !pending.isEmpty else { return nil }
        let count = credit.take(upTo: min(limit, pending.count))
        guard count > 0 else { return nil }
        defer { pending = pending.dropFirst(count) }
        return chunk(Array(pending.prefix(count)))
    }

    /// The chunk that tells the head of a result without bytes, where it was not told yet.
    mutating func headChunk() -> Chunk? {
        guard nextSequence == 0, head != nil else { return nil }
        return chunk([])
    }

    /// Why the result may not be called complete, where that is so.
    var incompleteness: String? {
        if !pending.isEmpty { return "\(pending.count) bytes were still waiting to be sent" }
        guard let length = head?.contentLength, UInt64(clamping: length) != bytesSent else { return nil }
        return "\(length) bytes were announced and \(bytesSent) were made"
    }

    private mutating func chunk(_ payload: [UInt8]) -> Chunk {
        let chunk = Chunk(sequence: nextSequence, head: nextSequence == 0 ? head : nil, payload: payload)
        nextSequence &+= 1
        bytesSent += UInt64(payload.count)
        return chunk
    }
}
