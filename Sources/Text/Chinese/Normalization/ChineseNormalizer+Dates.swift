// Dates and times. Each comment shows the pattern that upstream uses (`text/zh_normalization/chronology.py`).
extension ChineseNormalizer {
    private typealias Numerals = ChineseNumerals

    /// `(\d{4}|\d{2})年((0?[1-9]|1[0-2])月)?(((0?[1-9])|((1|2)[0-9])|30|31)([日号]))?`
    static func spellingDates(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: \.isASCIIDigit) { start in
            let end = text.endOfRun(from: start, where: \.isASCIIDigit)
            guard end - start >= 2, text.scalar(at: end) == "年" else { return .skip(to: end) }
            let length = end - start >= 4 ? 4 : 2
            guard end - start == length else { return .skip(to: end - length) }
            var output = Numerals.spelled(text[start..<end]) + "年"
            var next = end + 1
            if let month = dateNumber(text, at: next, upTo: 12), text.scalar(at: month.upperBound) == "月" {
                output += Numerals.cardinal(text[month]) + "月"
                next = month.upperBound + 1
            }
            if let day = dateNumber(text, at: next, upTo: 31), let unit = text.scalar(at: day.upperBound),
                unit == "日" || unit == "号"
            {
                output += Numerals.cardinal(text[day]) + String(unit)
                next = day.upperBound + 1
            }
            return .replace(to: next, with: output)
        }
    }

    /// `(\d{4})([- /.])(0[1-9]|1[012])\2(0[1-9]|[12][0-9]|3[01])`: 2024-05-01.
    static func spellingNumericDates(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: \.isASCIIDigit) { start in
            let end = text.endOfRun(from: start, where: \.isASCIIDigit)
            guard end - start >= 4 else { return .skip(to: end) }
            guard end - start == 4 else { return .skip(to: end - 4) }
            guard let separator = text.scalar(at: end), "- /.".unicodeScalars.contains(separator),
                text.scalar(at: end + 3) == separator, let month = twoDigits(text, at: end + 1),
                let day = twoDigits(text, at: end + 4), (1...12).contains(month), (1...31).contains(day)
            else { return .skip(to: end) }
            return .replace(
                to: end + 6,
                with: Numerals.spelled(text[start..<end]) + "年" + Numerals.cardinal(text[end + 1..<end + 3]) + "月"
                    + Numerals.cardinal(text[end + 4..<end + 6]) + "日")
        }
    }

    /// `([0-1]?[0-9]|2[0-3]):([0-5][0-9])(:([0-5][0-9]))?`
    static func spellingTimes(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: \.isASCIIDigit) { start in
            let colon = text.endOfRun(from: start, where: \.isASCIIDigit)
            guard let begin = beginOfHour(text, in: start..<colon), let time = ClockTime(text, at: begin) else {
                return .skip(to: colon)
            }
            guard begin == start else { return .skip(to: begin) }
            return .replace(to: time.end, with: time.spoken)
        }
    }

    /// Two times as above with `(~|-)` between them.
    static func spellingTimeRanges(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: \.isASCIIDigit) { start in
            let colon = text.endOfRun(from: start, where: \.isASCIIDigit)
            guard let begin = beginOfHour(text, in: start..<colon), let from = ClockTime(text, at: begin),
                let dash = text.scalar(at: from.end), dash == "~" || dash == "-",
                let to = ClockTime(text, at: from.end + 1, halfIf: from.isHalf)
            else { return .skip(to: colon) }
            guard begin == start else { return .skip(to: begin) }
            return .replace(to: to.end, with: from.spoken + "至" + to.spoken)
        }
    }

    /// Where the hour begins that ends a run of digits: two digits where they can be one, else the last.
    private static func beginOfHour(_ text: [Unicode.Scalar], in run: Range<Int>) -> Int? {
        guard text.scalar(at: run.upperBound) == ":" else { return nil }
        if run.count >= 2, let hour = twoDigits(text, at: run.upperBound - 2), hour <= 23 { return run.upperBound - 2 }
        return run.upperBound - 1
    }

    /// The one or two digits that stand at a position and no other digit behind, as in a date: 1 to a limit, 0 before a
    /// single digit allowed.
    private static func dateNumber(_ text: [Unicode.Scalar], at start: Int, upTo limit: Int) -> Range<Int>? {
        var value = 0
        var end = start
        while end - start < 3, let digit = text.scalar(at: end), digit.isASCIIDigit {
            value = value * 10 + Int(digit.value) - 0x30
            end += 1
        }
        guard end - start < 3, value >= 1, value <= limit else { return nil }
        return start..<end
    }

    static func twoDigits(_ text: [Unicode.Scalar], at position: Int) -> Int? {
        guard let tens = text.scalar(at: position), let ones = text.scalar(at: position + 1), tens.isASCIIDigit,
            ones.isASCIIDigit
        else { return nil }
        return Int(tens.value - 0x30) * 10 + Int(ones.value - 0x30)
    }

    /// A time such as 8:30 or 08:30:15.
    private struct ClockTime {
        let end: Int
        let spoken: String
        /// Whether the minutes are 30, which are said 半.
        let isHalf: Bool

        /// - Parameter halfIf: whether 半 is said for minutes, whatever they are. Upstream asks it of the first of two times.
        init?(_ text: [Unicode.Scalar], at start: Int, halfIf isOverridden: Bool? = nil) {
            var colon = start
            if text.scalar(at: start + 1) == ":" {
                guard let hour = text.scalar(at: start), hour.isASCIIDigit else { return nil }
                colon = start + 1
            } else {
                guard let hour = twoDigits(text, at: start), hour <= 23, text.scalar(at: start + 2) == ":" else {
                    return nil
                }
                colon = start + 2
            }
            guard let minute = twoDigits(text, at: colon + 1), minute < 60 else { return nil }
            var output = Numerals.number(text[start..<colon]) + "点"
            isHalf = minute == 30
            if minute > 0 {
                output += isOverridden ?? isHalf ? "半" : Self.padded(text[colon + 1..<colon + 3]) + "分"
            }
            var end = colon + 3
            if text.scalar(at: end) == ":", let second = twoDigits(text, at: end + 1), second < 60 {
                if second > 0 {
                    output += Self.padded(text[end + 1..<end + 3]) + "秒"
                }
                end += 3
            }
            self.end = end
            spoken = output
        }

        /// Five past is said with a zero.
        private static func padded(_ digits: ArraySlice<Unicode.Scalar>) -> String {
            (digits.first == "0" ? "零" : "") + Numerals.number(digits)
        }
    }
}
