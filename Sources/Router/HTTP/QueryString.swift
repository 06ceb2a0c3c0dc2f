/// The fields of a query string, `application/x-www-form-urlencoded`: percent escapes, and `+` for a space.
struct QueryString: Sendable {
    /// Names and values in the order of the text.
    let fields: [(name: String, value: String)]

    /// Reads the part of a target after `?`.
    ///
    /// - Throws: `badRequest`, where a field is not UTF-8 once its escapes are resolved.
    init(_ text: String) throws(RouterError) {
        // What was not UTF-8 on the wire was replaced by this character when the request was read.
        guard !text.unicodeScalars.contains("\u{FFFD}") else {
            throw RouterError(.badRequest, "the query is not UTF-8; percent-encode text as UTF-8")
        }
        var fields: [(name: String, value: String)] = []
        for pair in text.utf8.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: true) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = parts.first else { continue }
            let name = try Self.decode(first, of: "a parameter's name")
            let value = parts.count > 1 ? try Self.decode(parts[1], of: "the parameter \(name)") : ""
            fields.append((name, value))
        }
        self.fields = fields
    }

    /// The value of a field; of equal names the last one counts, as in the Python server.
    subscript(name: String) -> String? {
        fields.last { $0.name == name }?.value
    }

    /// All values of a field.
    func all(_ name: String) -> [String] {
        fields.filter { $0.name == name }.map(\.value)
    }

    private static func decode(
        _ text: Substring.UTF8View, of what: String
    ) throws(RouterError) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: "%"), let value = hexPair(rest.dropFirst().prefix(2)) {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
                rest = rest.dropFirst()
            }
        }
        guard let string = String(validating: bytes, as: UTF8.self) else {
            throw RouterError(.badRequest, "\(what) is not UTF-8; percent-encode text as UTF-8")
        }
        return string
    }

    private static func hexPair(_ digits: Substring.UTF8View) -> UInt8? {
        guard digits.count == 2, let text = String(digits), text.allSatisfy(\.isHexDigit) else { return nil }
        return UInt8(text, radix: 16)
    }
}
