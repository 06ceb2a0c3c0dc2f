import Foundation
import Glibc

/// Waits until a file descriptor, in a worker its standard input, is closed at the other end.
enum InputWatcher {
    /// Returns when the input ends or the task is cancelled. What comes in is read and dropped.
    static func waitForEnd(of descriptor: Int32) async {
        var wake: [Int32] = [-1, -1]
        guard pipe(&wake) == 0, let reading = wake.first, let writing = wake.last else { return }
        for end in wake { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let (ends, continuation) = AsyncStream<Void>.makeStream()
        let thread = Thread {
            readToEnd(of: descriptor, unlessClosed: reading)
            close(reading)
            continuation.finish()
        }
        thread.name = "input-watcher"
        thread.stackSize = 256 << 10
        thread.start()
        // Ends with the input, and when the task is cancelled.
        for await _ in ends {}
        // Wakes the thread where it still waits.
        close(writing)
    }

    private static func readToEnd(of descriptor: Int32, unlessClosed wake: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            var waiting = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&waiting, nfds_t(waiting.count), -1) >= 0 else {
                if errno == EINTR { continue }
                return
            }
            if waiting[1].revents != 0 { return }
            guard waiting[0].revents != 0 else { continue }
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) { return }
        }
    }
}
