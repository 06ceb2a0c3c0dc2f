/// The name under which a peer is reached: its ZeroMQ routing id.
public struct PeerID: Hashable, Sendable, CustomStringConvertible {
    /// The routing id, 1…255 bytes.
    public let bytes: [UInt8]

    /// Creates a name from a routing id.
    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Creates a name from a text, as a worker's id.
    public init(_ name: String) {
        self.bytes = [UInt8](name.utf8)
    }

    /// The text, or hexadecimal digits where the bytes are none that can be printed.
    public var description: String {
        if let text = String(validating: bytes, as: UTF8.self), !text.isEmpty,
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        {
            return text
        }
        return bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
