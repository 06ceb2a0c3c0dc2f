import Messaging
import Wire

/// What comes back from workers: chunks, ends, failures, and what follows from them.
extension DispatchStateMachine {
    mutating func receive(
        _ chunk: Chunk, attempt: UInt64, request id: UInt64, peer: PeerID, at now: ContinuousClock.Instant
    ) -> [DispatchAction] {
        guard var ledger = requests[id]?.ledger else { return [] }
        let isFirst = !ledger.hasBegun
        do throws(StreamLedger.Violation) {
            try ledger.receive(chunk, at: now)
        } catch {
            return violated(error, attempt: attempt, request: id, peer: peer, at: now)
        }
        requests[id]?.ledger = ledger
        attempts[attempt]?.isAccepted = true
        var actions: [DispatchAction] = []
        if isFirst, let head = chunk.head {
            if head.contentLength != nil { attempts[attempt]?.finished = now }
            actions.append(.respond(id, .head(head)))
        }
        if !chunk.payload.isEmpty { actions.append(.respond(id, .bytes(chunk.payload))) }
        return actions
    }

    mutating func finish(
        _ end: StreamEnd, attempt: UInt64, request id: UInt64, peer: PeerID, at now: ContinuousClock.Instant
    ) -> [DispatchAction] {
        guard let request = requests[id], let ledger = request.ledger, let state = attempts[attempt] else { return [] }
        do throws(StreamLedger.Violation) {
            try ledger.close(end)
            if case .speech = request.task, !ledger.hasBegun { throw .tooShort("the worker sent no audio") }
        } catch {
            release(attempt)
            return violated(error, attempt: nil, request: id, peer: peer, at: now)
        }
        release(attempt)
        requests[id]?.attempt = nil
        requests[id]?.isComplete = true
        if ledger.pending == 0 { requests[id] = nil }
        let elapsed = ((state.finished ?? now) - state.submitted) / .seconds(1)
        var actions: [DispatchAction] = [.respond(id, .end(end))]
        // A stream whose length was told had its audio when it began, so that waiting for credit does not count.
        if elapsed > 0, end.audioSeconds > 0, state.finished != nil || !ledger.wasExhausted {
            actions.append(.measured(peer, rate: end.audioSeconds / elapsed * Double(state.neighbours)))
        }
        return actions
    }

    mutating func violated(
        _ violation: StreamLedger.Violation, attempt: UInt64?, request id: UInt64, peer: PeerID,
        at now: ContinuousClock.Instant
    ) -> [DispatchAction] {
        let text = "the stream of worker \(peer) is broken: \(violation)"
        let error = RouterError(.workerLost, text, isRetriable: true)
        return [.violated(peer, text)] + abandon(attempt, reason: "broken stream")
            + failed(id, error, on: peer, retriable: true, at: now)
    }

    /// A try failed: another one where that can help and is allowed, otherwise the client is told.
    mutating func failed(
        _ id: UInt64, _ error: RouterError, on peer: PeerID, retriable: Bool, at now: ContinuousClock.Instant
    ) -> [DispatchAction] {
        guard let request = requests[id] else { return [] }
        let mayRetry =
            retriable && !request.hasBegun && now < request.deadline
            && request.attempts < policy.maximumAttempts && request.pinned == nil
        guard mayRetry, budget.withdraw() else {
            requests[id] = nil
            queue.remove(id)
            return [.fail(id, error)]
        }
        requests[id]?.avoided.insert(peer)
        requeue(id)
        return [.retried(id, from: peer, reason: error.message)]
    }

    /// Ends a request with an error.
    mutating func fail(_ id: UInt64, _ error: RouterError) -> [DispatchAction] {
        guard let request = requests.removeValue(forKey: id) else { return [] }
        queue.remove(id)
        let actions = request.isComplete ? [] : abandon(request.attempt, reason: error.code.description)
        return actions + [.fail(id, error)]
    }

    /// Nobody waits for the attempt any longer. Its slot stays taken until the worker says that it has stopped.
    mutating func abandon(_ id: UInt64?, reason: String) -> [DispatchAction] {
        guard let id, let attempt = attempts[id] else { return [] }
        attempts[id]?.request = nil
        return [.send(attempt.peer, attempt: id, .cancel(Cancel(reason: reason)))]
    }

    mutating func release(_ id: UInt64) {
        guard let attempt = attempts.removeValue(forKey: id) else { return }
        loads[attempt.peer]?.remove(id)
    }

    mutating func requeue(_ id: UInt64) {
        guard let request = requests[id] else { return }
        requests[id]?.attempt = nil
        requests[id]?.ledger = nil
        queue.insert(id, seconds: request.seconds)
    }
}
