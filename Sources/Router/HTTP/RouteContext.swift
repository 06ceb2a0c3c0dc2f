import Hummingbird
import Logging
import NIOCore

/// What a route gets beside the request.
struct RouteContext: InitializableFromSource, Sendable {
    let channel: any Channel
    let logger: Logger

    init(source: ApplicationRequestContextSource) {
        channel = source.channel
        logger = source.logger
    }

    /// Whether the connection comes from this host.
    var isLocal: Bool {
        switch channel.remoteAddress {
        case .unixDomainSocket: return true
        case .v4(let address): return withUnsafeBytes(of: address.address.sin_addr) { $0.first == 127 }
        case .v6(let address):
            return withUnsafeBytes(of: address.address.sin6_addr) { bytes in
                let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127]
                let loopback: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
                return bytes.elementsEqual(loopback) || bytes.starts(with: mapped)
            }
        case nil: return false
        }
    }

    /// Tells when the client of this connection goes away.
    func presence() async throws -> ClientPresence {
        try await channel.pipeline.handler(type: ClientPresenceHandler.self).get().presence
    }
}
