/// Reads single values by the lenient rules of pydantic 2, which is what the Python server reads its fields with: numbers may
/// come as text, booleans as numbers, whole numbers as fractions without a remainder.
///
/// The rules: <https://docs.pydantic.dev/2.10/concepts/conversion_table/>.
enum FieldReader {
    /// What is wrong with a value: pydantic's type and message.
    struct Mismatch: Error, Hashable {
        let type: String
        let message: String
    }

    static func string(_ value: JSONValue) throws(Mismatch) -> String {
        guard case .string(let text) = value else {
            throw Mismatch(type: "string_type", message: "Input should be a valid string")
        }
        return text
    }

    static func integer(_ value: JSONValue) throws(Mismatch) -> Int64 {
        switch value {
        case .integer(let number): return number
        case .bool(let flag): return flag ? 1 : 0
        case .hugeInteger: throw tooLarge
        case .number(let number):
            guard number.isFinite else {
                throw Mismatch(type: "finite_number", message: "Input should be a finite number")
            }
            guard number.rounded() == number else {
                throw Mismatch(
                    type: "int_from_float",
                    message: "Input should be a valid integer, got a number with a fractional part")
            }
            guard let whole = Int64(exactly: number) else { throw tooLarge }
            return whole
        case .string(let text):
            return try integer(text)
        case .null, .array, .object:
            throw Mismatch(type: "int_type", message: "Input should be a valid integer")
        }
    }

    private static let tooLarge = Mismatch(
        type: "int_parsing_size", message: "Unable to parse input string as an integer, exceeded maximum size")

    private static func integer(_ text: String) throws(Mismatch) -> Int64 {
        let unreadable = Mismatch(
            type: "int_parsing", message: "Input should be a valid integer, unable to parse string as an integer")
        var digits = trimmed(text)
        // `7.0` is a whole number too, and `1_000` is how Python may write one.
        if let point = digits.firstIndex(of: "."), digits[digits.index(after: point)...].allSatisfy({ $0 == "0" }),
            point > digits.startIndex, digits.index(after: point) < digits.endIndex
        {
            digits = digits[..<point]
        }
        let plain = withoutSeparators(digits)
        guard let plain, let sign = plain.first else { throw unreadable }
        let number = sign == "-" || sign == "+" ? plain.dropFirst() : plain[...]
        guard !number.isEmpty, number.allSatisfy({ $0.isASCII && $0.isNumber }) else { throw unreadable }
        guard let value = Int64(plain) else { throw tooLarge }
        return value
    }

    /// Removes single underscores between digits.
    private static func withoutSeparators(_ text: Substring) -> String? {
        guard text.contains("_") else { return String(text) }
        guard text.first != "_", text.last != "_", !text.contains("__") else { return nil }
        return text.filter { $0 != "_" }
    }

    static func number(_ value: JSONValue) throws(Mismatch) -> Double {
        switch value {
        case .integer(let number): return Double(number)
        case .bool(let flag): return flag ? 1 : 0
        case .number(let number): return number
        case .hugeInteger(let text): return Double(text) ?? .infinity
        case .string(let text):
            let plain = withoutSeparators(trimmed(text))
            let isHexadecimal = plain?.contains { $0 == "x" || $0 == "X" || $0 == "(" } ?? true
            guard let plain, !isHexadecimal, let number = Double(plain) else {
                throw Mismatch(
                    type: "float_parsing",
                    message: "Input should be a valid number, unable to parse string as a number")
            }
            return number
        case .null, .array, .object:
            throw Mismatch(type: "float_type", message: "Input should be a valid number")
        }
    }

    static func boolean(_ value: JSONValue) throws(Mismatch) -> Bool {
        let unreadable = Mismatch(
            type: "bool_parsing", message: "Input should be a valid boolean, unable to interpret input")
        switch value {
        case .bool(let flag): return flag
        case .integer(0), .number(0): return false
        case .integer(1), .number(1): return true
        case .integer, .hugeInteger: throw unreadable
        case .number(let number) where number.rounded() == number && number.isFinite: throw unreadable
        case .string(let text):
            switch text.lowercased() {
            case "0", "off", "f", "false", "n", "no": return false
            case "1", "on", "t", "true", "y", "yes": return true
            default: throw unreadable
            }
        case .number, .null, .array, .object:
            throw Mismatch(type: "bool_type", message: "Input should be a valid boolean")
        }
    }

    private static func trimmed(_ text: String) -> Substring {
        var rest = text[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
