import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// Workers that die, stop and are left alone by their clients.
    @Suite(.server(workers: 2)) struct WorkerFaultTests {
        private static let texts = [
            "Hello there.", "It is a fine day.", "The house is full of books.", "He said that it was late.",
            "A small voice speaks.",
        ]

        @Test func aKilledWorkerLosesNoRequestThatHadNotBegun() async throws {
            let server = try Server.shared
            var expected: [[UInt8]] = []
            for (seed, text) in Self.texts.enumerated() {
                expected.append(try await server.speak(Speech(text, seed: seed)).body)
            }
            let whole = expected
            let retriesBefore = try await retries(server)

            let replies = try await withThrowingTaskGroup(of: (Int, HTTPConnection.Reply)?.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        let kind = number % Self.texts.count
                        return (kind, try await server.speak(Speech(Self.texts[kind], seed: kind)))
                    }
                }
                group.addTask {
                    let health = try await server.health("both workers busy and requests waiting") { health in
                        health.queue.depth > 10 && health.workers.allSatisfy { $0.inFlight > 0 }
                    }
                    let dead = try #require(health.workers.first)
                    let start = ContinuousClock.now
                    kill(dead.pid, SIGKILL)
                    try await server.health("another process in place of worker \(dead.id)") { health in
                        health.worker(dead.id).map { $0.state == "ready" && $0.pid != dead.pid } ?? false
                    }
                    report("from kill -9 to the new worker that is ready, under load", .now - start)
                    return nil
                }
                return try await group.reduce(into: []) { $0.append($1) }.compactMap { $0 }
            }
            #expect(replies.count == 50)
            var broken = 0
            for (kind, reply) in replies {
                if reply.status == 200, !reply.isComplete {
                    // Its bytes had begun; that it broke can be seen.
                    broken += 1
                    continue
                }
                #expect(reply.isWholeWave, "\(reply.status) \(reply.message)")
                #expect(reply.body == whole[kind], "the retried request must not sound different")
            }
            #expect(broken <= 1, "an answer is sent within milliseconds: at most one can have begun")
            print("measured: kill -9 under 50 requests: \(replies.count - broken) whole, \(broken) broken visibly")
            #expect(try await retries(server) > retriesBefore, "the dead worker's requests went to the other one")
        }

        @Test func aStoppedWorkerLeavesTheRotationAndReturns() async throws {
            let server = try Server.shared
            let worker = try #require(try await server.allReady().workers.last)
            let start = ContinuousClock.now
            kill(worker.pid, SIGSTOP)
            defer { kill(worker.pid, SIGCONT) }
            async let answers = withThrowingTaskGroup(of: HTTPConnection.Reply.self) { group in
                for seed in 0..<8 { group.addTask { try await server.speak(Speech("Hello there.", seed: seed)) } }
                return try await group.reduce(into: [HTTPConnection.Reply]()) { $0.append($1) }
            }
            try await server.health("worker \(worker.id) out of rotation", within: .milliseconds(2500)) { health in
                health.worker(worker.id)?.state != "ready"
            }
            report("from SIGSTOP to out of rotation", .now - start)
            for reply in try await answers { #expect(reply.isWholeWave, "\(reply.status) \(reply.message)") }
            report("from SIGSTOP to the last of 8 requests' answers", .now - start)
            #expect(try await server.speak(Speech("Hello there.")).isWholeWave)
            #expect(try await server.get("/readyz").status == 200)

            let resumed = ContinuousClock.now
            kill(worker.pid, SIGCONT)
            try await server.health("worker \(worker.id) ready again") { health in
                health.worker(worker.id).map { $0.state == "ready" && $0.pid == worker.pid } ?? false
            }
            report("from SIGCONT to ready", .now - resumed)
            try await server.allReady()
        }

        @Test func aClientThatHangsUpFreesItsWorker() async throws {
            let server = try Server.shared
            let long = Speech(String(repeating: "This sentence is one of very many. ", count: 150))
            var connections: [HTTPConnection] = []
            for _ in 0..<4 { connections.append(try await server.begin(try long.post())) }
            try await server.health("4 requests under way") { $0.workers.map(\.inFlight).reduce(0, +) == 4 }
            let start = ContinuousClock.now
            for connection in connections { connection.hangUp() }
            try await server.health("workers without work", within: .seconds(5)) { health in
                health.queue.inFlight == 0 && health.workers.allSatisfy { $0.inFlight == 0 }
            }
            report("from hanging up to free workers", .now - start)
            // A worker that went on in secret would keep its device from this one.
            #expect(try await server.speak(Speech("Hello there.")).isWholeWave)
            report("from hanging up to the next answer", .now - start)
            #expect(ContinuousClock.now - start < .seconds(8))
        }

        @Test func aFullQueueTurnsAway() async throws {
            let server = try Server.shared
            let long = try Speech(String(repeating: "This sentence is one of very many. ", count: 150)).post()
            // Four for each worker, and 64 that wait.
            var connections: [HTTPConnection] = []
            for _ in 0..<72 { connections.append(try await server.begin(long)) }
            try await server.health("a full queue") { $0.queue.depth == 64 }
            let reply = try await server.speak(Speech("Hello there."))
            #expect(reply.status == 429)
            #expect(reply.headers["retry-after"].flatMap { Int($0) } ?? 0 > 0)
            #expect(!reply.message.isEmpty)
            for connection in connections { connection.hangUp() }
            try await server.allReady()
            #expect(try await server.speak(Speech("Hello there.")).isWholeWave)
        }

        private func retries(_ server: Server) async throws -> Double {
            let text = try await server.get("/metrics").text
            let line = text.split(separator: "\n").first { $0.hasPrefix("chorus_router_retries_total ") }
            return line?.split(separator: " ").last.flatMap { Double($0) } ?? 0
        }
    }
}
