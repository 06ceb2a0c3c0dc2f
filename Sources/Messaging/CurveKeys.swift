import CZeroMQ

/// The public half of a CURVE key pair (<https://rfc.zeromq.org/spec/26>).
public struct CurvePublicKey: Hashable, Sendable, CustomStringConvertible {
    /// 32 bytes.
    public let bytes: [UInt8]

    /// Reads a key from its 40 characters of Z85.
    ///
    /// - Throws: ``MessagingError/Code/badKey``.
    public init(z85: String) throws(MessagingError) {
        bytes = try Z85.decode(z85)
    }

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// 40 characters of Z85.
    public var description: String { Z85.encode(bytes) }
}

/// The secret half of a CURVE key pair. Its description does not show it.
public struct CurveSecretKey: Sendable, CustomStringConvertible {
    /// 32 bytes.
    public let bytes: [UInt8]

    /// Reads a key from its 40 characters of Z85.
    ///
    /// - Throws: ``MessagingError/Code/badKey``.
    public init(z85: String) throws(MessagingError) {
        bytes = try Z85.decode(z85)
    }

    /// 40 characters of Z85, to be written to a file that only its owner may read.
    public var z85: String { Z85.encode(bytes) }

    /// A stand-in, so that no log shows the key.
    public var description: String { "(secret key)" }
}

/// A CURVE key pair.
public struct CurveKeyPair: Sendable {
    /// What others may know.
    public let publicKey: CurvePublicKey
    /// What only the owner knows.
    public let secretKey: CurveSecretKey

    /// Makes a new pair.
    ///
    /// - Throws: ``MessagingError/Code/badKey`` where libzmq was built without CURVE.
    public static func generate() throws(MessagingError) -> CurveKeyPair {
        var publicText = [CChar](repeating: 0, count: Z85.keyLength + 1)
        var secretText = publicText
        guard zmq_curve_keypair(&publicText, &secretText) == 0 else {
            throw MessagingError(.badKey, "this libzmq was built without CURVE; install one with libsodium")
        }
        return CurveKeyPair(
            publicKey: try CurvePublicKey(z85: Z85.text(publicText)),
            secretKey: try CurveSecretKey(z85: Z85.text(secretText)))
    }

    /// Completes the pair of a secret key.
    ///
    /// - Throws: ``MessagingError/Code/badKey`` where libzmq was built without CURVE.
    public init(secretKey: CurveSecretKey) throws(MessagingError) {
        var publicText = [CChar](repeating: 0, count: Z85.keyLength + 1)
        guard zmq_curve_public(&publicText, secretKey.z85) == 0 else {
            throw MessagingError(.badKey, "this libzmq was built without CURVE; install one with libsodium")
        }
        self.init(publicKey: try CurvePublicKey(z85: Z85.text(publicText)), secretKey: secretKey)
    }

    private init(publicKey: CurvePublicKey, secretKey: CurveSecretKey) {
        self.publicKey = publicKey
        self.secretKey = secretKey
    }
}

/// ZeroMQ's text form of binary keys (<https://rfc.zeromq.org/spec/32>).
enum Z85 {
    static let keyLength = 40

    static func decode(_ text: String) throws(MessagingError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        guard text.utf8.count == keyLength, zmq_z85_decode(&bytes, text) != nil else {
            throw MessagingError(.badKey, "a CURVE key is \(keyLength) characters of Z85; this text is not")
        }
        return bytes
    }

    static func encode(_ bytes: [UInt8]) -> String {
        var characters = [CChar](repeating: 0, count: bytes.count / 4 * 5 + 1)
        guard bytes.count.isMultiple(of: 4), zmq_z85_encode(&characters, bytes, bytes.count) != nil else { return "" }
        return text(characters)
    }

    static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
