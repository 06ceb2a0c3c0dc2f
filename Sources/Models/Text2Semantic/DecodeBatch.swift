import Torch

/// Requests that share decoder steps: each may join before any step and leaves by itself when its texts have ended.
///
/// A row's numbers do not depend on who else is in the batch, and each request has its own random draws. Not `Sendable`:
/// stays on its device thread.
public final class DecodeBatch {
    private let model: Text2Semantic
    private let cache: KVCache
    private var sessions: [DecodeSession] = []

    /// An empty batch with a cache of its own.
    ///
    /// - Throws: as ``Text2Semantic/makeCache()``.
    public init(_ model: Text2Semantic) throws {
        self.model = model
        cache = try model.makeCache()
    }

    /// Whether no request is left.
    public var isEmpty: Bool { sessions.isEmpty }

    /// Rows that the next step computes, those of texts that have yet to be read left out.
    public var rowCount: Int { cache.rows.count }

    /// Lets a request take part from the next step on.
    public func join(_ session: DecodeSession) {
        if !session.isFinished { sessions.append(session) }
    }

    /// Takes a request out, with the texts that have not ended.
    ///
    /// - Throws: `TorchError` where its rows cannot be taken out of the cache; the request has left in any case.
    public func leave(_ session: DecodeSession) throws {
        sessions.removeAll { $0 === session }
        for row in session.abandon() { try cache.remove(row) }
    }

    /// Frees the cache's memory, where no request is in the batch: gigabytes after many long texts.
    ///
    /// - Throws: `TorchError`; nothing is freed then.
    public func releaseMemory() throws(TorchError) { try cache.release() }

    /// A request that a step could not go on with.
    public struct Failure {
        /// The request; it has left the batch.
        public let session: DecodeSession
        /// Why.
        public let error: any Error
    }

    /// One step: makes one token for every row, then reads the texts that wait and makes their first tokens.
    ///
    /// Requests whose texts have all ended leave. So does one that fails by itself (a wrong input, logits that are not
    /// numbers), and is returned.
    /// - Throws: what concerns all requests, such as a device out of memory in the common step. The batch is as before then,
    ///   as far as the device still works.
    public func step() throws -> [Failure] {
        var failures: [Failure] = []
        let decoding = sessions.filter { !$0.rows.isEmpty }
        if !decoding.isEmpty {
            var tokens = Array(repeating: 0, count: cache.rows.count)
            for session in decoding { session.fill(&tokens) }
            let logits = try model.decode(tokens, cache: cache).to(device: .cpu)
            // Slots as they were in this step: rows that end make the others move.
            let places = decoding.map { $0.rows.map(\.slot) }
            for (session, places) in zip(decoding, places) {
                try attempt(session, &failures) {
                    for row in try session.advance(logits: logits, places: places) { try cache.remove(row) }
                }
            }
        }
        for session in sessions where !session.waiting.isEmpty {
            try attempt(session, &failures) { try read(session) }
        }
        sessions.removeAll(where: \.isFinished)
        return failures
    }

    /// Reads the texts that a session waits for and makes their first tokens.
    private func read(_ session: DecodeSession) throws {
        let (inputs, prompts) = session.waitingInputs()
        let (rows, logits) = try model.prefill(inputs, prompts: prompts, cache: cache)
        session.begin(rows)
        for row in try session.advance(logits: logits.to(device: .cpu), places: Array(rows.indices)) {
            try cache.remove(row)
        }
    }

    private func attempt(_ session: DecodeSession, _ failures: inout [Failure], _ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            try leave(session)
            failures.append(Failure(session: session, error: error))
        }
    }
}
