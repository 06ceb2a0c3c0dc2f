import Foundation
import Messaging
import Testing

@Suite("Endpoint")
struct EndpointTests {
    @Test(
        "what is no endpoint is refused",
        arguments: [
            "", "ipc://", "ipc://@abstract", "tcp://", "tcp://host", "tcp://:1", "tcp://host:", "tcp://host:65536",
            "tcp://a b:1",
            "tcp://::1:80", "udp://host:1", "tcp://host;x:1",
        ])
    func refused(text: String) {
        #expect { try Endpoint(text) } throws: { ($0 as? MessagingError)?.code == .badEndpoint }
    }

    @Test(
        "local means this host",
        arguments: [
            ("ipc:///tmp/a", true), ("tcp://127.0.0.1:1", true), ("tcp://127.8.9.1:1", true),
            ("tcp://localhost:1", true),
            ("tcp://[::1]:1", true), ("tcp://*:1", false), ("tcp://0.0.0.0:1", false), ("tcp://router:1", false),
            ("tcp://127.0.0.1.example.org:1", false), ("tcp://127.example:1", false), ("tcp://[::]:1", false),
        ])
    func local(text: String, isLocal: Bool) throws {
        #expect(try Endpoint(text).isLocal == isLocal)
        #expect(try Endpoint(text).description == text)
    }

    @Test("a path that is too long is told with both lengths")
    func longPath() throws {
        let longest = "/" + String(repeating: "a", count: Endpoint.longestPath - 1)
        _ = try Endpoint("ipc://" + longest)
        let error = try #require(throws: MessagingError.self) { try Endpoint("ipc://" + longest + "a") }
        #expect(error.message.contains("108 bytes") && error.message.contains("107"))
    }

    @Test("tcp beyond this host needs protection")
    func protection() throws {
        let endpoint = try Endpoint("tcp://*:0")
        #expect { try RouterSocket(endpoints: [endpoint]) } throws: { ($0 as? MessagingError)?.code == .insecure }
        let router = try RouterSocket(endpoints: [endpoint], security: .insecure)
        #expect(router.endpoints.count == 1)
        #expect {
            try DealerSocket(endpoint: try Endpoint("tcp://10.0.0.1:9"), name: "w", incarnation: 1)
        } throws: {
            ($0 as? MessagingError)?.code == .insecure
        }
    }

    @Test("a stale socket file is taken over, a live one and a plain file are not")
    func staleFiles() async throws {
        let folder = try SocketFolder()
        let endpoint = try folder.endpoint()
        let live = try RouterSocket(endpoints: [endpoint])
        #expect { try RouterSocket(endpoints: [endpoint]) } throws: { ($0 as? MessagingError)?.code == .addressInUse }
        await live.close()
        try makeStaleSocket(folder.path + "/stale")
        let second = try RouterSocket(endpoints: [try folder.endpoint("stale")])
        await second.close()
        #expect(FileManager.default.createFile(atPath: folder.path + "/file", contents: Data("precious".utf8)))
        #expect { try RouterSocket(endpoints: [try folder.endpoint("file")]) } throws: {
            ($0 as? MessagingError)?.code == .badEndpoint
        }
        #expect(FileManager.default.contents(atPath: folder.path + "/file") == Data("precious".utf8))
        #expect { try RouterSocket(endpoints: [try folder.endpoint("no/such")]) } throws: {
            ($0 as? MessagingError)?.message.contains("folder") == true
        }
    }

    /// Leaves what a killed process leaves: a socket's file without anyone listening.
    private func makeStaleSocket(_ path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(status == 0)
        close(descriptor)
    }
}
