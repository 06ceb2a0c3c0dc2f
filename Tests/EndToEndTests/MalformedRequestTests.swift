import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// A thousand requests that are wrong in some way, to a whole server: every one gets a 4xx with a message, and both of its
    /// workers go on serving.
    @Suite(.server(workers: 2)) struct MalformedRequestTests {
        @Test func everyMalformedRequestGetsA4xxWithAMessage() async throws {
            let server = try Server.shared
            let before = try await server.allReady()
            let expected = try await server.speak(Speech("Hello there.")).body
            try prepare(server.workspace)
            var generator = SplitMix64(seed: 20_240_817)
            let requests = (0..<1000).map { MalformedRequest.make($0, using: &generator) }
            let start = ContinuousClock.now
            let replies = try await withThrowingTaskGroup(of: [(Int, HTTPConnection.Reply?)].self) { group in
                for lane in 0..<8 {
                    group.addTask {
                        try await blocking {
                            try stride(from: lane, to: requests.count, by: 8).map { index in
                                (index, try Self.send(requests[index], to: server))
                            }
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            report("\(requests.count) malformed requests", .now - start)
            var statuses: [Int: Int] = [:]
            for (index, reply) in replies {
                let request = requests[index]
                guard let reply else {
                    Issue.record("\(request.name): no answer")
                    continue
                }
                statuses[reply.status, default: 0] += 1
                let text = "\(request.name): \(reply.status) \(reply.text.prefix(200))"
                #expect(request.statuses.contains(reply.status), "\(text)")
                #expect(!reply.message.isEmpty, "no message in \(text)")
            }
            #expect(replies.count == requests.count)
            print("measured: their statuses: \(statuses.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })")
            #expect(Set([400, 403, 404, 405, 413, 422]).isSubset(of: statuses.keys))

            let after = try await server.allReady()
            #expect(after.workers.map(\.pid) == before.workers.map(\.pid), "no worker died of them")
            #expect(after.epoch == before.epoch)
            #expect(try await server.speak(Speech("Hello there.")).body == expected)
        }

        /// Puts what must not be read, or cannot be spoken from, beside the voice.
        private func prepare(_ workspace: Workspace) throws {
            guard mkfifo(workspace.file(MalformedRequest.pipe).path, 0o600) == 0 else {
                throw EndToEndFailure("no FIFO: \(String(cString: strerror(errno)))")
            }
            try FileManager.default.createSymbolicLink(
                atPath: workspace.file(MalformedRequest.link).path, withDestinationPath: "/etc/passwd")
            // The header says how long the data is; one second of the recording is left.
            try workspace.copy(Workspace.reference, to: MalformedRequest.shortRecording, bytes: 44 + 64_000)
        }

        /// Sends a request; nil where the server hangs up without an answer.
        private static func send(_ request: MalformedRequest, to server: Server) throws -> HTTPConnection.Reply? {
            let connection = try HTTPConnection(port: server.port)
            connection.send(request.bytes)
            if request.endsThere { connection.finishSending() }
            return try? connection.reply()
        }
    }
}
