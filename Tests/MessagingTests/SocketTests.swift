import Foundation
import Messaging
import Synchronization
import Testing
import Wire

/// A folder with short paths for Unix sockets, removed at the end.
final class SocketFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/chorus-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func endpoint(_ name: String = "r") throws -> Endpoint {
        try Endpoint("ipc://\(path)/\(name)")
    }
}

extension AsyncStream<PeerEvent> {
    /// The next event for which `pick` gives a value.
    func next<T: Sendable>(_ pick: @Sendable (PeerEvent) -> T?) async throws -> T {
        for await event in self {
            if let value = pick(event) { return value }
        }
        throw MissingEvent()
    }

    func message() async throws -> ReceivedMessage {
        try await next { if case .message(let received) = $0 { received } else { nil } }
    }

    func connection() async throws -> UInt64 {
        try await next { if case .connected(let number) = $0 { number } else { nil } }
    }
}

struct MissingEvent: Error {}

@Suite("Sockets", .timeLimit(.minutes(1)))
struct SocketTests {
    static let cancel = Message.cancel(Cancel(reason: "test"))

    @Test("a message goes both ways", arguments: ["ipc", "tcp"])
    func roundTrip(transport: String) async throws {
        let folder = try SocketFolder()
        let endpoint = transport == "ipc" ? try folder.endpoint() : try Endpoint("tcp://127.0.0.1:0")
        let router = try RouterSocket(endpoints: [endpoint])
        let dealer = try DealerSocket(endpoint: try #require(router.endpoints.first), name: "w", incarnation: 7)
        let connection = try await dealer.events.connection()
        #expect(connection == 1)
        #expect(dealer.send(.busy(Busy(slotsFree: 3)), requestID: 5, connection: connection) == .queued)
        let received = try await router.events.message()
        #expect(received.peer == PeerID("w"))
        #expect(received.incarnation == 7)
        #expect(received.requestID == 5)
        #expect(received.message == .busy(Busy(slotsFree: 3)))
        #expect(router.send(Self.cancel, to: received.peer, incarnation: 7, requestID: 5) == .queued)
        #expect(try await dealer.events.message().message == Self.cancel)
        await dealer.close()
        await router.close()
        #expect(router.send(Self.cancel, to: received.peer, incarnation: 7, requestID: 5) == .closed)
    }

    @Test("a closed socket leaves no file behind, and another's file alone")
    func socketFiles() async throws {
        let folder = try SocketFolder()
        let endpoint = try folder.endpoint()
        let first = try RouterSocket(endpoints: [endpoint])
        #expect(FileManager.default.fileExists(atPath: folder.path + "/r"))
        await first.close()
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/r"))
        let second = try RouterSocket(endpoints: [endpoint])
        await first.close()
        #expect(FileManager.default.fileExists(atPath: folder.path + "/r"))
        await second.close()
    }

    @Test("an unknown peer is told as unroutable")
    func unroutable() async throws {
        let folder = try SocketFolder()
        let router = try RouterSocket(endpoints: [try folder.endpoint()])
        router.send(.drain, to: PeerID("nobody"), incarnation: 1)
        let peer = try await router.events.next { if case .unroutable(let peer) = $0 { peer } else { nil } }
        #expect(peer == PeerID("nobody"))
        #expect(router.backlog(of: peer) == (0, 0))
        await router.close()
    }

    @Test("a peer that never reads is bounded, and others are not held up")
    func boundedBacklog() async throws {
        let folder = try SocketFolder()
        var limits = MessagingLimits()
        limits.backlogBytes = 1 << 20
        limits.inboxBytes = 1 << 18
        limits.highWaterMark = 4
        let router = try RouterSocket(endpoints: [try folder.endpoint()], limits: limits)
        let endpoint = try #require(router.endpoints.first)
        let deaf = try DealerSocket(endpoint: endpoint, name: "deaf", incarnation: 1, limits: limits)
        let listening = try DealerSocket(endpoint: endpoint, name: "listening", incarnation: 2, limits: limits)
        for dealer in [deaf, listening] {
            dealer.send(.accept, requestID: 1, connection: try await dealer.events.connection())
            _ = try await router.events.message()
        }
        // Nobody takes the deaf one's events, so its inbox fills, then libzmq's queues, then the backlog here.
        let payload = [UInt8](repeating: 1, count: 1 << 16)
        var sent = 0
        let limit = 10_000
        while sent < limit {
            let chunk = Message.chunk(Chunk(sequence: UInt32(sent), payload: payload))
            guard router.send(chunk, to: PeerID("deaf"), incarnation: 1, requestID: 1) == .queued else { break }
            sent += 1
        }
        #expect(sent < limit)
        #expect(router.backlog(of: PeerID("deaf")).bytes <= limits.backlogBytes)
        router.send(Self.cancel, to: PeerID("listening"), incarnation: 2, requestID: 1)
        #expect(try await listening.events.message().message == Self.cancel)
        // Once it listens, everything that was taken arrives, in order.
        var next: UInt32 = 0
        for await event in deaf.events {
            guard case .message(let received) = event, case .chunk(let chunk) = received.message else { continue }
            #expect(chunk.sequence == next)
            next += 1
            if next == sent { break }
        }
        #expect(Int(next) == sent)
        for socket in [deaf, listening] { await socket.close() }
        await router.close()
    }

    @Test("a bad frame costs that frame only")
    func badFrame() async throws {
        let folder = try SocketFolder()
        let router = try RouterSocket(endpoints: [try folder.endpoint()])
        let peer = try RawDealer(endpoint: try #require(router.endpoints.first), name: "raw")
        var wrongJSON = Frame(header: FrameHeader(kind: .hello, incarnation: 9), control: Array("{]".utf8))
        peer.send([[1, 2, 3]])
        peer.send([try wrongJSON.encode()])
        peer.send([[], [1]])
        peer.send([[]])
        wrongJSON.header.kind = .drain
        wrongJSON.control = []
        peer.send([try wrongJSON.encode()])
        var errors: [WireError.Code] = []
        var headers: [FrameKind?] = []
        for await event in router.events {
            if case .badFrame(let bad) = event {
                #expect(bad.peer == PeerID("raw"))
                errors.append(bad.error.code)
                headers.append(bad.header?.kind)
            }
            if case .message(let received) = event {
                #expect(received.message == .drain)
                break
            }
        }
        #expect(errors == [.notAFrame, .malformedControl, .notAFrame, .notAFrame])
        #expect(headers == [nil, .hello, nil, nil])
        await router.close()
    }

    @Test("a lost router is told, a new one found, and nothing old is sent to it")
    func reconnect() async throws {
        let folder = try SocketFolder()
        let endpoint = try folder.endpoint()
        let first = try RouterSocket(endpoints: [endpoint])
        let dealer = try DealerSocket(endpoint: endpoint, name: "w", incarnation: 1)
        let one = try await dealer.events.connection()
        await first.close()
        try await dealer.events.next { if case .disconnected = $0 { () } else { nil } }
        #expect(dealer.send(.accept, requestID: 1, connection: one) == .queued)
        let second = try RouterSocket(endpoints: [endpoint])
        let two = try await dealer.events.connection()
        #expect(two == one + 1)
        #expect(dealer.send(.accept, requestID: 2, connection: one) == .queued)
        #expect(dealer.send(.accept, requestID: 3, connection: two) == .queued)
        #expect(try await second.events.message().requestID == 3)
        await dealer.close()
        await second.close()
    }

    @Test("a worker of the same name takes over")
    func handover() async throws {
        let folder = try SocketFolder()
        let router = try RouterSocket(endpoints: [try folder.endpoint()])
        let endpoint = try #require(router.endpoints.first)
        let old = try DealerSocket(endpoint: endpoint, name: "w", incarnation: 1)
        old.send(.accept, requestID: 1, connection: try await old.events.connection())
        #expect(try await router.events.message().incarnation == 1)
        let new = try DealerSocket(endpoint: endpoint, name: "w", incarnation: 2)
        new.send(.accept, requestID: 1, connection: try await new.events.connection())
        #expect(try await router.events.message().incarnation == 2)
        router.send(Self.cancel, to: PeerID("w"), incarnation: 2, requestID: 1)
        #expect(try await new.events.message().incarnation == 2)
        for socket in [old, new] { await socket.close() }
        await router.close()
    }

    @Test("the ticker's messages need no task")
    func ticker() async throws {
        let folder = try SocketFolder()
        let router = try RouterSocket(endpoints: [try folder.endpoint()])
        let count = Atomic(0)
        let ticker = Ticker(interval: { .milliseconds(5) }) {
            .commit(EpochMessage(epoch: UInt64(count.add(1, ordering: .relaxed).newValue)))
        }
        let dealer = try DealerSocket(
            endpoint: try #require(router.endpoints.first), name: "w", incarnation: 1, ticker: ticker)
        for epoch in UInt64(1)...3 {
            #expect(try await router.events.message().message == .commit(EpochMessage(epoch: epoch)))
        }
        await dealer.close()
        await router.close()
    }

    @Test("events end when the socket closes, and a cancelled reader returns")
    func endings() async throws {
        let folder = try SocketFolder()
        let router = try RouterSocket(endpoints: [try folder.endpoint()])
        let reader = Task { for await _ in router.events {} }
        reader.cancel()
        await reader.value
        let other = Task { for await _ in router.events {} }
        await router.close(linger: .milliseconds(10))
        await other.value
    }
}
