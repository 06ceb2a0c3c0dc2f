import Wire

/// Which workers a request may go to at all, and what to say where there are none.
extension DispatchStateMachine {
    /// The workers that can do a task, in whatever state they are; empty where none is there.
    ///
    /// - Throws: `unknownModel` with the names that are known; `badRequest` where the workers are there and none can encode
    ///   the form.
    func suitableWorkers(for task: WorkerTask, _ registry: WorkerRegistry) throws(RouterError) -> [WorkerRecord] {
        try checkModel(task.model, registry)
        let holders = registry.workers.values.filter { $0.model == task.model }
        let suitable = Placement.suitable(holders, for: task)
        if suitable.isEmpty, !holders.isEmpty, case .speech(let request) = task {
            throw Self.noEncoder(request.mediaType, holders)
        }
        return suitable
    }

    /// Refuses the name of a model that no worker has ever told of. The default model and those that the configuration names may
    /// be waited for: their workers load them yet, or could not and are told of by `/health`.
    func checkModel(_ model: String, _ registry: WorkerRegistry) throws(RouterError) {
        let known = policy.expectedModels.union(registry.commitments.keys).sorted()
        guard model != ModelSetDescription.defaultName, !known.contains(model) else { return }
        throw RouterError(
            .unknownModel,
            "model: \(model.prefix(64)) is not known here; "
                + (known.isEmpty ? "no worker has come yet" : "there is \(known.joined(separator: ", "))"))
    }

    private static func noEncoder(_ mediaType: String, _ workers: [WorkerRecord]) -> RouterError {
        let reasons = Set(workers.compactMap { $0.hello.encoders.missing[mediaType] }).sorted()
        return RouterError(
            .badRequest,
            "media_type: \(mediaType) is not available: "
                + (reasons.isEmpty ? "no worker can make it" : reasons.joined(separator: "; ")))
    }
}

extension WorkerTask {
    /// The name of the model that is asked for.
    var model: String {
        switch self {
        case .speech(let request): request.model
        // Such a task is meant for one worker, which was chosen by its model.
        case .reference: ModelSetDescription.defaultName
        }
    }
}
