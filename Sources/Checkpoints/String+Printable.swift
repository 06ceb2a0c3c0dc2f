extension String {
    /// The text with control characters escaped and cut to a length, for messages and reports.
    func printable(maxLength: Int) -> String {
        let prefix = unicodeScalars.prefix(maxLength + 1)
        let isCut = prefix.count > maxLength
        if !isCut, !prefix.contains(where: Self.needsEscape) { return self }
        var result = ""
        for scalar in prefix.prefix(maxLength) {
            if Self.needsEscape(scalar) {
                result += scalar.escaped(asASCII: true)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return isCut ? result + "…" : result
    }

    /// Control characters, and those that change the direction of text.
    private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2028, 0x2029, 0x2066...0x2069: true
        default: false
        }
    }
}
