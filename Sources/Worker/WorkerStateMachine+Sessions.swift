import Wire

extension WorkerStateMachine {
    mutating func greet(_ router: Int, connection: UInt64, now: Instant) -> [Action] {
        guard links.indices.contains(router) else { return [] }
        links[router] = .greeting(connection: connection, retryAt: now + identity.helloInterval)
        unservable.remove(router)
        let hello = Hello(
            workerID: identity.workerID, software: identity.software, device: identity.device,
            precision: identity.precision, slots: identity.slots, pid: identity.pid, g2pw: identity.hasG2PW,
            model: identity.model,
            modelSet: modelSet, epoch: epoch, encoders: identity.encoders)
        return send(.hello(hello), to: router)
    }

    /// Cancels what this router's session had, without a word to it.
    mutating func loseLink(_ router: Int) -> [Action] {
        guard links.indices.contains(router) else { return [] }
        links[router] = .disconnected
        sessions[router] += 1
        awaitedCatchUps[router] = nil
        var actions: [Action] = []
        for id in tasks.keys.filter({ $0.router == router }).sorted(by: { $0.request < $1.request }) {
            let wasRunning = tasks[id]?.phase == .running
            tasks[id]?.phase = .abandoned
            if wasRunning { actions.append(.cancel(id)) }
        }
        return actions + abandonSwitch(of: router)
    }

    mutating func restartSession(_ router: Int, reason: String, now: Instant) -> [Action] {
        guard links.indices.contains(router), let connection = links[router].connection else { return [] }
        let lost = loseLink(router)
        links[router] = .greeting(connection: connection, retryAt: now + identity.helloInterval)
        return [.log(.warning, "the session with router \(router) starts anew: \(reason)")] + lost
    }

    mutating func receiveWelcome(_ welcome: Welcome, from router: Int) -> [Action] {
        guard case .greeting(let connection, _) = links[router] else { return [] }
        links[router] = .welcomed(connection: connection)
        let wanted = Duration.milliseconds(welcome.heartbeatIntervalMilliseconds)
        heartbeatInterval = heartbeatInterval.map { min($0, wanted) } ?? wanted
        var actions: [Action] = [.log(.info, "router \(welcome.routerID) welcomed this worker")]
        if welcome.committed.epoch > epoch {
            actions += catchUp(with: welcome.committed, of: router)
        } else {
            actions += announceReady(to: router)
        }
        return actions
    }

    mutating func receiveReject(_ reject: Reject, from router: Int, now: Instant) -> [Action] {
        if reject.code == Reject.helloRequired {
            // While HELLO is under way, this answers something older.
            guard isWelcomed(router), let connection = links[router].connection else { return [] }
            return loseLink(router) + greet(router, connection: connection, now: now)
        }
        guard let connection = links[router].connection else { return [] }
        let lost = loseLink(router)
        links[router] = .greeting(connection: connection, retryAt: now + identity.rejectedInterval)
        return [.log(.error, "router \(router) refused this worker (\(reject.code)): \(reject.reason)")] + lost
    }

    /// Tells every router that may submit tasks what this worker now serves.
    func announceReady() -> [Action] {
        links.indices.flatMap { announceReady(to: $0) }
    }

    func announceReady(to router: Int) -> [Action] {
        guard let rate, isWelcomed(router), !unservable.contains(router), !isCatchingUp(with: router) else { return [] }
        return send(.ready(Ready(epoch: epoch, rate: rate, modelSet: modelSet)), to: router)
    }
}
