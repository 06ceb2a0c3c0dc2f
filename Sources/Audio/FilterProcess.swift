import Glibc
import Synchronization

/// A program that turns the bytes of its standard input into others on its standard output.
///
/// Input and output are exchanged together, so that neither side waits for the other with a full pipe. The calls block the
/// calling thread; `cancel()` from any other ends them. The program is gone and reaped by `finish()`, an error, or `deinit`.
final class FilterProcess: Sendable {
    private struct State {
        /// Nil from the moment at which the id may belong to another process.
        var processID: pid_t?
        var isCancelled = false
    }

    private let name: String
    private let state: Mutex<State>
    /// This process's ends.
    private let input: OwnedDescriptor
    private let output: OwnedDescriptor
    private let errors: OwnedDescriptor
    private let complaint = Mutex<[UInt8]>([])

    /// Starts a program.
    ///
    /// - Throws: ``AudioError`` with `encoding` where it cannot be started.
    init(_ path: String, _ arguments: [String]) throws {
        name = path
        let pipes = try Pipes(path)
        let processID = try pipes.spawn(path, arguments)
        input = pipes.input.ours
        output = pipes.output.ours
        errors = pipes.errors.ours
        state = Mutex(State(processID: processID))
    }

    deinit {
        cancel()
        _ = reap()
    }

    /// Hands bytes to the program, and gives back what it has put out meanwhile.
    ///
    /// - Throws: ``AudioError`` with `encoding` where the program ended before it took all of them.
    func write(_ bytes: [UInt8]) throws -> [UInt8] {
        try exchange(bytes, isLast: false)
    }

    /// Gives back what the program puts out next.
    ///
    /// - Parameter limit: how long to wait for it; nothing is given back when it is over.
    func read(waitingFor limit: Duration) throws -> [UInt8] {
        var waiting = [pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)]
        let milliseconds = Int32(clamping: Int64((limit / .milliseconds(1)).rounded(.up)))
        guard poll(&waiting, 1, max(0, milliseconds)) > 0 else { return [] }
        return try exchange([], isLast: false)
    }

    /// Ends the input, and gives back the rest of the output once the program has ended.
    ///
    /// - Throws: ``AudioError`` with `encoding` and the program's own words, where it failed.
    func finish() throws -> [UInt8] {
        let rest = try exchange([], isLast: true)
        let status = reap()
        guard status == 0, !state.withLock(\.isCancelled) else { throw failure("ended with status \(status)") }
        return rest
    }

    /// The program's id while it may still be running.
    var processID: pid_t? { state.withLock(\.processID) }

    /// Ends the program at once.
    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            if let processID = state.processID { kill(processID, SIGKILL) }
        }
    }

    // MARK: Exchange

    private func exchange(_ bytes: [UInt8], isLast: Bool) throws -> [UInt8] {
        var rest = bytes[...]
        var result: [UInt8] = []
        if isLast { input.close() }
        while true {
            // What is there is taken before the answer to the last byte is waited for.
            var waiting = [
                pollfd(fd: output.number, events: Int16(POLLIN), revents: 0),
                pollfd(fd: errors.number, events: Int16(POLLIN), revents: 0),
                pollfd(fd: rest.isEmpty ? -1 : input.number, events: Int16(POLLOUT), revents: 0),
            ]
            let isWaiting = isLast || !rest.isEmpty
            guard poll(&waiting, nfds_t(waiting.count), isWaiting ? -1 : 0) >= 0 else {
                if errno == EINTR { continue }
                throw failure("cannot be waited for: \(String(cString: strerror(errno)))")
            }
            if waiting[1].revents != 0, let words = errors.read() { note(words) }
            if waiting[0].revents != 0 {
                guard let new = output.read() else {
                    output.close()
                    // The end of the output: all is well only where the input had ended before.
                    guard isLast else { throw failure("ended before its input") }
                    return result
                }
                result += new
                continue
            }
            if !rest.isEmpty, waiting[2].revents != 0 {
                guard let count = input.send(rest) else { throw failure("takes no input") }
                rest = rest.dropFirst(count)
            } else if !isWaiting {
                return result
            }
        }
    }

    /// Keeps the last words of the program.
    private func note(_ words: [UInt8]) {
        complaint.withLock { complaint in
            complaint = (complaint + words).suffix(512)
        }
        if words.isEmpty { errors.close() }
    }

    private func failure(_ what: String) -> AudioError {
        let words = String(decoding: complaint.withLock { $0 }, as: UTF8.self).split(separator: "\n").last ?? ""
        return AudioError(.encoding, "\(name) \(what)" + (words.isEmpty ? "" : ": \(words)"))
    }

    /// Waits for the program's end.
    ///
    /// - Returns: its exit status, or the negative number of the signal that ended it.
    private func reap() -> Int32 {
        guard let processID else { return 0 }
        // First without reaping, so that no signal can reach a stranger that inherits the id.
        var info = siginfo_t()
        while waitid(P_PID, id_t(processID), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        return state.withLock { state in
            state.processID = nil
            var status: Int32 = 0
            guard waitpid(processID, &status, 0) == processID else { return -1 }
            // The macros of <sys/wait.h>: the low seven bits hold the signal, the next byte the exit status.
            let signal = status & 0x7F
            return signal == 0 ? (status >> 8) & 0xFF : -signal
        }
    }
}

