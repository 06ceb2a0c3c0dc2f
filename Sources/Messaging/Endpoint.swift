/// Where a router listens: `ipc:///path/of/a/socket` on one host, `tcp://host:port` between hosts.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// How the two sides reach each other.
    public enum Transport: Hashable, Sendable {
        /// A Unix socket at an absolute or relative path.
        case ipc(path: String)
        /// A host name or address and a port. `*` as host listens on every interface, port 0 takes a free one.
        case tcp(host: String, port: UInt16)
    }

    /// The longest path of a Unix socket on Linux in bytes: `sun_path` less its terminator.
    public static let longestPath = 107

    /// How the two sides reach each other.
    public let transport: Transport

    /// Reads an endpoint.
    ///
    /// - Throws: ``MessagingError/Code/badEndpoint``.
    public init(_ text: String) throws(MessagingError) {
        if text.hasPrefix("ipc://") {
            let path = String(text.dropFirst("ipc://".count))
            guard !path.isEmpty, !path.hasPrefix("@"), !path.utf8.contains(0) else {
                throw MessagingError(.badEndpoint, "'\(text)' names no file; write ipc:///run/chorus/router.sock")
            }
            guard path.utf8.count <= Self.longestPath else {
                throw MessagingError(
                    .badEndpoint,
                    "the path of '\(text)' has \(path.utf8.count) bytes, a Unix socket's at most \(Self.longestPath); "
                        + "choose a shorter one, such as ipc:///tmp/chorus.sock")
            }
            transport = .ipc(path: path)
            return
        }
        guard text.hasPrefix("tcp://") else {
            throw MessagingError(.badEndpoint, "'\(text)' begins with neither ipc:// nor tcp://")
        }
        let address = text.dropFirst("tcp://".count)
        guard let colon = address.lastIndex(of: ":"), colon != address.startIndex,
            let port = Self.port(address[address.index(after: colon)...])
        else {
            throw MessagingError(.badEndpoint, "'\(text)' has no host and port; write tcp://10.0.0.1:9890")
        }
        let host = String(address[..<colon])
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard host.contains(":") == isBracketed,
            host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ";") })
        else {
            throw MessagingError(.badEndpoint, "'\(host)' in '\(text)' is no host; IPv6 addresses go in brackets")
        }
        transport = .tcp(host: host, port: port)
    }

    private static func port(_ text: Substring) -> UInt16? {
        text == "*" ? 0 : UInt16(text)
    }

    /// The endpoint as libzmq takes it.
    public var description: String {
        switch transport {
        case .ipc(let path): "ipc://\(path)"
        case .tcp(let host, let port): "tcp://\(host):\(port == 0 ? "*" : String(port))"
        }
    }

    /// Whether nothing leaves this host.
    public var isLocal: Bool {
        guard case .tcp(let host, _) = transport else { return true }
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.first == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
