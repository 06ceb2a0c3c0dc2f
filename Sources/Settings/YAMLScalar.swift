/// Resolves plain scalars by the YAML 1.1 rules of PyYAML's `FullLoader` (`yaml/resolver.py`, `yaml/constructor.py`).
///
/// The rules differ from YAML 1.2 where users notice it: `yes`, `no`, `on` and `off` are truth values, `010` is eight,
/// `1:30` is ninety, and `1e5` is text because a float needs a point and its exponent a sign.
enum YAMLScalar {
    /// What a plain scalar means. Nil is a whole number beyond 64 bits.
    static func resolve(_ text: String) -> YAMLValue.Content? {
        switch text {
        case "", "~", "null", "Null", "NULL":
            return .null
        case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON":
            return .bool(true)
        case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
            return .bool(false)
        default:
            break
        }
        guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first) else { return .string(text) }
        let bytes = Array(text.utf8)
        if isInteger(bytes) { return integer(bytes).map { .int($0) } }
        if let value = float(bytes) { return .float(value) }
        if isTimestamp(bytes) { return .timestamp(text) }
        return .string(text)
    }

    /// What `text` means as an integer, for the explicit tag `!!int`. Nil when it is none or does not fit 64 bits.
    static func explicitInteger(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        return isInteger(bytes) ? integer(bytes) : nil
    }

    /// What `text` means as a float, for the explicit tag `!!float`.
    static func explicitFloat(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        return float(bytes) ?? integer(bytes).map(Double.init)
    }

    // MARK: - Integers

    private static func isInteger(_ bytes: [UInt8]) -> Bool {
        var digits = bytes[...]
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { digits.removeFirst() }
        guard let first = digits.first, isDigit(first) else { return false }
        if first == UInt8(ascii: "0") {
            let rest = digits.dropFirst()
            switch rest.first {
            case UInt8(ascii: "b"):
                return rest.count > 1 && rest.dropFirst().allSatisfy { "01_".utf8.contains($0) }
            case UInt8(ascii: "x"):
                return rest.count > 1 && rest.dropFirst().allSatisfy { hexValue($0) != nil || $0 == UInt8(ascii: "_") }
            default:
                return rest.allSatisfy { "01234567_".utf8.contains($0) }
            }
        }
        let parts = digits.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard let whole = parts.first, whole.allSatisfy(isDigitOrUnderscore) else { return false }
        return parts.dropFirst().allSatisfy(isSexagesimalDigit)
    }

    private static func integer(_ bytes: [UInt8]) -> Int? {
        var digits = bytes.filter { $0 != UInt8(ascii: "_") }[...]
        var isNegative = false
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            digits.removeFirst()
        }
        if digits.first == UInt8(ascii: "0"), digits.count > 1 {
            switch digits.dropFirst().first {
            case UInt8(ascii: "b"): return accumulate(digits.dropFirst(2), radix: 2, isNegative: isNegative)
            case UInt8(ascii: "x"): return accumulate(digits.dropFirst(2), radix: 16, isNegative: isNegative)
            default: return accumulate(digits.dropFirst(1), radix: 8, isNegative: isNegative)
            }
        }
        var total = 0
        for part in digits.split(separator: UInt8(ascii: ":")) {
            guard let value = accumulate(part, radix: 10, isNegative: isNegative) else { return nil }
            let (scaled, overflow) = total.multipliedReportingOverflow(by: 60)
            let (sum, carry) = scaled.addingReportingOverflow(value)
            guard !overflow, !carry else { return nil }
            total = sum
        }
        return total
    }

    private static func accumulate(_ digits: ArraySlice<UInt8>, radix: Int, isNegative: Bool) -> Int? {
        guard !digits.isEmpty else { return nil }
        var total = 0
        for digit in digits {
            guard let value = hexValue(digit), value < radix else { return nil }
            let (scaled, overflow) = total.multipliedReportingOverflow(by: radix)
            let (sum, carry) = scaled.addingReportingOverflow(isNegative ? -value : value)
            guard !overflow, !carry else { return nil }
            total = sum
        }
        return total
    }

    // MARK: - Floats

    private static func float(_ bytes: [UInt8]) -> Double? {
        var body = bytes[...]
        var sign = 1.0
        var isSigned = false
        if let first = body.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            sign = first == UInt8(ascii: "-") ? -1 : 1
            isSigned = true
            body.removeFirst()
        }
        switch String(decoding: body, as: UTF8.self) {
        case ".inf", ".Inf", ".INF": return sign * .infinity
        case ".nan", ".NaN", ".NAN": return isSigned ? nil : .nan
        default: break
        }
        guard let point = body.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        let whole = body[..<point]
        var fraction = body[(point + 1)...]
        if whole.contains(UInt8(ascii: ":")) {
            let parts = whole.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard let first = parts.first, isNumberRun(first), parts.dropFirst().allSatisfy(isSexagesimalDigit),
                fraction.allSatisfy(isDigitOrUnderscore), let tail = Double(text("0.", fraction) + "0")
            else { return nil }
            let total = parts.reduce(0.0) { $0 * 60 + (Double(text("", $1)) ?? 0) }
            return sign * (total + tail)
        }
        var exponent: ArraySlice<UInt8> = []
        if let mark = fraction.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
            exponent = fraction[(mark + 1)...]
            fraction = fraction[..<mark]
            guard let direction = exponent.first, direction == UInt8(ascii: "-") || direction == UInt8(ascii: "+"),
                exponent.count > 1, exponent.dropFirst().allSatisfy(isDigit)
            else { return nil }
        }
        guard fraction.allSatisfy(isDigitOrUnderscore) else { return nil }
        if whole.isEmpty {
            guard !isSigned, let first = fraction.first, isDigit(first) else { return nil }
        } else {
            guard isNumberRun(whole) else { return nil }
        }
        let power = exponent.isEmpty ? "" : "e" + String(decoding: exponent, as: UTF8.self)
        return Double(text("0", whole) + "." + text("", fraction) + "0" + power).map { sign * $0 }
    }

    private static func text(_ prefix: String, _ digits: ArraySlice<UInt8>) -> String {
        prefix + String(decoding: digits.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    }

    // MARK: - Dates and times

    /// `2001-12-14`, or with a time: `2001-12-14T21:59:43.10-05:00`.
    private static func isTimestamp(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        func take(_ counts: ClosedRange<Int>, _ matches: (UInt8) -> Bool) -> Bool {
            let run = rest.prefix(counts.upperBound).prefix(while: matches)
            guard run.count >= counts.lowerBound else { return false }
            rest = rest.dropFirst(run.count)
            return true
        }
        func isDash(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "-") }
        func isColon(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ":") }
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

        guard take(4...4, isDigit), take(1...1, isDash), take(1...2, isDigit), take(1...1, isDash) else { return false }
        guard take(1...2, isDigit) else { return false }
        if rest.isEmpty { return bytes.count == 10 }
        guard take(1...1, { $0 | 0x20 == UInt8(ascii: "t") }) || take(1...Int.max, isBlank) else { return false }
        guard take(1...2, isDigit), take(1...1, isColon), take(2...2, isDigit), take(1...1, isColon) else {
            return false
        }
        guard take(2...2, isDigit) else { return false }
        if take(1...1, { $0 == UInt8(ascii: ".") }) { _ = take(0...Int.max, isDigit) }
        if rest.isEmpty { return true }
        _ = take(0...Int.max, isBlank)
        if take(1...1, { $0 == UInt8(ascii: "Z") }) { return rest.isEmpty }
        guard take(1...1, { isDash($0) || $0 == UInt8(ascii: "+") }), take(1...2, isDigit) else { return false }
        if rest.isEmpty { return true }
        return take(1...1, isColon) && take(2...2, isDigit) && rest.isEmpty
    }

    // MARK: - Characters

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func isDigitOrUnderscore(_ byte: UInt8) -> Bool { isDigit(byte) || byte == UInt8(ascii: "_") }

    private static func isNumberRun(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.first.map(isDigit) == true && bytes.allSatisfy(isDigitOrUnderscore)
    }

    /// `[0-5]?[0-9]`, one place of a base-60 number.
    private static func isSexagesimalDigit(_ bytes: ArraySlice<UInt8>) -> Bool {
        switch bytes.count {
        case 1: bytes.allSatisfy(isDigit)
        case 2: bytes.allSatisfy(isDigit) && bytes.first.map { $0 <= UInt8(ascii: "5") } == true
        default: false
        }
    }

    private static func hexValue(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
