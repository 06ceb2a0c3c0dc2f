import Glibc

/// A POSIX mutex with a condition variable, for threads that block while they wait for each other.
///
/// `@unchecked Sendable`: both have an address of their own from `init` to `deinit`, and POSIX lets every thread use them.
final class Monitor: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init() {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        condition = .allocate(capacity: 1)
        condition.initialize(to: pthread_cond_t())
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs a function while no other thread runs one.
    func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Lets other threads in until one of them calls ``wakeAll()``. Only inside of ``locked(_:)``.
    func wait() { pthread_cond_wait(condition, mutex) }

    /// Wakes the threads that wait.
    func wakeAll() { pthread_cond_broadcast(condition) }
}
