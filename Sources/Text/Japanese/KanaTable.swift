/// Values by kana or full-width letter, one or two characters long, found at the beginning of a text.
struct KanaTable<Value: Sendable>: Sendable {
    /// All characters concerned have this many bytes in UTF-8.
    private static var characterSize: Int { 3 }

    private let values: [UInt64: Value]

    init(_ entries: some Sequence<(key: String, value: Value)>) {
        values = Dictionary(
            entries.map { (Self.code(Array($0.key.utf8), 0, $0.key.utf8.count), $0.value) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The value of the longest entry that begins at a place, and its length in bytes.
    func longestMatch(in text: [UInt8], at start: Int) -> (length: Int, value: Value)? {
        for length in [2 * Self.characterSize, Self.characterSize] where start + length <= text.count {
            if let value = values[Self.code(text, start, length)] { return (length, value) }
        }
        return nil
    }

    /// The value of a whole text.
    subscript(text: [UInt8]) -> Value? {
        guard text.count <= 2 * Self.characterSize else { return nil }
        return values[Self.code(text, 0, text.count)]
    }

    private static func code(_ text: [UInt8], _ start: Int, _ length: Int) -> UInt64 {
        var code: UInt64 = 0
        for byte in text[start..<start + length] {
            code = code << 8 | UInt64(byte)
        }
        return code
    }
}
