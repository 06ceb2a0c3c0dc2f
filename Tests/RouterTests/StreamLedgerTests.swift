import Testing
import Wire

@testable import Router

@Suite struct StreamLedgerTests {
    private let now = ContinuousClock.now

    private func chunk(_ sequence: UInt32, _ bytes: Int, length: Int? = nil) -> Chunk {
        guard case .chunk(let chunk) = Message.chunk(sequence, bytes, length: length) else {
            return Chunk(sequence: sequence, payload: [])
        }
        return chunk
    }

    @Test func creditFollowsWhatTheClientTook() throws {
        var ledger = StreamLedger(window: 100, at: now)
        try ledger.receive(chunk(0, 60), at: now)
        #expect(ledger.pending == 60)
        #expect(ledger.take(20, at: now) == nil)
        // The quarter of the window is reached: all that was taken since is granted at once.
        #expect(ledger.take(10, at: now) == 30)
        #expect(ledger.take(5, at: now) == nil)
        #expect(ledger.pending == 25)
        // Granted 130, received 60.
        try ledger.receive(chunk(1, 70), at: now)
        #expect(throws: StreamLedger.Violation.overdrawn(bytes: 1)) { try ledger.receive(chunk(2, 1), at: now) }
    }

    @Test func takingMoreThanThereIsCountsForWhatThereIs() throws {
        var ledger = StreamLedger(window: 100, at: now)
        try ledger.receive(chunk(0, 10), at: now)
        #expect(ledger.take(1_000_000, at: now) == nil)
        #expect(ledger.take(-5, at: now) == nil)
        #expect(ledger.pending == 0)
    }

    @Test func gapsMissingHeadsAndWrongLengthsAreSeen() throws {
        var ledger = StreamLedger(window: 100, at: now)
        #expect(throws: StreamLedger.Violation.gap(expected: 0, found: 1)) {
            try ledger.receive(chunk(1, 1), at: now)
        }
        #expect(throws: StreamLedger.Violation.missingHead) {
            try ledger.receive(Chunk(sequence: 0, payload: [1]), at: now)
        }
        try ledger.receive(chunk(0, 10, length: 15), at: now)
        #expect(throws: StreamLedger.Violation.gap(expected: 1, found: 0)) {
            try ledger.receive(chunk(0, 1), at: now)
        }
        #expect(throws: StreamLedger.Violation.tooLong(announced: 15)) {
            try ledger.receive(chunk(1, 6), at: now)
        }
        #expect(throws: StreamLedger.Violation.self) {
            try ledger.close(StreamEnd(audioSeconds: 1, chunks: 1, bytes: 10))
        }
        try ledger.receive(chunk(1, 5), at: now)
        #expect(throws: StreamLedger.Violation.self) {
            try ledger.close(StreamEnd(audioSeconds: 1, chunks: 2, bytes: 14))
        }
        #expect(throws: StreamLedger.Violation.self) {
            try ledger.close(StreamEnd(audioSeconds: 1, chunks: 3, bytes: 15))
        }
        try ledger.close(StreamEnd(audioSeconds: 1, chunks: 2, bytes: 15))
    }
}
