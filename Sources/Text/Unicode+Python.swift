// Python's notions of character classes, which decide what its regular expressions and string methods match.
extension Unicode.Scalar {
    /// `str.isspace`, and `\s` in a pattern.
    var isPythonSpace: Bool {
        switch value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// `str.isdecimal`, and `\d` in a pattern.
    var isPythonDecimal: Bool {
        isASCII ? isASCIIDigit : properties.numericType == .decimal
    }

    /// `str.isdigit`, which counts superscripts too.
    var isPythonDigit: Bool {
        guard !isASCII else { return isASCIIDigit }
        return properties.numericType == .decimal || properties.numericType == .digit
    }

    /// `\w` in a pattern: letters, anything with a numeric value, and the underscore. Combining marks are not among them.
    var isPythonWord: Bool {
        guard !isASCII else { return isASCIIDigit || isASCIILetter || self == "_" }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        default: return properties.numericType != nil
        }
    }

    var isASCIIDigit: Bool { value >= 0x30 && value <= 0x39 }

    var isASCIILetter: Bool {
        let lower = value | 0x20
        return lower >= 0x61 && lower <= 0x7A
    }
}

extension Sequence<Unicode.Scalar> {
    /// The text that the scalars spell.
    var text: String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: self)
        return String(view)
    }
}

extension Array where Element == Unicode.Scalar {
    init(_ text: String) {
        self = Array(text.unicodeScalars)
    }

    /// `str.strip` with a rule for what to strip.
    func stripped(_ isStripped: (Unicode.Scalar) -> Bool) -> ArraySlice<Unicode.Scalar> {
        guard let first = firstIndex(where: { !isStripped($0) }), let last = lastIndex(where: { !isStripped($0) })
        else {
            return []
        }
        return self[first...last]
    }
}
