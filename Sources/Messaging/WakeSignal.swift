import CZeroMQ
import Glibc

/// An eventfd by which any thread ends the socket thread's wait.
final class WakeSignal: Sendable {
    let descriptor: Int32

    init() throws(MessagingError) {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else {
            throw MessagingError(.system, "no eventfd: \(String(cString: strerror(errno)))", errorNumber: errno)
        }
    }

    deinit {
        close(descriptor)
    }

    /// Wakes the thread, now or when it next waits.
    func raise() {
        // Fails only when the counter is at its maximum, and then the thread is awake anyway.
        _ = eventfd_write(descriptor, 1)
    }

    /// Takes back what was raised.
    func lower() {
        var count: eventfd_t = 0
        _ = eventfd_read(descriptor, &count)
    }
}
