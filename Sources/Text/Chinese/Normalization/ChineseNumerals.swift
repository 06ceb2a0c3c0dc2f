/// How numbers are read in Chinese.
///
/// Upstream: `text/zh_normalization/num.py`. All functions take ASCII digits.
enum ChineseNumerals {
    private static let digits: [Character] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"]
    /// The powers of ten that have a name, largest first. Longer numbers repeat 亿.
    private static let units: [(power: Int, name: Character)] = [(8, "亿"), (4, "万"), (3, "千"), (2, "百"), (1, "十")]
    private static let zero: Unicode.Scalar = "0"

    /// A number with or without a decimal point: "3.20" is 三点二零, ".5" is 零点五, "012" is 十二.
    ///
    /// Of several points only the first counts.
    static func number(_ text: some Collection<Unicode.Scalar>) -> String {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        var fraction = (parts.count > 1 ? Array(parts[1]) : []).filter(\.isASCIIDigit)
        // One zero stays where there were any.
        let endsInZero = fraction.last == zero
        while fraction.last == zero {
            fraction.removeLast()
        }
        if endsInZero {
            fraction.append(zero)
        }
        let whole = cardinal(parts[0])
        guard !fraction.isEmpty else { return whole }
        return (whole.isEmpty ? String(digits[0]) : whole) + "点" + spelled(fraction)
    }

    /// A whole number with its powers of ten: "10050" is 一万零五十. No digits give nothing.
    static func cardinal(_ text: some Collection<Unicode.Scalar>) -> String {
        guard !text.isEmpty else { return "" }
        let significant = Array(text.drop { $0 == zero })
        guard !significant.isEmpty else { return String(digits[0]) }
        var symbols: [Character] = []
        append(significant[...], to: &symbols)
        // 一十二 is said 十二.
        if symbols.count >= 2, symbols[0] == digits[1], symbols[1] == "十" {
            symbols.removeFirst()
        }
        return String(symbols)
    }

    /// Digit by digit: "2024" is 二零二四.
    ///
    /// - Parameter telephone: whether one is said 幺, as in telephone numbers.
    static func spelled(_ text: some Sequence<Unicode.Scalar>, telephone: Bool = false) -> String {
        var output = ""
        for scalar in text {
            guard let digit = value(scalar) else { continue }
            output.append(digit == 1 && telephone ? "幺" : digits[digit])
        }
        return output
    }

    /// The part of a number before a unit keeps the zeros that it begins with as one 零.
    private static func append(_ text: ArraySlice<Unicode.Scalar>, to symbols: inout [Character]) {
        // Whatever precedes a unit has to be said first; the parts behind units wait. A loop, as numbers can be long.
        var rest: [(unit: Character?, part: ArraySlice<Unicode.Scalar>)] = [(nil, text)]
        while let (unit, part) = rest.popLast() {
            if let unit { symbols.append(unit) }
            var part = part
            var waiting: [(unit: Character?, part: ArraySlice<Unicode.Scalar>)] = []
            while true {
                let significant = part.drop { $0 == zero }
                guard significant.count > 1, let unit = units.first(where: { $0.power < significant.count }) else {
                    if let digit = significant.first.flatMap(value) {
                        if part.count > 1 { symbols.append(digits[0]) }
                        symbols.append(digits[digit])
                    }
                    break
                }
                waiting.append((unit.name, part.suffix(unit.power)))
                part = part.dropLast(unit.power)
            }
            rest.append(contentsOf: waiting)
        }
    }

    private static func value(_ scalar: Unicode.Scalar) -> Int? {
        scalar.isASCIIDigit ? Int(scalar.value - zero.value) : nil
    }
}
