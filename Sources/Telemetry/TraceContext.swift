/// The W3C trace context of one request: the header `traceparent`, version 00 (<https://www.w3.org/TR/trace-context/>).
public struct TraceContext: Sendable, Hashable, CustomStringConvertible {
    /// The 128 bits that all spans of one trace share; never zero.
    public let traceID: UInt128
    /// The 64 bits of the caller's span; never zero.
    public let spanID: UInt64
    /// Whether the caller records this trace.
    public let isSampled: Bool

    /// A new trace with random identifiers.
    public static func random(
        isSampled: Bool = false, using generator: inout some RandomNumberGenerator
    ) -> TraceContext {
        TraceContext(
            traceID: .random(in: 1 ... .max, using: &generator), spanID: .random(in: 1 ... .max, using: &generator),
            isSampled: isSampled)
    }

    /// A new trace with random identifiers.
    public static func random(isSampled: Bool = false) -> TraceContext {
        var generator = SystemRandomNumberGenerator()
        return random(isSampled: isSampled, using: &generator)
    }

    /// Reads a header's value. Nil means that it is invalid and a new trace has to begin.
    ///
    /// Versions after 00 are read as far as version 00 defines them, as the specification asks for.
    public init?(traceparent: some StringProtocol) {
        let bytes = Array(traceparent.utf8.prefix(56))
        let dash = UInt8(ascii: "-")
        guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            let version = Self.hex(bytes[0..<2]), version != 0xFF, let trace = Self.hex(bytes[3..<35]), trace != 0,
            let span = Self.hex(bytes[36..<52]), span != 0, let flags = Self.hex(bytes[53..<55])
        else { return nil }
        if bytes.count > 55 {
            guard version != 0, bytes[55] == dash else { return nil }
        }
        traceID = trace
        spanID = UInt64(truncatingIfNeeded: span)
        isSampled = flags & 1 == 1
    }

    /// The context for work done on behalf of this one: the same trace, a new span.
    public func child(using generator: inout some RandomNumberGenerator) -> TraceContext {
        TraceContext(traceID: traceID, spanID: .random(in: 1 ... .max, using: &generator), isSampled: isSampled)
    }

    /// The context for work done on behalf of this one: the same trace, a new span.
    public func child() -> TraceContext {
        var generator = SystemRandomNumberGenerator()
        return child(using: &generator)
    }

    /// The value of the header `traceparent`.
    public var traceparent: String {
        "00-\(traceIDText)-\(spanIDText)-0\(isSampled ? 1 : 0)"
    }

    /// The trace's identifier as 32 hexadecimal digits, as it stands in logs.
    public var traceIDText: String { Self.text(String(traceID, radix: 16), width: 32) }

    /// The span's identifier as 16 hexadecimal digits.
    public var spanIDText: String { Self.text(String(spanID, radix: 16), width: 16) }

    /// The value of the header `traceparent`.
    public var description: String { traceparent }

    private init(traceID: UInt128, spanID: UInt64, isSampled: Bool) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
    }

    private static func text(_ digits: String, width: Int) -> String {
        String(repeating: "0", count: width - digits.count) + digits
    }

    /// The value of lower-case hexadecimal digits; the specification forbids capitals.
    private static func hex(_ digits: ArraySlice<UInt8>) -> UInt128? {
        var value: UInt128 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt128(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt128(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }
}
