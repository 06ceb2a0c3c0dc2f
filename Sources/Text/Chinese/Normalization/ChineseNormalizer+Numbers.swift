// Numbers. Each comment shows the pattern that upstream uses (`text/zh_normalization/num.py`).
extension ChineseNormalizer {
    private typealias Numerals = ChineseNumerals

    /// A number as `\d+(\.\d+)?` finds it.
    struct DecimalRun {
        let start: Int
        let wholeEnd: Int
        let end: Int

        init?(_ text: [Unicode.Scalar], at start: Int) {
            let wholeEnd = text.endOfRun(from: start, where: \.isASCIIDigit)
            guard wholeEnd > start else { return nil }
            self.start = start
            self.wholeEnd = wholeEnd
            end = ChineseNormalizer.endOfFraction(text, from: wholeEnd) ?? wholeEnd
        }

        var range: Range<Int> { start..<end }
    }

    /// `\.\d+`
    static func endOfFraction(_ text: [Unicode.Scalar], from start: Int) -> Int? {
        guard text.scalar(at: start) == "." else { return nil }
        let end = text.endOfRun(from: start + 1, where: \.isASCIIDigit)
        return end > start + 1 ? end : nil
    }

    /// Replaces what begins with `(-?)(\d+(\.\d+)?)`, where a rule says so.
    ///
    /// - Parameter rule: takes the number and whether a minus stands before it; gives the end of what is replaced and its
    ///   replacement, or nil.
    static func rewritingSignedNumbers(
        _ text: [Unicode.Scalar], _ rule: (DecimalRun, _ isNegative: Bool) -> (end: Int, replacement: String)?
    ) -> [Unicode.Scalar] {
        text.rewritten(where: { $0 == "-" || $0.isASCIIDigit }) { start in
            let isNegative = text[start] == "-"
            guard let number = DecimalRun(text, at: isNegative ? start + 1 : start) else { return .skip(to: start + 1) }
            guard let (end, replacement) = rule(number, isNegative) else { return .skip(to: number.wholeEnd) }
            return .replace(to: end, with: replacement)
        }
    }

    private static func isSuperscript(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.isASCII && scalar.value < 0x2100 && superscripts[scalar] != nil
    }

    private static let superscripts: [Unicode.Scalar: Unicode.Scalar] = [
        "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9", "ˣ": "x",
        "ʸ": "y", "ⁿ": "n",
    ]

    private static func operatorName(_ scalar: Unicode.Scalar?) -> String? {
        switch scalar {
        case "+": "加"
        case "-": "减"
        case "×": "乘"
        case "÷": "除"
        case "=": "等于"
        default: nil
        }
    }

    /// An operand, `[\+\-\×÷=]`, an operand; again and again until none is left. An operand is a number, signed or not, a
    /// fraction without its zero, or a Latin letter, each with any superscripts.
    static func spellingArithmetic(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard text.contains(where: { operatorName($0) != nil }) else { return text }
        var text = text
        var isChanged = true
        // A pass takes every second operator of a chain at least, so that there are few.
        while isChanged {
            isChanged = false
            text = text.rewritten(where: { $0 == "-" || $0 == "." || $0.isASCIIDigit || $0.isASCIILetter }) { start in
                let first = operandEnd(text, from: start)
                guard let left = first.end, let name = operatorName(text.scalar(at: left)),
                    let right = operandEnd(text, from: left + 1).end
                else { return .skip(to: first.failure) }
                isChanged = true
                return .replace(to: right, with: text[start..<left].text + name + text[left + 1..<right].text)
            }
        }
        return text
    }

    /// The end of an operand, and up to where none can begin if what follows does not fit.
    private static func operandEnd(_ text: [Unicode.Scalar], from start: Int) -> (end: Int?, failure: Int) {
        guard let scalar = text.scalar(at: start) else { return (nil, start + 1) }
        let end: Int
        var failure = start + 1
        if scalar.isASCIILetter {
            end = start + 1
        } else if scalar == "." {
            guard let fraction = endOfFraction(text, from: start) else { return (nil, failure) }
            end = fraction
        } else {
            guard let number = DecimalRun(text, at: scalar == "-" ? start + 1 : start) else { return (nil, failure) }
            failure = number.wholeEnd
            end = number.end
        }
        return (text.endOfRun(from: end, where: isSuperscript), failure)
    }

    /// `[⁰¹²³⁴⁵⁶⁷⁸⁹ˣʸⁿ]+`
    static func spellingPowers(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard text.contains(where: isSuperscript) else { return text }
        return text.rewritten(where: isSuperscript) { start in
            let end = text.endOfRun(from: start, where: isSuperscript)
            return .replace(to: end, with: "的" + text[start..<end].compactMap { superscripts[$0] }.text + "次方")
        }
    }

    /// `(-?)(\d+)/(\d+)`: 1/2 is 二分之一.
    static func spellingFractions(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard text.contains("/") else { return text }
        return rewritingSignedNumbers(text) { number, isNegative in
            guard text.scalar(at: number.wholeEnd) == "/" else { return nil }
            let denominator = number.wholeEnd + 1
            let end = text.endOfRun(from: denominator, where: \.isASCIIDigit)
            guard end > denominator else { return nil }
            let parts = [text[denominator..<end], text[number.start..<number.wholeEnd]].map(Numerals.number)
            return (end, (isNegative ? "负" : "") + parts.joined(separator: "分之"))
        }
    }

    /// `(-?)(\d+(\.\d+)?)%`
    static func spellingPercentages(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard text.contains("%") else { return text }
        return rewritingSignedNumbers(text) { number, isNegative in
            guard text.scalar(at: number.end) == "%" else { return nil }
            return (number.end + 1, (isNegative ? "负" : "") + "百分之" + Numerals.number(text[number.range]))
        }
    }

