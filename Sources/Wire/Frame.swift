/// One message part on the wire: header, JSON control, raw payload.
public struct Frame: Hashable, Sendable {
    /// The fixed part.
    public var header: FrameHeader
    /// JSON in UTF-8; empty means an object without members.
    public var control: [UInt8]
    /// Raw bytes, such as encoded audio.
    public var payload: [UInt8]

    /// Creates a frame.
    public init(header: FrameHeader, control: [UInt8] = [], payload: [UInt8] = []) {
        self.header = header
        self.control = control
        self.payload = payload
    }

    /// The bytes of the frame.
    ///
    /// - Throws: ``WireError/Code/tooLarge`` where control or payload is above its limit.
    public func encode(limits: FrameLimits = .standard) throws(WireError) -> [UInt8] {
        try Self.check(control: control.count, payload: payload.count, limits: limits)
        let length = FrameHeader.length + control.count + payload.count
        return [UInt8](unsafeUninitializedCapacity: length) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            raw.initializeMemory(as: UInt8.self, repeating: 0)
            raw.store(FrameHeader.magic, at: 0)
            raw[4] = header.version.major
            raw[5] = header.version.minor
            raw[6] = header.kind.rawValue
            raw[7] = header.flags
            raw.store(header.incarnation, at: 8)
            raw.store(header.requestID, at: 16)
            raw.store(header.sequence, at: 24)
            raw.store(UInt32(control.count), at: 28)
            raw.store(UInt32(payload.count), at: 32)
            UnsafeMutableRawBufferPointer(rebasing: raw[FrameHeader.length...]).copyBytes(from: control)
            UnsafeMutableRawBufferPointer(rebasing: raw[(FrameHeader.length + control.count)...]).copyBytes(
                from: payload)
            initialized = length
        }
    }

    /// Reads a frame from exactly these bytes.
    ///
    /// - Throws: ``WireError``: not a frame, another major version, an unknown kind, lengths that do not add up, or a
    ///   part above its limit. Nothing is allocated before the lengths are checked.
    public static func decode(_ bytes: UnsafeRawBufferPointer, limits: FrameLimits = .standard) throws(WireError)
        -> Frame
    {
        let (header, control, payload) = try decodeHeader(bytes, limits: limits)
        let controlEnd = FrameHeader.length + control
        return Frame(
            header: header,
            control: [UInt8](bytes[FrameHeader.length..<controlEnd]),
            payload: [UInt8](bytes[controlEnd..<(controlEnd + payload)]))
    }

    /// Reads a frame from exactly these bytes.
    ///
    /// - Throws: ``WireError``, as the same method over a buffer.
    public static func decode(_ bytes: [UInt8], limits: FrameLimits = .standard) throws(WireError) -> Frame {
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(WireError) in try decode(buffer, limits: limits) }
        }.get()
    }

    private static func decodeHeader(
        _ bytes: UnsafeRawBufferPointer, limits: FrameLimits
    ) throws(WireError) -> (header: FrameHeader, control: Int, payload: Int) {
        guard bytes.count >= FrameHeader.length else {
            throw WireError(.notAFrame, "\(bytes.count) bytes are less than a header of \(FrameHeader.length)")
        }
        guard bytes.load(UInt32.self, at: 0) == FrameHeader.magic else {
            throw WireError(.notAFrame, "the bytes do not begin with CHRS")
        }
        let version = ProtocolVersion(major: bytes[4], minor: bytes[5])
        guard version.major == ProtocolVersion.current.major else {
            throw WireError(
                .unsupportedVersion,
                "the peer speaks version \(version), this side \(ProtocolVersion.current); run the same release on both"
            )
        }
        guard let kind = FrameKind(rawValue: bytes[6]) else {
            throw WireError(.unknownKind, "kind \(bytes[6]) is not known to version \(ProtocolVersion.current)")
        }
        let control = Int(bytes.load(UInt32.self, at: 28))
        let payload = Int(bytes.load(UInt32.self, at: 32))
        try check(control: control, payload: payload, limits: limits)
        guard bytes.count == FrameHeader.length + control + payload else {
            throw WireError(
                .lengthMismatch,
                "the header tells of \(control) + \(payload) bytes, \(bytes.count - FrameHeader.length) follow it")
        }
        var header = FrameHeader(
            kind: kind, incarnation: bytes.load(UInt64.self, at: 8), requestID: bytes.load(UInt64.self, at: 16),
            sequence: bytes.load(UInt32.self, at: 24))
        header.version = version
        header.flags = bytes[7]
        return (header, control, payload)
    }

    private static func check(control: Int, payload: Int, limits: FrameLimits) throws(WireError) {
        guard control <= limits.control else {
            throw WireError(.tooLarge, "control of \(control) bytes is above the limit of \(limits.control)")
        }
        guard payload <= limits.payload else {
            throw WireError(.tooLarge, "payload of \(payload) bytes is above the limit of \(limits.payload)")
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at offset: Int) -> T {
        T(littleEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
    }
}
