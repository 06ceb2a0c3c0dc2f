// The passes that spell out numbers. Each comment shows the pattern that upstream uses.
extension EnglishNormalizer {
    /// `\b([0-9]+)\. `: the number of a list item. "1. Milk" becomes "1st, Milk".
    static func expandingListNumbers(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: \.isASCIIDigit) { start in
            let end = text.endOfRun(from: start, where: \.isASCIIDigit)
            guard text.isWordBoundary(start), text.contains(". ", at: end) else { return .skip(to: end) }
            let number = text[start..<end]
            return .replace(to: end + 2, with: number.text + NumberWords.ordinalSuffix(number.digits) + ", ")
        }
    }

    /// `([0-9][0-9\,]+[0-9])`: 12,000 becomes 12000.
    static func removingThousandsCommas(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: \.isASCIIDigit) { start in
            let run = text.endOfRun(from: start) { $0.isASCIIDigit || $0 == "," }
            let end = endOfDigits(text, in: start..<run)
            guard end - start >= 3 else { return .skip(to: end) }
            return .replace(to: end, with: text[start..<end].filter { $0 != "," }.text)
        }
    }

    /// `\b([01]?[0-9]|2[0-3]):([0-5][0-9])\b`: 13:30 becomes "one thirty p.m.".
    static func expandingTimes(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: \.isASCIIDigit) { start in
            let colon = text.endOfRun(from: start, where: \.isASCIIDigit)
            let end = colon + 3
            guard text.isWordBoundary(start), colon - start <= 2, text.scalar(at: colon) == ":", end <= text.count,
                text[colon + 1] <= "5", text[colon + 1].isASCIIDigit, text[colon + 2].isASCIIDigit,
                text.isWordBoundary(end),
                let hours = NumberWords.value(text[start..<colon].digits), hours <= 23,
                let minutes = NumberWords.value(text[colon + 1..<end].digits)
            else { return .skip(to: colon) }
            let hour = NumberWords.cardinal(hours > 12 ? hours - 12 : hours, and: true)
            let minute = minutes == 0 ? "o'clock" : NumberWords.cardinal(minutes, and: true)
            return .replace(to: end, with: "\(hour) \(minute) \(hours < 12 ? "a.m." : "p.m.")")
        }
    }

    /// In upstream's order, in which the first that ends a word wins: "km/h" never does, because "km" does before it.
    private static let units: [(sign: String, one: String, many: String)] = [
        ("m", "meter", "meters"), ("km", "kilometer", "kilometers"), ("ft", "feet", "feet"), ("L", "liter", "liters"),
        ("tbsp", "tablespoon", "tablespoons"), ("tsp", "teaspoon", "teaspoons"), ("h", "hour", "hours"),
        ("min", "minute", "minutes"), ("s", "second", "seconds"), ("°C", "degree celsius", "degrees celsius"),
        ("°F", "degree fahrenheit", "degrees fahrenheit"),
    ]

    /// `\b([0-9]+(\.[0-9]+)?(m|km|…))\b`: 1.5km becomes "1.5 kilometers".
    static func expandingMeasurements(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: \.isASCIIDigit) { start in
            let whole = text.endOfRun(from: start, where: \.isASCIIDigit)
            guard text.isWordBoundary(start) else { return .skip(to: whole) }
            var end = whole
            if text.scalar(at: whole) == ".", text.scalar(at: whole + 1)?.isASCIIDigit == true {
                end = text.endOfRun(from: whole + 1, where: \.isASCIIDigit)
            }
            for unit in units where text.contains(unit.sign, at: end) {
                let next = end + unit.sign.unicodeScalars.count
                guard text.isWordBoundary(next) else { continue }
                let isOne = end == whole && NumberWords.significant(text[start..<end].digits) == [UInt8(ascii: "1")]
                return .replace(to: next, with: text[start..<end].text + " " + (isOne ? unit.one : unit.many))
            }
            return .skip(to: whole)
        }
    }

    /// A currency and the words for its amounts.
    struct Currency {
        let sign: Unicode.Scalar
        let one: String
        let many: String
        let oneHundredth: String
        let manyHundredths: String
        /// What may stand in an amount before the sign, besides digits. Upstream's pattern for dollars has a stray bracket.
        let separators: [Unicode.Scalar]

        static let pounds = Currency(
            sign: "£", one: "pound", many: "pounds", oneHundredth: "penny", manyHundredths: "pence",
            separators: [".", ","])
        static let dollars = Currency(
            sign: "$", one: "dollar", many: "dollars", oneHundredth: "cent", manyHundredths: "cents",
            separators: [".", ",", "("])
    }

    /// `£([0-9\.\,]*[0-9]+)`
    static func expandingAmounts(_ text: [Unicode.Scalar], signBefore currency: Currency) -> [Unicode.Scalar] {
        text.rewritten(where: { $0 == currency.sign }) { position in
            let start = position + 1
            let run = text.endOfRun(from: start) { $0.isASCIIDigit || $0 == "." || $0 == "," }
            let end = endOfDigits(text, in: start..<run)
            guard end > start else { return .skip(to: run) }
            return .replace(to: end, with: amount(text[start..<end], currency))
        }
    }

    /// `([0-9\.\,]*[0-9]+)£`
    static func expandingAmounts(_ text: [Unicode.Scalar], signAfter currency: Currency) -> [Unicode.Scalar] {
        let isAmount = { (scalar: Unicode.Scalar) in scalar.isASCIIDigit || currency.separators.contains(scalar) }
        return text.rewritten(where: isAmount) { start in
            let end = text.endOfRun(from: start, where: isAmount)
            guard text.scalar(at: end) == currency.sign, text[end - 1].isASCIIDigit else { return .skip(to: end) }
            return .replace(to: end + 1, with: amount(text[start..<end], currency))
        }
    }

    /// "6.24" becomes "6 dollars and 24 cents", "1.2.3" stays as it is.
    private static func amount(_ text: ArraySlice<Unicode.Scalar>, _ currency: Currency) -> String {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { return "\(text.text) \(currency.many)" }
        let whole = NumberWords.significant(parts[0].digits)
        var written = parts.count > 1 ? parts[1].digits : []
        if written.count == 1 {
            written.append(UInt8(ascii: "0"))
        }
        let hundredths = NumberWords.significant(written)
        let one = [UInt8(ascii: "1")]
        let major = "\(String(decoding: whole, as: UTF8.self)) \(whole == one ? currency.one : currency.many)"
        let minorUnit = hundredths == one ? currency.oneHundredth : currency.manyHundredths
        let minor = "\(String(decoding: hundredths, as: UTF8.self)) \(minorUnit)"
        switch (whole.isEmpty, hundredths.isEmpty) {
        case (false, false): return "\(major) and \(minor)"
        case (false, true): return major
        case (true, false): return minor
        case (true, true): return "zero \(currency.many)"
        }
    }

    /// `([0-9]+\.\s*[0-9]+)`: 13.23 becomes "13 point 2 3".
    static func expandingDecimals(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: \.isASCIIDigit) { start in
            let point = text.endOfRun(from: start, where: \.isASCIIDigit)
            guard text.scalar(at: point) == "." else { return .skip(to: point) }
            let digits = text.endOfRun(from: point + 1, where: \.isPythonSpace)
            let end = text.endOfRun(from: digits, where: \.isASCIIDigit)
            guard end > digits else { return .skip(to: point) }
            let read = text[point + 1..<end].map(String.init).joined(separator: " ")
            return .replace(to: end, with: "\(text[start..<point].text) point \(read)")
        }
    }

    /// `([0-9]+/[0-9]+)`: 3/4 becomes "three fourths".
    static func expandingFractions(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: \.isASCIIDigit) { start in
            let slash = text.endOfRun(from: start, where: \.isASCIIDigit)
            guard text.scalar(at: slash) == "/" else { return .skip(to: slash) }
            let end = text.endOfRun(from: slash + 1, where: \.isASCIIDigit)
            guard end > slash + 1 else { return .skip(to: slash) }
            let numerator = text[start..<slash].digits
            let denominator = text[slash + 1..<end].digits
            let count = NumberWords.cardinal(numerator, and: true)
            let isPlural = !["", "1"].contains(String(decoding: NumberWords.significant(numerator), as: UTF8.self))
            switch NumberWords.value(denominator) {
            case 1: return .replace(to: end, with: count)
            case 2: return .replace(to: end, with: count + (count == "one" ? " half" : " halves"))
            default:
                let part = NumberWords.ordinal(NumberWords.cardinal(denominator, and: true))
                return .replace(to: end, with: "\(count) \(part)\(isPlural ? "s" : "")")
            }
        }
    }

    /// `[0-9]+(st|nd|rd|th)`: 22nd becomes "twenty-second".
    static func expandingOrdinals(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: \.isASCIIDigit) { start in
            let end = text.endOfRun(from: start, where: \.isASCIIDigit)
            guard ["st", "nd", "rd", "th"].contains(where: { text.contains($0, at: end) }) else {
                return .skip(to: end)
            }
            let words = NumberWords.cardinal(text[start..<end].digits, and: true)
            return .replace(to: end + 2, with: NumberWords.ordinal(words))
        }
    }

    /// `[0-9]+`: every number that is left, from 1001 to 2999 as a year.
    static func expandingCardinals(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: \.isASCIIDigit) { start in
            let end = text.endOfRun(from: start, where: \.isASCIIDigit)
            let digits = text[start..<end].digits
            guard let value = NumberWords.value(digits), value > 1000, value < 3000 else {
                return .replace(to: end, with: NumberWords.cardinal(digits, and: false))
            }
            let words =
                switch value {
                case 2000: "two thousand"
                case 2001..<2010: "two thousand " + NumberWords.cardinal(value % 100, and: true)
                case _ where value % 100 == 0: NumberWords.cardinal(value / 100, and: true) + " hundred"
                default: NumberWords.pairs(value)
                }
            return .replace(to: end, with: words)
        }
    }

    /// The end of the last digit in a range, or the range's start.
    private static func endOfDigits(_ text: [Unicode.Scalar], in range: Range<Int>) -> Int {
        text[range].lastIndex(where: \.isASCIIDigit).map { $0 + 1 } ?? range.lowerBound
    }
}