    /// Two numbers as `(-?)((\d+)(\.\d+)?)` with `[-~]` between them, and before and behind them none of `[\d\+\-\×÷=]`.
    static func spellingRanges(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        func isOpen(_ position: Int) -> Bool {
            guard let scalar = text.scalar(at: position) else { return true }
            return !scalar.isASCIIDigit && operatorName(scalar) == nil
        }
        func signed(_ range: Range<Int>) -> String {
            let isNegative = text[range.lowerBound] == "-"
            return (isNegative ? "负" : "") + Numerals.number(text[range.dropFirst(isNegative ? 1 : 0)])
        }
        return text.rewritten(where: { $0 == "-" || $0.isASCIIDigit }) { start in
            guard let first = DecimalRun(text, at: text[start] == "-" ? start + 1 : start) else {
                return .skip(to: start + 1)
            }
            guard isOpen(start - 1), let dash = text.scalar(at: first.end), dash == "-" || dash == "~" else {
                return .skip(to: first.wholeEnd)
            }
            let second = first.end + 1
            guard let last = DecimalRun(text, at: text.scalar(at: second) == "-" ? second + 1 : second),
                // Where the fraction is followed by an operator, the whole number before the point makes the range.
                let end = isOpen(last.end) ? last.end : isOpen(last.wholeEnd) ? last.wholeEnd : nil
            else { return .skip(to: first.wholeEnd) }
            return .replace(to: end, with: signed(start..<first.end) + "到" + signed(second..<end))
        }
    }

    /// `(-)(\d+)`
    static func spellingNegativeNumbers(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: { $0 == "-" }) { start in
            let end = text.endOfRun(from: start + 1, where: \.isASCIIDigit)
            guard end > start + 1 else { return .skip(to: end) }
            return .replace(to: end, with: "负" + Numerals.number(text[start + 1..<end]))
        }
    }

    /// `((\d+)(\.\d+)(\.\d+)?(\.\d+)+)`: 1.10.3 is said digit by digit.
    static func spellingVersions(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: \.isASCIIDigit) { start in
            let whole = text.endOfRun(from: start, where: \.isASCIIDigit)
            var end = whole
            var fractions = 0
            while let next = endOfFraction(text, from: end) {
                end = next
                fractions += 1
            }
            guard fractions >= 2 else { return .skip(to: end) }
            let parts = text[start..<end].split(separator: ".").map { Numerals.spelled($0) }
            return .replace(to: end, with: parts.joined(separator: "点"))
        }
    }

    /// `(-?)((\d+)(\.\d+))|(\.(\d+))`. No minus is left before a digit by now.
    static func spellingDecimals(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: { $0 == "." || $0.isASCIIDigit }) { start in
            let whole = text.endOfRun(from: start, where: \.isASCIIDigit)
            guard let end = endOfFraction(text, from: whole) else { return .skip(to: whole) }
            return .replace(to: end, with: Numerals.number(text[start..<end]))
        }
    }

    /// `(\d+)([多余几\+])?` and a quantifier: 2个 is 两个, 20+人 is 二十多人.
    static func spellingQuantities(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: \.isASCIIDigit) { start in
            let end = text.endOfRun(from: start, where: \.isASCIIDigit)
            var quantifier = end
            if let more = text.scalar(at: end), more == "多" || more == "余" || more == "几" || more == "+" {
                quantifier += 1
            }
            guard isQuantifier(text, at: quantifier) else { return .skip(to: end) }
            let number = Numerals.number(text[start..<end])
            let more = text[end..<quantifier].text
            return .replace(to: quantifier, with: (number == "二" ? "两" : number) + (more == "+" ? "多" : more))
        }
    }

    private static func isQuantifier(_ text: [Unicode.Scalar], at position: Int) -> Bool {
        guard let scalar = text.scalar(at: position) else { return false }
        return quantifiers.contains(scalar) || longQuantifiers.contains { text.contains($0, at: position) }
    }

    /// Upstream's list, from which longer ones are left out that begin with a shorter one.
    private static let quantifiers = Set(
        """
        处台架枚趟幅平方堵间床株批项例列篇栋注亩封艘把目套段人所朵匹张座回场尾条个首阙阵网炮顶丘棵只支袭辆挑担颗壳窠曲墙群腔砣客贯扎捆刀令打手罗坡山岭江溪钟队单双对出口\
        头脚板跳枝件贴针线管名位身堂课本页家户层丝毫厘分钱两斤铢石钧锱忽寸尺丈里寻常铺程米撮勺合升斗盘碗碟叠桶笼盆盒杯斛锅簋篮罐瓶壶卮盏箩箱煲啖袋钵年月日季刻时周天秒旬\
        纪岁世更夜春夏秋冬代伏辈丸泡粒幢堆根道面片块元亿万千百吨角毛
        """.unicodeScalars)
    private static let longQuantifiers = ["公分", "微克", "微米", "小时", "百万", "千万", "美元", "十吨"].map { Array($0) }

    /// `\d{3}\d*`: three digits and more are said one by one.
    static func spellingLongNumbers(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: \.isASCIIDigit) { start in
            let end = text.endOfRun(from: start, where: \.isASCIIDigit)
            guard end - start >= 3 else { return .skip(to: end) }
            return .replace(to: end, with: Numerals.spelled(text[start..<end], telephone: true))
        }
    }

    /// `(-?)((\d+)(\.\d+)?)|(\.(\d+))`, of which only one or two digits are left by now.
    static func spellingNumbers(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: \.isASCIIDigit) { start in
            let end = text.endOfRun(from: start, where: \.isASCIIDigit)
            return .replace(to: end, with: Numerals.number(text[start..<end]))
        }
    }
}
