import Glibc
import Messaging
import Synchronization
import Wire

/// What the socket threads need to know to make heartbeats without waiting for anyone.
final class WorkerStatus: Sendable {
    struct Snapshot {
        var active = 0
        var slotsFree = 0
        var epoch: UInt64 = 0
        var isDraining = false
        var welcomedBy: Set<Int> = []
        var interval: Duration
    }

    private let snapshot: Mutex<Snapshot>
    private let synthesizer: any Synthesizing

    init(synthesizer: any Synthesizing, interval: Duration) {
        snapshot = Mutex(Snapshot(interval: interval))
        self.synthesizer = synthesizer
    }

    func update(from machine: WorkerStateMachine) {
        let welcomedBy = Set(machine.links.indices.filter { machine.isWelcomed($0) })
        snapshot.withLock { snapshot in
            snapshot.active = machine.tasks.count
            snapshot.slotsFree = machine.slotsFree
            snapshot.epoch = machine.epoch
            snapshot.isDraining = machine.isDraining
            snapshot.welcomedBy = welcomedBy
            snapshot.interval = machine.heartbeatInterval ?? snapshot.interval
        }
    }

    /// Heartbeats for one router, made on the thread of its socket: neither a busy device nor a busy task pool delays them.
    func ticker(for router: Int) -> Ticker {
        Ticker(interval: { [self] in snapshot.withLock(\.interval) }) { [self] in
            let now = snapshot.withLock { $0 }
            guard now.welcomedBy.contains(router) else { return nil }
            let progress = synthesizer.progress
            return .heartbeat(
                Heartbeat(
                    progress: progress.steps, busy: progress.busy,
                    lastStepAgeMilliseconds: UInt64(max(0, min(progress.lastStepAge / .milliseconds(1), 1e15))),
                    active: now.active, slotsFree: now.slotsFree, residentBytes: ResidentMemory.current(),
                    memoryFreeBytes: progress.memoryFreeBytes, epoch: now.epoch, draining: now.isDraining))
        }
    }
}

/// The memory that this process has in RAM.
enum ResidentMemory {
    /// Bytes, 0 where the kernel does not tell.
    static func current() -> UInt64 {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return 0 }
        // Total size and resident size, in pages.
        let fields = buffer.prefix(count).split(separator: UInt8(ascii: " "))
        guard fields.count > 1, let pages = UInt64(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
        return pages.multipliedReportingOverflow(by: UInt64(clamping: sysconf(Int32(_SC_PAGESIZE)))).partialValue
    }
}
