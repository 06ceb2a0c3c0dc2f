import CTorch
import Glibc
import Synchronization

/// A thread of its own for one device, and the executor of the actor that owns the device's models.
///
/// libtorch keeps state per thread (inference mode, the number of OpenMP threads, the current CUDA stream), and a decode loop
/// blocks for seconds: neither belongs on the cooperative thread pool. An actor that returns this from
/// `unownedExecutor` runs all its jobs here, one after the other.
///
/// `@unchecked Sendable`: the queue is guarded by `monitor`, which every access holds; the rest is immutable or atomic.
public final class DeviceThread: SerialExecutor, @unchecked Sendable {
    private struct Queue {
        var jobs: [UnownedJob] = []
        var next = 0
        var closed = false
    }

    /// The heartbeat's view of the device: how many steps it has made, and when the last one was.
    public struct Progress: Sendable {
        /// Steps (jobs, decoder steps, vocoder blocks) since start.
        public let steps: UInt64
        /// Whether a job is running now.
        public let busy: Bool
        /// Time since the last step.
        public let sinceLastStep: Duration
    }

    /// Steps and the time of the last one, shared with the thread without making it own the executor.
    private final class Counters: Sendable {
        let steps = Atomic<UInt64>(0)
        let lastStep = Atomic<Int64>(0)
        let busy = Atomic<Bool>(false)
    }

    private let name: String
    private let counters = Counters()
    private let start = ContinuousClock.now
    private let monitor = Monitor()
    private var queue = Queue()

    /// Starts the thread.
    /// - Parameters:
    ///   - name: shown by `top -H` and debuggers, at most 15 bytes.
    ///   - setUp: runs first on the new thread, for settings that libtorch keeps per thread.
    public init(name: String, setUp: @escaping @Sendable () -> Void = {}) {
        self.name = String(name.prefix(15))
        // The thread keeps this object alive until `close`, so that a running job never outlives its executor.
        let context = Unmanaged.passRetained(Launch(thread: self, setUp: setUp))
        var thread = pthread_t()
        let failed = pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                let launch = Unmanaged<Launch>.fromOpaque(raw).takeRetainedValue()
                launch.setUp()
                launch.thread.run()
                return nil
            }, context.toOpaque())
        if failed == 0 {
            pthread_detach(thread)
        } else {
            context.release()
            monitor.locked { queue.closed = true }
        }
    }

    private final class Launch: Sendable {
        let thread: DeviceThread
        let setUp: @Sendable () -> Void
        init(thread: DeviceThread, setUp: @escaping @Sendable () -> Void) {
            self.thread = thread
            self.setUp = setUp
        }
    }

    /// What the heartbeat reports. Cheap, from any thread.
    public var progress: Progress {
        let now = Self.nanoseconds(ContinuousClock.now - start)
        let last = counters.lastStep.load(ordering: .relaxed)
        return Progress(
            steps: counters.steps.load(ordering: .relaxed), busy: counters.busy.load(ordering: .relaxed),
            sinceLastStep: .nanoseconds(max(0, now - last)))
    }

    /// Counts a step: called by decode loops and between vocoder blocks, so that a hung device can be told from a busy one.
    public func recordStep() {
        counters.steps.add(1, ordering: .relaxed)
        counters.lastStep.store(Self.nanoseconds(ContinuousClock.now - start), ordering: .relaxed)
    }

    /// Ends the thread after the jobs that are already queued. Jobs that come later never run: close only when the actor is gone.
    public func close() {
        monitor.locked { queue.closed = true }
        monitor.wakeAll()
    }

    /// Queues a job; called by the Swift runtime.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        monitor.locked { queue.jobs.append(job) }
        monitor.wakeAll()
    }

    /// The executor as the runtime wants it.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    private func run() {
        ct_name_thread(name)
        while let job = nextJob() {
            counters.busy.store(true, ordering: .relaxed)
            recordStep()
            job.runSynchronously(on: asUnownedSerialExecutor())
            recordStep()
            counters.busy.store(false, ordering: .relaxed)
        }
    }

    private func nextJob() -> UnownedJob? {
        monitor.locked {
            while queue.next == queue.jobs.count {
                if queue.closed { return nil }
                monitor.wait()
            }
            let job = queue.jobs[queue.next]
            queue.next += 1
            if queue.next == queue.jobs.count {
                queue.jobs.removeAll(keepingCapacity: true)
                queue.next = 0
            }
            return job
        }
    }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
    }
}
