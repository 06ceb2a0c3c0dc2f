import CTorch
import Glibc
import Synchronization

/// A thread of its own for something that is not `Sendable`, such as a model, and for callers that wait.
///
/// libtorch keeps a team of threads for each thread that computes; on the cooperative pool each of its threads would get one.
/// Callers block until their turn is over, so this is for work of milliseconds in code that is not asynchronous. The thread
/// never waits for its callers, which therefore cannot deadlock it. It ends when the last reference goes.
///
/// `@unchecked Sendable`: the queue is guarded by its monitor, and the content is made, used and destroyed on the thread alone.
public final class ConfinedThread<Content>: @unchecked Sendable {
    private let queue: JobQueue<Content>

    /// Starts the thread.
    /// - Parameters:
    ///   - name: shown by `top -H` and debuggers, at most 15 bytes.
    ///   - make: makes the content, on the thread.
    public init(name: String, make: @escaping @Sendable () -> Content) {
        let queue = JobQueue<Content>(name: String(name.prefix(15)), make: make)
        self.queue = queue
        var thread = pthread_t()
        let failed = pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                (Unmanaged<AnyObject>.fromOpaque(raw).takeRetainedValue() as? any ThreadBody)?.run()
                return nil
            }, Unmanaged.passRetained(queue as AnyObject).toOpaque())
        if failed == 0 {
            pthread_detach(thread)
        } else {
            Unmanaged.passUnretained(queue as AnyObject).release()
            queue.close()
        }
    }

    deinit {
        queue.close()
    }

    /// Runs a function on the thread after those that came before, and waits for its result.
    /// - Throws: what `body` throws, or `TorchError` with code `unavailable` where the system gave no thread.
    public func run<Result: Sendable>(
        _ body: @escaping @Sendable (inout Content) throws -> Result
    ) throws -> Result {
        let outcome = Outcome<Result>()
        let isQueued = queue.perform { content in
            let result = Swift.Result { try body(&content) }
            outcome.value.withLock { $0 = result }
        }
        guard isQueued, let value = outcome.value.withLock({ $0 }) else {
            throw TorchError(.unavailable, "the system gave no thread to compute on; raise the limit of threads")
        }
        return try value.get()
    }
}

/// Where a job leaves its result.
private final class Outcome<Value: Sendable>: Sendable {
    let value = Mutex<Result<Value, any Error>?>(nil)
}

private protocol ThreadBody: AnyObject {
    func run()
}

/// Jobs for one thread, and the callers that wait for them.
///
/// `@unchecked Sendable`: `jobs`, `finished` and `isClosed` are read and written under `monitor` only.
private final class JobQueue<Content>: ThreadBody, @unchecked Sendable {
    private typealias Job = (number: UInt64, body: (inout Content) -> Void)

    private let name: String
    private let make: @Sendable () -> Content
    private let monitor = Monitor()
    private var jobs: [Job] = []
    private var lastNumber: UInt64 = 0
    /// Jobs up to this number are done.
    private var finished: UInt64 = 0
    private var isClosed = false

    init(name: String, make: @escaping @Sendable () -> Content) {
        self.name = name
        self.make = make
    }

    /// Queues a job and waits until it is done; false where there is no thread to do it.
    func perform(_ body: @escaping (inout Content) -> Void) -> Bool {
        monitor.locked {
            guard !isClosed else { return false }
            lastNumber += 1
            let number = lastNumber
            jobs.append((number, body))
            monitor.wakeAll()
            while finished < number { monitor.wait() }
            return true
        }
    }

    /// Ends the thread after the jobs that are queued.
    func close() {
        monitor.locked { isClosed = true }
        monitor.wakeAll()
    }

    func run() {
        ct_name_thread(name)
        var content = make()
        while let job = nextJob() {
            job.body(&content)
            monitor.locked { finished = job.number }
            monitor.wakeAll()
        }
    }

    private func nextJob() -> Job? {
        monitor.locked {
            while jobs.isEmpty {
                if isClosed { return nil }
                monitor.wait()
            }
            return jobs.removeFirst()
        }
    }
}
