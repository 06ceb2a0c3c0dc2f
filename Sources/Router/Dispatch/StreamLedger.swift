import Wire

/// Keeps the account of one stream: the order of chunks, and the bytes that the worker may still send.
struct StreamLedger {
    /// What is wrong with a stream.
    enum Violation: Error, Equatable {
        case gap(expected: UInt32, found: UInt32)
        case overdrawn(bytes: Int)
        case missingHead
        case tooLong(announced: Int)
        case tooShort(String)
    }

    private(set) var received = 0
    /// Bytes that wait for the client.
    private(set) var pending = 0
    /// When the client last took something, or when the first byte came to wait.
    private(set) var lastMove: ContinuousClock.Instant
    /// Whether the worker ever had to wait for credit: how long it took then says nothing about its speed.
    private(set) var wasExhausted = false
    private var nextSequence: UInt32 = 0
    private var granted: Int
    private var takenSinceGrant = 0
    private var contentLength: Int?
    private let window: Int

    init(window: Int, at now: ContinuousClock.Instant) {
        self.window = window
        granted = window
        lastMove = now
    }

    /// Whether the first chunk was seen.
    var hasBegun: Bool { nextSequence > 0 }

    /// Takes in a chunk.
    mutating func receive(_ chunk: Chunk, at now: ContinuousClock.Instant) throws(Violation) {
        guard chunk.sequence == nextSequence else {
            throw .gap(expected: nextSequence, found: chunk.sequence)
        }
        if nextSequence == 0 {
            guard let head = chunk.head else { throw .missingHead }
            contentLength = head.contentLength
        }
        let bytes = chunk.payload.count
        guard bytes <= granted - received else { throw .overdrawn(bytes: bytes - (granted - received)) }
        if let contentLength, received + bytes > contentLength { throw .tooLong(announced: contentLength) }
        if pending == 0 { lastMove = now }
        nextSequence += 1
        received += bytes
        pending += bytes
        if received == granted { wasExhausted = true }
    }

    /// The client took bytes.
    ///
    /// - Returns: how much credit to send: in quarters of the window, so that not every chunk costs a frame.
    mutating func take(_ bytes: Int, at now: ContinuousClock.Instant) -> Int? {
        let taken = min(max(0, bytes), pending)
        pending -= taken
        takenSinceGrant += taken
        lastMove = now
        guard takenSinceGrant >= max(1, window / 4) else { return nil }
        defer { takenSinceGrant = 0 }
        granted += takenSinceGrant
        return takenSinceGrant
    }

    /// Checks that nothing is missing at the end.
    func close(_ end: StreamEnd) throws(Violation) {
        guard end.chunks == nextSequence, end.bytes == UInt64(received) else {
            throw .tooShort(
                "the worker sent \(end.bytes) bytes in \(end.chunks) chunks, "
                    + "but \(received) bytes in \(nextSequence) came")
        }
        if let contentLength, contentLength != received {
            throw .tooShort("\(contentLength) bytes were announced and \(received) came")
        }
    }
}
