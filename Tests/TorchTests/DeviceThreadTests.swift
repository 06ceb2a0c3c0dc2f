import Glibc
import Testing
import Torch

@Suite struct DeviceThreadTests {
    /// Everything it does runs on its device thread.
    private actor Owner {
        let thread: DeviceThread
        nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
        init(_ thread: DeviceThread) { self.thread = thread }

        func threadID() -> UInt { UInt(pthread_self()) }
        func order(_ value: Int, into list: Log) { list.append(value) }
    }

    /// Written on the device thread only.
    private final class Log: @unchecked Sendable {
        private(set) var values: [Int] = []
        func append(_ value: Int) { values.append(value) }
    }

    @Test func allJobsRunOnTheOneThread() async {
        let thread = DeviceThread(name: "test device")
        let owner = Owner(thread)
        let first = await owner.threadID()
        for _ in 0..<20 {
            await Task.yield()
            #expect(await owner.threadID() == first)
        }
        #expect(first != UInt(pthread_self()))
        thread.close()
    }

    @Test func jobsCountAsProgress() async {
        let thread = DeviceThread(name: "test progress")
        let owner = Owner(thread)
        let before = thread.progress.steps
        let log = Log()
        for value in 0..<10 { await owner.order(value, into: log) }
        #expect(log.values == Array(0..<10))
        #expect(thread.progress.steps >= before + 10)
        thread.recordStep()
        #expect(thread.progress.sinceLastStep < .seconds(5))
        thread.close()
    }
}
