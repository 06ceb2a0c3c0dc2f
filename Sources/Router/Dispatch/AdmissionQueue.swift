/// The bounded queue of requests that wait for a worker, in the order in which they came.
///
/// The ids are given in that order, so that a request whose worker was lost takes its old place again.
struct AdmissionQueue {
    private(set) var waiting: [UInt64] = []
    private var seconds: [UInt64: Double] = [:]
    private let policy: RouterPolicy

    init(policy: RouterPolicy) {
        self.policy = policy
    }

    var depth: Int { waiting.count }

    /// Seconds of audio that wait.
    var waitingSeconds: Double { seconds.values.reduce(0, +) }

    /// Lets a new request in, or says why not and when to come again.
    ///
    /// - Parameters:
    ///   - hasProspect: whether there is a worker to wait for.
    ///   - rate: seconds of audio per second of all workers together; 0 where it is not known.
    /// - Throws: `queueFull` (429) or `noWorker` (503).
    mutating func admit(_ id: UInt64, seconds estimate: Double, hasProspect: Bool, rate: Double) throws(RouterError) {
        guard hasProspect else {
            throw RouterError(
                .noWorker, "no worker is ready; try again, or look at /health for what the workers are doing",
                isRetriable: true, retryAfter: policy.unavailableRetryAfter)
        }
        guard waiting.count < policy.queueLimit else {
            throw RouterError(
                .queueFull, "\(waiting.count) requests are waiting already, which is the limit; try again later",
                isRetriable: true, retryAfter: retryAfter(rate: rate))
        }
        insert(id, seconds: estimate)
    }

    /// Takes a request back whose worker was lost. It was admitted before, so the limit does not hold for it.
    mutating func insert(_ id: UInt64, seconds estimate: Double) {
        guard seconds[id] == nil else { return }
        let place = waiting.firstIndex { $0 > id } ?? waiting.endIndex
        waiting.insert(id, at: place)
        seconds[id] = estimate
    }

    /// Takes a request out, because it has a worker or is over.
    mutating func remove(_ id: UInt64) {
        guard seconds.removeValue(forKey: id) != nil else { return }
        waiting.removeAll { $0 == id }
    }

    /// In how many seconds, 1…60, half of the queue is likely to be done.
    func retryAfter(rate: Double) -> Int {
        let assumed = rate > 0 ? rate : 2
        let half = (waitingSeconds / assumed / 2).rounded(.up)
        return Int(min(60, max(1, half)))
    }
}
