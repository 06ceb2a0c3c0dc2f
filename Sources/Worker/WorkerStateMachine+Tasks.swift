import Wire

extension WorkerStateMachine {
    mutating func begin(_ id: TaskID, _ submit: Submit, now: Instant) -> [Action] {
        guard tasks[id] == nil else {
            return [.log(.warning, "request \(id.request) was submitted twice; the second was ignored")]
        }
        guard slotsFree > 0 else { return send(.busy(Busy(slotsFree: 0)), to: id) }
        guard submit.deadlineMilliseconds > 0 else { return send(.error(Self.expired), to: id) }
        let deadline = now + .milliseconds(Int64(clamping: submit.deadlineMilliseconds))
        tasks[id] = RunningTask(deadline: deadline, stream: OutgoingStream(credit: submit.credit))
        return send(.accept, to: id) + [.start(id, submit.task, deadline: deadline, trace: submit.trace)]
    }

    mutating func grant(_ bytes: UInt64, to id: TaskID) -> [Action] {
        guard tasks[id]?.phase == .running else { return [] }
        tasks[id]?.stream.grant(bytes)
        return pump(id)
    }

    mutating func cancel(_ id: TaskID) -> [Action] {
        guard tasks[id]?.phase == .running else { return [] }
        tasks[id]?.phase = .cancelled
        return [.cancel(id)]
    }

    mutating func take(_ output: SynthesisOutput, of id: TaskID) -> [Action] {
        guard tasks[id]?.phase == .running else { return [] }
        switch output {
        case .head(let head):
            tasks[id]?.stream.setHead(head)
            return []
        case .bytes(let bytes):
            tasks[id]?.stream.append(bytes)
            return pump(id)
        }
    }

    /// Sends what credit allows, and lets the synthesizer go on where nothing is left.
    private mutating func pump(_ id: TaskID) -> [Action] {
        guard var task = tasks[id] else { return [] }
        let wasParked = task.stream.isParked
        var actions: [Action] = []
        while let chunk = task.stream.nextChunk(limit: identity.chunkBytes) {
            actions += send(.chunk(chunk), to: id)
        }
        tasks[id] = task
        if wasParked, !task.stream.isParked { actions.append(.resumeDelivery(id)) }
        return actions
    }

    mutating func finish(_ id: TaskID, _ result: Result<SynthesisSummary, SynthesisFailure>) -> [Action] {
        guard var task = tasks.removeValue(forKey: id) else { return [] }
        switch (task.phase, result) {
        case (.abandoned, _):
            return []
        case (.cancelled, _):
            return send(.cancelled, to: id)
        case (.running, .failure(let failure)):
            return send(
                .error(Failure(code: failure.code, message: failure.message, retriable: failure.retriable)), to: id)
        case (.running, .success(let summary)):
            if let incompleteness = task.stream.incompleteness {
                return send(Self.broken("the result is not complete: \(incompleteness)"), to: id)
            }
            guard summary.audioSeconds.isFinite, summary.audioSeconds >= 0 else {
                return send(Self.broken("the result's length is \(summary.audioSeconds) seconds"), to: id)
            }
            let head = task.stream.headChunk().map { send(.chunk($0), to: id) } ?? []
            let end = StreamEnd(
                audioSeconds: summary.audioSeconds, chunks: task.stream.nextSequence, bytes: task.stream.bytesSent)
            return head + send(.end(end), to: id)
        }
    }

    /// Reports the tasks whose time was over before their first chunk, and stops them. A result that has begun to flow takes
    /// as long as the client takes; the router ends it where the client takes nothing.
    mutating func expire(now: Instant) -> [Action] {
        var actions: [Action] = []
        for (id, task) in tasks where task.phase == .running && now >= task.deadline && task.stream.nextSequence == 0 {
            tasks[id]?.phase = .abandoned
            actions += send(.error(Self.expired), to: id)
            actions.append(.cancel(id))
        }
        return actions
    }

    private static var expired: Failure {
        Failure(code: .deadline, message: "the deadline passed before the first audio was ready", retriable: false)
    }

    private static func broken(_ message: String) -> Message {
        .error(Failure(code: .internal, message: message, retriable: false))
    }
}
