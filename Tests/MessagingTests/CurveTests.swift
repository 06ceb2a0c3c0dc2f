import Messaging
import Testing
import Wire

@Suite("CURVE", .timeLimit(.minutes(1)))
struct CurveTests {
    @Test("keys survive their text form, and a bad text is refused")
    func keys() throws {
        let pair = try CurveKeyPair.generate()
        #expect(try CurvePublicKey(z85: pair.publicKey.description) == pair.publicKey)
        let again = try CurveKeyPair(secretKey: try CurveSecretKey(z85: pair.secretKey.z85))
        #expect(again.publicKey == pair.publicKey)
        #expect(!"\(pair.secretKey)".contains(pair.secretKey.z85))
        for text in ["", "short", String(repeating: "é", count: 20), String(repeating: " ", count: 40)] {
            #expect { try CurvePublicKey(z85: text) } throws: { ($0 as? MessagingError)?.code == .badKey }
        }
    }

    @Test("an allowed key connects over tcp while ipc stays plain; a stranger does not connect")
    func allowed() async throws {
        let folder = try SocketFolder()
        let routerKeys = try CurveKeyPair.generate()
        let workerKeys = try CurveKeyPair.generate()
        let router = try RouterSocket(
            endpoints: [try Endpoint("tcp://127.0.0.1:0"), try folder.endpoint()],
            security: .curve(routerKeys, allowedWorkers: [workerKeys.publicKey]))
        let tcp = try #require(router.endpoints.first)
        let friend = try DealerSocket(
            endpoint: tcp, name: "friend", incarnation: 1,
            security: .curve(workerKeys, router: routerKeys.publicKey))
        friend.send(.accept, requestID: 1, connection: try await friend.events.connection())
        #expect(try await router.events.message().peer == PeerID("friend"))

        let local = try DealerSocket(endpoint: try folder.endpoint(), name: "local", incarnation: 2)
        local.send(.accept, requestID: 1, connection: try await local.events.connection())
        #expect(try await router.events.message().peer == PeerID("local"))

        let stranger = try DealerSocket(
            endpoint: tcp, name: "stranger", incarnation: 3,
            security: .curve(try CurveKeyPair.generate(), router: routerKeys.publicKey))
        let plain = try DealerSocket(endpoint: tcp, name: "plain", incarnation: 4)
        for dealer in [stranger, plain] {
            let wasRefused = try await dealer.events.next { event -> Bool? in
                switch event {
                case .handshakeFailed: true
                case .connected: false
                default: nil
                }
            }
            #expect(wasRefused)
        }
        for socket in [friend, local, stranger, plain] { await socket.close() }
        await router.close()
    }
}
