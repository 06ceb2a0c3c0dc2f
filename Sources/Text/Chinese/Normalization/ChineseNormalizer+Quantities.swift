// Measured amounts and telephone numbers. Each comment shows the pattern that upstream uses
// (`text/zh_normalization/quantifier.py`, `num.py`, `phonecode.py`).
extension ChineseNormalizer {
    private typealias Numerals = ChineseNumerals

    /// Signs of units and their names, in the order in which they are replaced wherever they stand.
    private static let units: [(sign: [Unicode.Scalar], name: [Unicode.Scalar])] = [
        ("cm2", "平方厘米"), ("cm²", "平方厘米"), ("cm3", "立方厘米"), ("cm³", "立方厘米"), ("cm", "厘米"), ("db", "分贝"),
        ("ds", "毫秒"), ("kg", "千克"), ("km", "千米"), ("m2", "平方米"), ("m²", "平方米"), ("m³", "立方米"), ("m3", "立方米"),
        ("ml", "毫升"), ("m", "米"), ("mm", "毫米"), ("s", "秒"),
    ].map { (Array($0), Array($1)) }

    /// `%|°C|℃|度|摄氏度|cm2|cm²|…`: what a measured range can be measured in; of several the first is taken.
    private static let rangeUnits: [[Unicode.Scalar]] = [Array("%")] + degrees + units.map(\.sign)

    private static let degrees = ["°C", "℃", "度", "摄氏度"].map { Array($0) }

    /// A number, a unit, `[~]`, a number, a unit, where a number is `(-?)((\d+)(\.\d+)?)|(\.(\d+))`: ~ is said 至.
    static func joiningMeasuredRanges(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard text.contains("~") else { return text }
        var output = text
        var taken = 0
        var position = 0
        while let tilde = text[position...].firstIndex(of: "~") {
            position = tilde + 1
            let isMeasured = rangeUnits.contains { unit in
                let start = tilde - unit.count
                return start > taken && text.contains(unit, at: start) && text[start - 1].isASCIIDigit
            }
            guard isMeasured, let number = endOfSignedNumber(text, from: tilde + 1),
                let unit = rangeUnits.first(where: { text.contains($0, at: number) })
            else { continue }
            output[tilde] = "至"
            taken = number + unit.count
            position = taken
        }
        return output
    }

    /// `(-?)((\d+)(\.\d+)?)|(\.(\d+))`
    private static func endOfSignedNumber(_ text: [Unicode.Scalar], from start: Int) -> Int? {
        if text.scalar(at: start) == "." {
            let end = text.endOfRun(from: start + 1, where: \.isASCIIDigit)
            return end > start + 1 ? end : nil
        }
        let whole = text.scalar(at: start) == "-" ? start + 1 : start
        return DecimalRun(text, at: whole)?.end
    }

    /// `(-?)(\d+(\.\d+)?)(°C|℃|度|摄氏度)`: -3℃ is 零下三度, as is -3摄氏度.
    static func spellingTemperatures(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        rewritingSignedNumbers(text) { number, isNegative in
            guard let unit = degrees.first(where: { text.contains($0, at: number.end) }) else { return nil }
            let degrees = Numerals.number(text[number.range]) + "度"
            return (number.end + unit.count, (isNegative ? "零下" : "") + degrees)
        }
    }

    /// Signs of units become names, also within words.
    static func spellingUnits(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard text.contains(where: \.isASCIILetter) else { return text }
        return units.reduce(text) { text, unit in
            guard let first = unit.sign.first else { return text }
            return text.rewritten(where: { $0 == first }) { start in
                guard text.contains(unit.sign, at: start) else { return .skip(to: start + 1) }
                return .replace(to: start + unit.sign.count, with: unit.name.text)
            }
        }
    }

