/// An integer of a pickle: 64 bits where it fits, decimal digits otherwise.
enum PickleInteger {
    case small(Int64)
    case large(String)

    /// Longest integer that is read, in bytes.
    static let maxBytes = 1024
    /// Longest integer that is read, in decimal digits, sign included.
    static let maxDigits = 2468

    /// Reads decimal digits with an optional sign.
    init?(decimal text: String) {
        if let value = Int64(text) {
            self = .small(value)
            return
        }
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        guard text.utf8.count - digits.count <= 1, !digits.isEmpty,
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        let sign = text.hasPrefix("-") ? "-" : ""
        let significant = digits.drop { $0 == UInt8(ascii: "0") }
        let magnitude = String(decoding: significant, as: UTF8.self)
        if let value = Int64(sign + magnitude) { self = .small(value) } else { self = .large(sign + magnitude) }
    }

    /// Reads two's complement.
    init(littleEndian bytes: UnsafeRawBufferPointer) {
        let isNegative = bytes.last.map { $0 & 0x80 != 0 } ?? false
        if bytes.count <= 8 {
            var value: UInt64 = isNegative ? .max : 0
            for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
            self = .small(Int64(bitPattern: value))
            return
        }
        // Magnitude in 32-bit limbs, least significant first.
        var limbs = [UInt32](repeating: 0, count: (bytes.count + 3) / 4)
        var carry: UInt16 = isNegative ? 1 : 0
        for (index, byte) in bytes.enumerated() {
            let value = UInt16(isNegative ? ~byte : byte) + carry
            carry = value >> 8
            limbs[index / 4] |= UInt32(value & 0xFF) << UInt32(index % 4 * 8)
        }
        // Negating the lowest number carries out of its bytes.
        if carry != 0 {
            if bytes.count.isMultiple(of: 4) {
                limbs.append(1)
            } else {
                limbs[bytes.count / 4] |= 1 << (bytes.count % 4 * 8)
            }
        }
        var groups: [String] = []
        while let top = limbs.last {
            if top == 0 {
                limbs.removeLast()
                continue
            }
            var remainder: UInt64 = 0
            for index in limbs.indices.reversed() {
                let value = remainder << 32 | UInt64(limbs[index])
                limbs[index] = UInt32(value / 1_000_000_000)
                remainder = value % 1_000_000_000
            }
            groups.append(String(remainder))
        }
        var digits = groups.popLast() ?? "0"
        for group in groups.reversed() { digits += String(repeating: "0", count: 9 - group.count) + group }
        let text = (isNegative ? "-" : "") + digits
        self = Int64(text).map(Self.small) ?? .large(text)
    }
}
