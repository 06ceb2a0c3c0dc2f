import Foundation
import Logging
import ServiceLifecycle
import Testing

@testable import Supervision

/// Supervisors with real children.
@Suite("Supervisor", .timeLimit(.minutes(1)))
struct SupervisorTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A supervisor at work, its events, and the means to shut it down.
    private final class Running: Sendable {
        let events: AsyncStream<SupervisorEvent>
        let group: ServiceGroup
        let task: Task<Void, any Error>

        init(_ children: [ChildSpecification], change: (inout SupervisorConfiguration) -> Void = { _ in }) {
            var configuration = SupervisorConfiguration(children: children)
            configuration.restarts.firstDelay = .milliseconds(1)
            change(&configuration)
            let (events, continuation) = AsyncStream<SupervisorEvent>.makeStream()
            self.events = events
            let supervisor = Supervisor(configuration: configuration, logger: SupervisorTests.logger) {
                continuation.yield($0)
            }
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: [.init(service: supervisor, successTerminationBehavior: .gracefullyShutdownGroup)],
                    logger: SupervisorTests.logger))
            self.group = group
            task = Task {
                defer { continuation.finish() }
                try await group.run()
            }
        }

        /// The next events, without process ids.
        func next(_ count: Int) async -> [SupervisorEvent] {
            var result: [SupervisorEvent] = []
            for await event in events {
                if case .started(let name, _) = event {
                    result.append(.started(name: name, processID: 0))
                } else {
                    result.append(event)
                }
                if result.count == count { break }
            }
            return result
        }

        func processID() async throws -> Int32 {
            for await event in events {
                if case .started(_, let processID) = event { return processID }
            }
            throw CancellationError()
        }
    }

    private static func shell(_ name: String, _ script: String, stage: Int = 0) -> ChildSpecification {
        ChildSpecification(name: name, executable: "/bin/sh", arguments: ["-c", script], stage: stage)
    }

    private static func cat(_ name: String, stage: Int = 0) -> ChildSpecification {
        ChildSpecification(name: name, executable: "/bin/cat", stage: stage)
    }

    @Test("what ends is started again, whether it exits or is killed by a signal")
    func restarts() async throws {
        let running = Running([Self.shell("a", "exit 3")])
        #expect(
            await running.next(4) == [
                .started(name: "a", processID: 0), .exited(name: "a", .status(3)),
                .started(name: "a", processID: 0), .exited(name: "a", .status(3)),
            ])
        await running.group.triggerGracefulShutdown()
        try await running.task.value
        let killed = Running([Self.cat("b")])
        let first = try await killed.processID()
        kill(first, SIGKILL)
        #expect(await killed.next(1) == [.exited(name: "b", .signal(SIGKILL))])
        #expect(try await killed.processID() != first)
        await killed.group.triggerGracefulShutdown()
        try await killed.task.value
    }

    @Test("shutdown stops stage after stage")
    func order() async throws {
        let running = Running([Self.cat("worker", stage: 1), Self.cat("router", stage: 0)])
        _ = await running.next(2)
        await running.group.triggerGracefulShutdown()
        #expect(
            await running.next(4) == [
                .stopping(name: "router"), .stopped(name: "router"), .stopping(name: "worker"),
                .stopped(name: "worker"),
            ])
        try await running.task.value
    }

    @Test("who does not stop is killed")
    func kills() async throws {
        let fifo = try Fifo()
        let running = Running([Self.shell("deaf", "trap '' TERM; echo ready > \(fifo.path); read line")]) {
            $0.drainTimeout = .milliseconds(50)
        }
        _ = await running.next(1)
        #expect(await fifo.contents() == "ready\n")
        await running.group.triggerGracefulShutdown()
        #expect(
            await running.next(3) == [.stopping(name: "deaf"), .killed(name: "deaf"), .stopped(name: "deaf")])
        try await running.task.value
    }

    @Test("a configuration error gives a child up; when a stage has nobody left, everything stops with the reason")
    func configurationError() async throws {
        let running = Running([
            Self.cat("router", stage: 0), Self.shell("worker", "exit 78", stage: 1),
        ])
        await #expect { try await running.task.value } throws: { ($0 as? SupervisionError)?.code == .stageLost }
        var events: [SupervisorEvent] = []
        for await event in running.events { events.append(event) }
        #expect(events.contains(.givenUp(name: "worker")))
        #expect(events.last == .stopped(name: "router"))
    }

    @Test("one child that is given up does not end its stage")
    func oneGivenUp() async throws {
        let running = Running([Self.cat("good"), Self.shell("bad", "exit 78")])
        for await event in running.events where event == .givenUp(name: "bad") { break }
        await running.group.triggerGracefulShutdown()
        #expect(await running.next(2) == [.stopping(name: "good"), .stopped(name: "good")])
        try await running.task.value
    }

    @Test("a program that is not there is reported and tried again")
    func missingProgram() async throws {
        #expect {
            try ChildProcess(ChildSpecification(name: "x", executable: "/no/such/program")) { _ in }
        } throws: {
            ($0 as? SupervisionError)?.code == .cannotStart
        }
        let running = Running([ChildSpecification(name: "x", executable: "/no/such/program"), Self.cat("y")])
        #expect(await running.next(1) == [.started(name: "y", processID: 0)])
        await running.group.triggerGracefulShutdown()
        try await running.task.value
    }

    @Test("a child gets its arguments, its environment, a pipe as input, and not its sibling's pipe")
    func inheritance() async throws {
        let fifo = try Fifo()
        var child = Self.shell(
            "b", #"{ echo "$1|$VALUE"; ls -l /proc/$$/fd; } > "$FIFO"; read line"#)
        child.arguments += ["sh", "a b'$"]
        child.environment = ["VALUE": "ü=1", "FIFO": fifo.path, "PATH": "/usr/bin:/bin"]
        let running = Running([Self.cat("a"), child])
        let sibling = try await running.processID()
        let input = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(sibling)/fd/0")
        #expect(input.hasPrefix("pipe:"))
        let output = await fifo.contents()
        #expect(output.hasPrefix("a b'$|ü=1\n"))
        #expect(output.contains("0 -> pipe:"))
        // Held by a sibling, the pipe would not close when the supervisor is gone.
        #expect(!output.contains(input))
        await running.group.triggerGracefulShutdown()
        try await running.task.value
    }

    @Test("lines of a standard output that is reported come whole, and long ones in pieces")
    func output() async throws {
        let length = LineReader.longestLine + 1
        var child = Self.shell("a", "echo listening 127.0.0.1 9880; head -c \(length) /dev/zero | tr '\\0' x; cat")
        child.reportsOutput = true
        let running = Running([child])
        #expect(
            await running.next(3) == [
                .started(name: "a", processID: 0), .printed(name: "a", line: "listening 127.0.0.1 9880"),
                .printed(name: "a", line: String(repeating: "x", count: LineReader.longestLine)),
            ])
        await running.group.triggerGracefulShutdown()
        try await running.task.value
    }

    @Test("cancellation kills everyone")
    func cancellation() async throws {
        let (exits, continuation) = AsyncStream<ChildExit>.makeStream()
        let process = try ChildProcess(Self.cat("a")) { continuation.yield($0) }
        process.send(SIGKILL)
        #expect(await exits.first { _ in true } == .signal(SIGKILL))
        // Gone, and its id perhaps another's: nothing may be sent there.
        process.send(SIGKILL)
        let supervisor = Supervisor(
            configuration: SupervisorConfiguration(children: [Self.cat("b")]), logger: Self.logger)
        let task = Task { try await supervisor.run() }
        task.cancel()
        try await task.value
    }

    @Test("children that cannot be told apart are refused")
    func badSpecification() async {
        for children in [[], [Self.cat("a"), Self.cat("a")]] {
            let supervisor = Supervisor(
                configuration: SupervisorConfiguration(children: children), logger: Self.logger)
            await #expect { try await supervisor.run() } throws: {
                ($0 as? SupervisionError)?.code == .badSpecification
            }
        }
    }
}

/// A named pipe by which a child tells the test something.
private final class Fifo: Sendable {
    let path: String

    init() throws {
        path = "/tmp/chorus-\(UInt32.random(in: 0...UInt32.max)).fifo"
        guard mkfifo(path, 0o600) == 0 else { throw CancellationError() }
    }

    deinit {
        unlink(path)
    }

    /// What the child writes until it closes its end; waits on a thread of its own.
    func contents() async -> String {
        let path = path
        return await withCheckedContinuation { continuation in
            let thread = Thread {
                var text: [UInt8] = []
                let descriptor = open(path, O_RDONLY | O_CLOEXEC)
                var buffer = [UInt8](repeating: 0, count: 4096)
                while case let count = read(descriptor, &buffer, buffer.count), count > 0 {
                    text += buffer.prefix(count)
                }
                close(descriptor)
                continuation.resume(returning: String(decoding: text, as: UTF8.self))
            }
            thread.start()
        }
    }
}
