/// Why a text is not JSON. Messages and positions are those that the Python server's clients know.
struct JSONSyntaxError: Error, Hashable {
    /// What was expected, in the words of Python's `json` module.
    let message: String
    /// Where, in characters from the beginning.
    let position: Int
}

/// Reads JSON from untrusted bytes.
///
/// It takes what Python's `json.loads` takes, `NaN` and `Infinity` included, except for lone surrogates, which are no text.
/// Nesting is bounded, and no input traps.
struct JSONParser {
    /// Deeper nesting is refused.
    static let maximumDepth = 64

    private let bytes: ArraySlice<UInt8>
    private var index: Int

    private init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    /// Reads one value that fills the text, which has to be valid UTF-8.
    static func parse(_ text: String) throws(JSONSyntaxError) -> JSONValue {
        var bytes = Array(text.utf8)[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        var parser = JSONParser(bytes)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.peek == nil else { throw parser.error("Extra data") }
        return value
    }

    // MARK: Bytes

    private var peek: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private mutating func skip(_ literal: String) -> Bool {
        guard bytes[index...].starts(with: literal.utf8) else { return false }
        index += literal.utf8.count
        return true
    }

    private func error(_ message: String, at place: Int? = nil) -> JSONSyntaxError {
        // Positions count characters, as Python's do: every byte but the continuation bytes of UTF-8 begins one.
        let position = bytes[bytes.startIndex..<(place ?? index)].count { $0 & 0xC0 != 0x80 }
        return JSONSyntaxError(message: message, position: position)
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        guard depth < Self.maximumDepth else { throw error("Too deeply nested") }
        skipSpace()
        guard let byte = peek else { throw error("Expecting value") }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default:
            if skip("true") { return .bool(true) }
            if skip("false") { return .bool(false) }
            if skip("null") { return .null }
            if skip("NaN") { return .number(.nan) }
            if skip("Infinity") { return .number(.infinity) }
            throw error("Expecting value")
        }
    }

    private mutating func object(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        index += 1
        var members: [JSONValue.Member] = []
        skipSpace()
        if peek == UInt8(ascii: "}") {
            index += 1
            return .object([])
        }
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else {
                throw error("Expecting property name enclosed in double quotes")
            }
            let name = try string()
            skipSpace()
            guard peek == UInt8(ascii: ":") else { throw error("Expecting ':' delimiter") }
            index += 1
            members.append(JSONValue.Member(name: name, value: try value(depth: depth + 1)))
            skipSpace()
            let next = peek
            guard next == UInt8(ascii: ",") || next == UInt8(ascii: "}") else {
                throw error("Expecting ',' delimiter")
            }
            index += 1
            if next == UInt8(ascii: "}") { return .object(members) }
        }
    }

    private mutating func array(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        index += 1
        var values: [JSONValue] = []
        skipSpace()
        if peek == UInt8(ascii: "]") {
            index += 1
            return .array([])
        }
        while true {
            values.append(try value(depth: depth + 1))
            skipSpace()
            let next = peek
            guard next == UInt8(ascii: ",") || next == UInt8(ascii: "]") else {
                throw error("Expecting ',' delimiter")
            }
            index += 1
            if next == UInt8(ascii: "]") { return .array(values) }
        }
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = index
        if peek == UInt8(ascii: "-") {
            index += 1
            if skip("Infinity") { return .number(-.infinity) }
        }
        guard let first = peek, isDigit(first) else { throw error("Expecting value", at: start) }
        if first == UInt8(ascii: "0") { index += 1 } else { skipDigits() }
        var isWhole = true
        if peek == UInt8(ascii: "."), index + 1 < bytes.endIndex, isDigit(bytes[index + 1]) {
            isWhole = false
            index += 1
            skipDigits()
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            var place = index + 1
            if place < bytes.endIndex, bytes[place] == UInt8(ascii: "+") || bytes[place] == UInt8(ascii: "-") {
                place += 1
            }
            if place < bytes.endIndex, isDigit(bytes[place]) {
                isWhole = false
                index = place
                skipDigits()
            }
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isWhole { return Int64(text).map(JSONValue.integer) ?? .hugeInteger(text) }
        return .number(Double(text) ?? .nan)
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private mutating func skipDigits() {
        while let byte = peek, isDigit(byte) { index += 1 }
    }

    // MARK: Strings

    private mutating func string() throws(JSONSyntaxError) -> String {
        let start = index
        index += 1
        var text: [UInt8] = []
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                let escape = index
                index += 1
                guard let kind = peek else { throw error("Unterminated string starting at", at: start) }
                index += 1
                switch kind {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
                case UInt8(ascii: "b"): text.append(0x08)
                case UInt8(ascii: "f"): text.append(0x0C)
                case UInt8(ascii: "n"): text.append(0x0A)
                case UInt8(ascii: "r"): text.append(0x0D)
                case UInt8(ascii: "t"): text.append(0x09)
                case UInt8(ascii: "u"): text += String(Character(try unicodeEscape(at: escape))).utf8
                default: throw error("Invalid \\escape", at: escape)
                }
            case ..<0x20:
                throw error("Invalid control character at")
            default:
                text.append(byte)
                index += 1
            }
        }
        throw error("Unterminated string starting at", at: start)
    }

    private mutating func unicodeEscape(at escape: Int) throws(JSONSyntaxError) -> Unicode.Scalar {
        let first = try fourDigits(at: escape)
        if let scalar = Unicode.Scalar(first) { return scalar }
        // A high surrogate needs its low half; either alone is no character.
        guard (0xD800...0xDBFF).contains(first), skip("\\u") else {
            throw error("Unpaired surrogate in \\uXXXX escape", at: escape)
        }
        let second = try fourDigits(at: escape)
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        else { throw error("Unpaired surrogate in \\uXXXX escape", at: escape) }
        return scalar
    }

    private mutating func fourDigits(at escape: Int) throws(JSONSyntaxError) -> UInt32 {
        guard bytes.endIndex - index >= 4 else { throw error("Invalid \\uXXXX escape", at: escape + 1) }
        var value: UInt32 = 0
        for byte in bytes[index..<index + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("Invalid \\uXXXX escape", at: escape + 1)
            }
            value = value << 4 | UInt32(digit)
        }
        index += 4
        return value
    }
}
