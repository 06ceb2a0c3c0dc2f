import Wire

/// The worker's half of a weight switch: PREPARE loads beside the serving set, COMMIT flips, ABORT drops.
extension WorkerStateMachine {
    mutating func beginPreparing(_ prepare: Prepare, from router: Int) -> [Action] {
        guard prepare.epoch > epoch else {
            return refuse(prepare.epoch, "epoch \(prepare.epoch) is not above the serving one, \(epoch)", to: router)
        }
        var actions: [Action] = []
        switch switching {
        case .idle: break
        case .prepared(let earlier, router):
            actions.append(.abort(epoch: earlier))
        case .prepared(let other, _), .preparing(let other, _, _, _), .committing(let other):
            return refuse(prepare.epoch, "a switch to epoch \(other) is under way; try again later", to: router)
        }
        switching = .preparing(epoch: prepare.epoch, router: router, isCatchingUp: false, isAbandoned: false)
        asked = prepare
        return actions + [.prepare(prepare)]
    }

    /// Loads what the router has committed before this worker came.
    mutating func catchUp(with committed: CommittedSet, of router: Int) -> [Action] {
        guard case .idle = switching else {
            awaitedCatchUps[router] = committed
            return []
        }
        switching = .preparing(epoch: committed.epoch, router: router, isCatchingUp: true, isAbandoned: false)
        let prepare = Prepare(
            epoch: committed.epoch, gptPath: committed.gptPath, sovitsPath: committed.sovitsPath)
        asked = prepare
        return [.prepare(prepare)]
    }

    /// Loads the set again for which the memory did not suffice, once nothing is spoken any longer.
    mutating func prepareIfCleared() -> [Action] {
        guard case .waiting(let prepare) = clearing, tasks.isEmpty else { return [] }
        clearing = .loading
        return [.prepare(prepare)]
    }

    /// Does what had to wait for a switch to end.
    private mutating func catchUpWithAwaited() -> [Action] {
        var actions: [Action] = []
        while case .idle = switching, let (router, committed) = awaitedCatchUps.popFirst() {
            actions += committed.epoch > epoch ? catchUp(with: committed, of: router) : announceReady(to: router)
        }
        return actions
    }

    func isCatchingUp(with router: Int) -> Bool {
        if awaitedCatchUps[router] != nil { return true }
        guard case .preparing(_, router, isCatchingUp: true, isAbandoned: false) = switching else { return false }
        return true
    }

    mutating func finishPreparing(
        _ prepared: UInt64, _ result: Result<ModelSetDescription, SynthesisFailure>
    ) -> [Action] {
        guard case .preparing(prepared, let router, let isCatchingUp, let isAbandoned) = switching else { return [] }
        if case .failure(let failure) = result, failure.code == .outOfMemory, !isAbandoned, clearing == nil, let asked {
            clearing = .waiting(asked)
            let text =
                "the memory does not suffice for another model set beside \(tasks.count) requests; they are to finish"
            return [.log(.warning, text)] + prepareIfCleared()
        }
        switching = .idle
        asked = nil
        clearing = nil
        switch result {
        case .failure(let failure):
            guard !isAbandoned else { return catchUpWithAwaited() }
            if isCatchingUp { unservable.insert(router) }
            return [.log(.error, "model set of epoch \(prepared) cannot be used: \(failure)")]
                + refuse(prepared, failure.message, to: router) + catchUpWithAwaited()
        case .success(let modelSet):
            if isAbandoned { return [.abort(epoch: prepared)] + catchUpWithAwaited() }
            if isCatchingUp {
                switching = .committing(epoch: prepared)
                return [.commit(epoch: prepared)]
            }
            switching = .prepared(epoch: prepared, router: router)
            return send(.prepared(Prepared(epoch: prepared, ok: true, modelSet: modelSet)), to: router)
        }
    }

    mutating func beginCommitting(_ wanted: UInt64, from router: Int) -> [Action] {
        guard case .prepared(wanted, router) = switching else {
            // The router sees by the epoch in READY what is served here.
            return [.log(.warning, "COMMIT of epoch \(wanted), which is not prepared; epoch \(epoch) goes on serving")]
                + announceReady(to: router)
        }
        switching = .committing(epoch: wanted)
        return [.commit(epoch: wanted)]
    }

    mutating func finishCommitting(
        _ committed: UInt64, _ result: Result<ModelSetDescription, SynthesisFailure>
    ) -> [Action] {
        guard case .committing(committed) = switching else { return [] }
        switching = .idle
        switch result {
        case .failure(let failure):
            return [.exit(.commitFailed(failure.message))]
        case .success(let modelSet):
            epoch = committed
            self.modelSet = modelSet
            unservable = []
            return [.log(.info, "epoch \(committed) is served")] + announceReady() + catchUpWithAwaited()
        }
    }

    mutating func abortSwitch(epoch aborted: UInt64, from router: Int) -> [Action] {
        switch switching {
        case .prepared(aborted, router), .preparing(aborted, router, isCatchingUp: false, isAbandoned: false):
            return abandonSwitch(of: router)
        default:
            return []
        }
    }

    /// Drops what this router has begun and can no longer end. A flip that has begun is finished.
    mutating func abandonSwitch(of router: Int) -> [Action] {
        switch switching {
        case .prepared(let epoch, router):
            switching = .idle
            return [.abort(epoch: epoch)] + catchUpWithAwaited()
        case .preparing(let epoch, router, let isCatchingUp, _):
            if case .waiting = clearing {
                switching = .idle
                asked = nil
                clearing = nil
                return catchUpWithAwaited()
            }
            switching = .preparing(epoch: epoch, router: router, isCatchingUp: isCatchingUp, isAbandoned: true)
            return []
        default:
            return []
        }
    }

    private func refuse(_ epoch: UInt64, _ reason: String, to router: Int) -> [Action] {
        send(.prepared(Prepared(epoch: epoch, ok: false, error: reason)), to: router)
    }
}
