import Messaging
import Wire

/// Chooses the worker for a task: the one that is likely to be done first, so that unlike devices share by their speed.
enum Placement {
    /// Those of the workers that can do a task at all: that hold its model, can make its form of audio, and speak its
    /// language. Where nobody speaks the language, it does not count: a worker will say in its own words what is missing.
    static func suitable(_ workers: [WorkerRecord], for task: WorkerTask) -> [WorkerRecord] {
        let holders = workers.filter { $0.model == task.model }
        guard case .speech(let request) = task else { return holders }
        let makers = holders.filter { $0.hello.encoders.mediaTypes.contains(request.mediaType) }
        let speakers = makers.filter { $0.modelSet.languages.contains(request.textLang) }
        return speakers.isEmpty ? makers : speakers
    }

    /// - Parameters:
    ///   - seconds: the task's audio.
    ///   - workers: those that may be given it.
    ///   - loads: what they have in flight.
    /// - Returns: the worker, or `nil` if all slots are taken.
    static func choose(
        seconds: Double, workers: [WorkerRecord], loads: [PeerID: WorkerLoad]
    ) -> PeerID? {
        let known = workers.map(\.rate).filter { $0 > 0 }
        // A worker that could not measure itself is taken for an average one.
        let average = known.isEmpty ? 1 : known.reduce(0, +) / Double(known.count)
        var best: (peer: PeerID, finish: Double, count: Int)?
        for worker in workers {
            let load = loads[worker.peer] ?? WorkerLoad()
            guard load.hasRoom(slots: worker.hello.slots) else { continue }
            let rate = worker.rate > 0 ? worker.rate : average
            let finish = (load.seconds + seconds) / rate
            if let best, (best.finish, best.count) <= (finish, load.count) { continue }
            best = (worker.peer, finish, load.count)
        }
        return best?.peer
    }
}