/// A file descriptor that is closed once, at the latest with its owner. Used by one thread at a time.
final class OwnedDescriptor: Sendable {
    private let descriptor: Mutex<Int32>

    init(_ descriptor: Int32) {
        self.descriptor = Mutex(descriptor)
    }

    deinit {
        close()
    }

    /// The number; -1 when it is closed, which `poll` passes over.
    var number: Int32 { descriptor.withLock { $0 } }

    func close() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { _ = Glibc.close(descriptor) }
            descriptor = -1
        }
    }

    /// Reads what is there; nil at the end, and where nothing can be read any longer.
    func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(number, &buffer, buffer.count)
            if count > 0 { return Array(buffer.prefix(count)) }
            if count < 0, errno == EINTR { continue }
            return nil
        }
    }

    /// Sends as many bytes as fit; nil where nobody takes them any longer.
    func send(_ bytes: ArraySlice<UInt8>) -> Int? {
        while true {
            let count = bytes.withUnsafeBytes {
                Glibc.send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN: return 0
            default: return nil
            }
        }
    }
}

/// The pipes between this process and one that is about to start. They are sockets, because writing to a socket that nobody
/// reads need not raise SIGPIPE.
private struct Pipes {
    struct Ends {
        let ours: OwnedDescriptor
        let theirs: OwnedDescriptor
    }

    let input: Ends
    let output: Ends
    let errors: Ends

    init(_ program: String) throws {
        func make() throws -> Ends {
            var ends: [Int32] = [-1, -1]
            // Closed on exec from the start, as all that a worker opens: another program started meanwhile must not hold an end.
            let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
            guard socketpair(AF_UNIX, kind, 0, &ends) == 0, let first = ends.first, let last = ends.last else {
                throw AudioError(
                    .encoding, "no pipe to \(program): \(String(cString: strerror(errno)))", isRetriable: true)
            }
            return Ends(ours: OwnedDescriptor(first), theirs: OwnedDescriptor(last))
        }
        input = try make()
        output = try make()
        errors = try make()
    }

    func spawn(_ path: String, _ arguments: [String]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.theirs.number, 0)
        posix_spawn_file_actions_adddup2(&actions, output.theirs.number, 1)
        posix_spawn_file_actions_adddup2(&actions, errors.theirs.number, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Signals as a fresh process has them, whatever this one blocks or ignores.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let pointers = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var processID = pid_t()
        let status = pointers.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { posix_spawn(&processID, path, &actions, &attributes, $0, environ) } ?? ENOMEM
        }
        for ends in [input, output, errors] { ends.theirs.close() }
        guard status == 0 else {
            throw AudioError(
                .encoding, "cannot start \(path): \(String(cString: strerror(status)))", isRetriable: true)
        }
        return processID
    }
}
