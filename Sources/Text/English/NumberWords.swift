/// Numbers in English words, phrased as the Python package inflect phrases them.
///
/// Numbers come as strings of ASCII digits of any length. Beyond 36 digits there are no names, and digits are read one
/// by one.
enum NumberWords {
    private static let units = ["", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    private static let teens = [
        "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    ]
    private static let tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    private static let powers = [
        "", " thousand", " million", " billion", " trillion", " quadrillion", " quintillion", " sextillion",
        " septillion", " octillion", " nonillion", " decillion",
    ]
    private static let irregularOrdinals = [
        ("ty", "tieth"), ("one", "first"), ("two", "second"), ("three", "third"), ("five", "fifth"),
        ("eight", "eighth"), ("nine", "ninth"), ("twelve", "twelfth"),
    ]

    /// The digits without leading zeros; empty for zero.
    static func significant(_ digits: some Collection<UInt8>) -> [UInt8] {
        Array(digits.drop { $0 == UInt8(ascii: "0") })
    }

    /// The value, or nil where it has more than 18 digits.
    static func value(_ digits: some Collection<UInt8>) -> Int? {
        let significant = significant(digits)
        guard significant.count <= 18 else { return nil }
        return significant.reduce(0) { $0 * 10 + Int($1 &- UInt8(ascii: "0")) }
    }

    /// `1234` is "one thousand, two hundred and thirty-four", or without "and".
    static func cardinal(_ digits: some Collection<UInt8>, and: Bool) -> String {
        let significant = significant(digits)
        guard !significant.isEmpty else { return "zero" }
        guard significant.count <= 3 * powers.count else {
            return digits.map { $0 == UInt8(ascii: "0") ? "zero" : units[digit($0)] }.joined(separator: " ")
        }
        var groups: [String] = []
        var end = significant.count
        for power in powers where end > 0 {
            let start = max(0, end - 3)
            let number = significant[start..<end].reduce(0) { $0 * 10 + digit($1) }
            end = start
            if number > 0 {
                groups.append(hundreds(number, and: and) + power)
            }
        }
        groups.reverse()
        // A last group of one word hangs on with "and": one thousand and five.
        let lastDigits = significant.suffix(3).reduce(0) { $0 * 10 + digit($1) }
        if groups.count > 1, lastDigits > 0, lastDigits < 100 {
            let last = groups.removeLast()
            groups[groups.count - 1] += (and ? " and " : " ") + last
        }
        return groups.joined(separator: ", ")
    }

    static func cardinal(_ value: Int, and: Bool) -> String {
        cardinal(Array(String(value).utf8), and: and)
    }

    /// A year from 1001 to 2999 as two pairs: `1905` is "nineteen oh five".
    static func pairs(_ value: Int) -> String {
        [value / 100, value % 100]
            .map { $0 >= 10 ? belowHundred($0) : $0 > 0 ? "oh " + units[$0] : "oh oh" }
            .joined(separator: " ")
    }

    /// "twenty-one" becomes "twenty-first".
    static func ordinal(_ words: String) -> String {
        for (ending, replacement) in irregularOrdinals where words.hasSuffix(ending) {
            return words.dropLast(ending.count) + replacement
        }
        return words + "th"
    }

    /// `12` becomes `12th`.
    static func ordinalSuffix(_ digits: some Collection<UInt8>) -> String {
        let last = digits.suffix(2).reduce(0) { $0 * 10 + digit($1) }
        if (11...13).contains(last) { return "th" }
        return switch last % 10 {
        case 1: "st"
        case 2: "nd"
        case 3: "rd"
        default: "th"
        }
    }

    private static func digit(_ byte: UInt8) -> Int {
        min(9, Int(byte &- UInt8(ascii: "0")))
    }

    private static func belowHundred(_ number: Int) -> String {
        switch number {
        case ..<10: units[number]
        case ..<20: teens[number - 10]
        default: tens[number / 10] + (number % 10 == 0 ? "" : "-" + units[number % 10])
        }
    }

    private static func hundreds(_ number: Int, and: Bool) -> String {
        let rest = number % 100
        guard number >= 100 else { return belowHundred(rest) }
        let head = units[number / 100] + " hundred"
        return rest == 0 ? head : head + (and ? " and " : " ") + belowHundred(rest)
    }
}
