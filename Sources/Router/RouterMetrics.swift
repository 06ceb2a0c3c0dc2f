import Metrics
import Synchronization

/// The router's measurements, under names that Prometheus takes.
final class RouterMetrics: Sendable {
    /// Requests that went to another worker.
    let retries = Counter(label: "chorus_router_retries_total")
    /// Frames of workers that broke the protocol.
    let violations = Counter(label: "chorus_router_protocol_violations_total")
    /// Seconds of audio that workers made.
    let audioSeconds = FloatingPointCounter(label: "chorus_audio_seconds_total")
    private let queued = Gauge(label: "chorus_router_queue_depth")
    private let inFlight = Gauge(label: "chorus_router_requests_in_flight")
    private let timeToFirstByte = Timer(
        label: "chorus_time_to_first_byte_seconds", dimensions: [], preferredDisplayUnit: .seconds)

    /// Workers that were measured before, so that one that is gone is told to be down.
    private let known = Mutex<Set<String>>([])

    init() {}

    /// Weight switches by how they ended.
    func switches(succeeded: Bool) -> Counter {
        Counter(
            label: "chorus_router_weight_switches_total",
            dimensions: [("result", succeeded ? "committed" : "failed")])
    }

    /// One HTTP request whose answer begins: for all routes but `/tts`, that is its whole duration.
    func answered(route: String, status: Int, after duration: Duration) {
        let dimensions = [("route", route), ("status", String(status))]
        Counter(label: "chorus_http_requests_total", dimensions: dimensions).increment()
        Timer(
            label: "chorus_http_request_duration_seconds", dimensions: [("route", route)],
            preferredDisplayUnit: .seconds
        ).record(duration: duration)
    }

    /// The first byte of audio is there.
    func began(after duration: Duration) {
        timeToFirstByte.record(duration: duration)
    }

    /// The last byte of audio was taken by the client, or the answer broke.
    func ended(after duration: Duration, isComplete: Bool) {
        Timer(
            label: "chorus_speech_duration_seconds", dimensions: [("result", isComplete ? "complete" : "broken")],
            preferredDisplayUnit: .seconds
        ).record(duration: duration)
    }

    /// The state at the moment.
    func update(_ snapshot: RouterSnapshot) {
        queued.record(snapshot.queue.depth)
        inFlight.record(snapshot.queue.inFlight)
        let names = snapshot.workers.map(\.id)
        let gone = known.withLock { known in
            defer { known.formUnion(names) }
            return known.subtracting(names)
        }
        for name in gone { record(name, ready: false, up: false, inFlight: 0) }
        for worker in snapshot.workers {
            record(worker.id, ready: worker.isReady, up: worker.state != "silent", inFlight: worker.inFlight)
        }
    }

    private func record(_ worker: String, ready: Bool, up: Bool, inFlight: Int) {
        let dimensions = [("worker", worker)]
        Gauge(label: "chorus_worker_ready", dimensions: dimensions).record(ready ? 1 : 0)
        Gauge(label: "chorus_worker_up", dimensions: dimensions).record(up ? 1 : 0)
        Gauge(label: "chorus_worker_tasks_in_flight", dimensions: dimensions).record(inFlight)
    }
}