    /// `(?<!\d)((\+?86 ?)?1([38]\d|5[0-35-9]|7[678]|9[89])\d{8})(?!\d)`. No blank is left in the text by now.
    static func spellingMobileNumbers(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: { $0 == "+" || $0.isASCIIDigit }) { start in
            let digits = text[start] == "+" ? start + 1 : start
            let runEnd = text.endOfRun(from: digits, where: \.isASCIIDigit)
            let failure = digits > start ? digits : runEnd
            guard text.scalar(at: start - 1)?.isASCIIDigit != true else { return .skip(to: failure) }
            let number = text.contains("86", at: digits) ? digits + 2 : start
            guard let end = endOfMobileNumber(text, from: number) else { return .skip(to: failure) }
            return .replace(to: end, with: Numerals.spelled(text[digits..<end], telephone: true))
        }
    }

    /// `1([38]\d|5[0-35-9]|7[678]|9[89])\d{8}(?!\d)`
    private static func endOfMobileNumber(_ text: [Unicode.Scalar], from start: Int) -> Int? {
        let end = start + 11
        guard text.scalar(at: start) == "1", end <= text.count, text[start..<end].allSatisfy(\.isASCIIDigit),
            text.scalar(at: end)?.isASCIIDigit != true
        else { return nil }
        switch (text[start + 1], text[start + 2]) {
        case ("3", _), ("8", _), ("7", "6"), ("7", "7"), ("7", "8"), ("9", "8"), ("9", "9"): return end
        case ("5", let third) where third != "4": return end
        default: return nil
        }
    }

    /// `(?<!\d)((0(10|2[1-3]|[3-9]\d{2})-?)?[1-9]\d{6,7})(?!\d)`
    static func spellingLandlineNumbers(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: \.isASCIIDigit) { start in
            let runEnd = text.endOfRun(from: start, where: \.isASCIIDigit)
            guard text.scalar(at: start - 1)?.isASCIIDigit != true else { return .skip(to: runEnd) }
            if let area = endOfAreaCode(text, from: start) {
                let isDashed = text.scalar(at: area) == "-"
                let number = area + (isDashed ? 1 : 0)
                if let end = endOfLandlineNumber(text, from: number) {
                    let code = Numerals.spelled(text[start..<area], telephone: true) + (isDashed ? "，" : "")
                    return .replace(to: end, with: code + Numerals.spelled(text[number..<end], telephone: true))
                }
            }
            guard let end = endOfLandlineNumber(text, from: start) else { return .skip(to: runEnd) }
            return .replace(to: end, with: Numerals.spelled(text[start..<end], telephone: true))
        }
    }

    private static func endOfAreaCode(_ text: [Unicode.Scalar], from start: Int) -> Int? {
        guard text.scalar(at: start) == "0", let first = text.scalar(at: start + 1), first.isASCIIDigit,
            let second = text.scalar(at: start + 2), second.isASCIIDigit
        else { return nil }
        switch (first, second) {
        case ("1", "0"), ("2", "1"), ("2", "2"), ("2", "3"): return start + 3
        case ("3"..."9", _): return text.scalar(at: start + 3)?.isASCIIDigit == true ? start + 4 : nil
        default: return nil
        }
    }

    /// `[1-9]\d{6,7}(?!\d)`
    private static func endOfLandlineNumber(_ text: [Unicode.Scalar], from start: Int) -> Int? {
        guard let first = text.scalar(at: start), first.isASCIIDigit, first != "0" else { return nil }
        var end = start
        while end - start < 9, text.scalar(at: end)?.isASCIIDigit == true {
            end += 1
        }
        return (7...8).contains(end - start) ? end : nil
    }

    /// `(400)(-)?\d{3}(-)?\d{4}`
    static func spellingServiceNumbers(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: { $0 == "4" }) { start in
            guard text.contains("400", at: start) else { return .skip(to: start + 1) }
            var output = Numerals.spelled(text[start..<start + 3], telephone: true)
            var end = start + 3
            for length in [3, 4] {
                if text.scalar(at: end) == "-" {
                    output += "，"
                    end += 1
                }
                let next = end + length
                guard next <= text.count, text[end..<next].allSatisfy(\.isASCIIDigit) else {
                    return .skip(to: start + 1)
                }
                output += Numerals.spelled(text[end..<next], telephone: true)
                end = next
            }
            return .replace(to: end, with: output)
        }
    }
}

extension Array where Element == Unicode.Scalar {
    /// Whether these characters stand at a position.
    func contains(_ word: [Unicode.Scalar], at position: Int) -> Bool {
        position >= 0 && position + word.count <= count && self[position..<position + word.count].elementsEqual(word)
    }
}
