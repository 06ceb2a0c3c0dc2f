// Signs of arithmetic between operands, and minus signs before numbers.
extension EnglishNormalizer {
    private static let operators: [Unicode.Scalar: String] = [
        "+": " plus ", "-": " minus ", "×": " times ", "÷": " divided by ", "=": " Equals ",
    ]

    /// "2 + x² = 6" becomes "2 plus x² Equals 6".
    ///
    /// The pattern is `OPERAND\s+([\+\-×÷=])\s+OPERAND`, replaced until nothing changes, where an operand is a number, a
    /// fraction such as `.5`, or one letter, each with superscripts. It need not stand alone: "cat - dog" matches too.
    static func expandingArithmetic(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard text.contains(where: { operators[$0] != nil }) else { return text }
        var current = text
        // An operand serves one sign in each pass, so that neighbours take a second.
        while let next = expandingArithmeticOnce(current) {
            current = next
        }
        return current
    }

    private static func expandingArithmeticOnce(_ text: [Unicode.Scalar]) -> [Unicode.Scalar]? {
        var output: [Unicode.Scalar] = []
        var copied = 0
        var position = 0
        while position < text.count {
            guard let words = operators[text[position]] else {
                position += 1
                continue
            }
            var leftEnd = position
            while leftEnd > copied, text[leftEnd - 1].isPythonSpace {
                leftEnd -= 1
            }
            let right = text.endOfRun(from: position + 1, where: \.isPythonSpace)
            guard leftEnd < position, right > position + 1, isOperand(text, endingAt: leftEnd, from: copied),
                let rightEnd = endOfOperand(text, from: right)
            else {
                // The sign may still begin the right operand of a later one, never be one that was passed over.
                position += 1
                continue
            }
            output.append(contentsOf: text[copied..<leftEnd])
            output.append(contentsOf: words.unicodeScalars)
            output.append(contentsOf: text[right..<rightEnd])
            copied = rightEnd
            position = rightEnd
        }
        guard copied > 0 else { return nil }
        output.append(contentsOf: text[copied...])
        return output
    }

    /// Whether an operand ends at a position: what stands before its superscripts is a letter or a digit.
    private static func isOperand(_ text: [Unicode.Scalar], endingAt end: Int, from start: Int) -> Bool {
        var position = end
        while position > start, isSuperscript(text[position - 1]) {
            position -= 1
        }
        return position > start && (text[position - 1].isASCIILetter || text[position - 1].isPythonDecimal)
    }

    /// The end of the longest operand that begins at a position.
    private static func endOfOperand(_ text: [Unicode.Scalar], from start: Int) -> Int? {
        func digits(_ from: Int) -> Int? {
            let end = text.endOfRun(from: from, where: \.isPythonDecimal)
            return end > from ? end : nil
        }
        func fraction(_ from: Int) -> Int? {
            text.scalar(at: from) == "." ? digits(from + 1) : nil
        }
        let end: Int
        if let whole = digits(text.scalar(at: start) == "-" ? start + 1 : start) {
            end = fraction(whole) ?? whole
        } else if let part = fraction(start) {
            end = part
        } else if text.scalar(at: start)?.isASCIILetter == true {
            end = start + 1
        } else {
            return nil
        }
        return text.endOfRun(from: end, where: isSuperscript)
    }

    private static func isSuperscript(_ scalar: Unicode.Scalar) -> Bool {
        "⁰¹²³⁴⁵⁶⁷⁸⁹ˣʸⁿ".unicodeScalars.contains(scalar)
    }

    /// `(?:^|\s+)(-)(\d+)`: " -5" becomes "negative 5", without the blank.
    static func expandingNegatives(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: { $0.isPythonSpace || $0 == "-" }) { start in
            let sign = text.endOfRun(from: start, where: \.isPythonSpace)
            guard sign > start || start == 0, text.scalar(at: sign) == "-" else { return .skip(to: sign) }
            let end = text.endOfRun(from: sign + 1, where: \.isPythonDecimal)
            guard end > sign + 1 else { return .skip(to: sign) }
            return .replace(to: end, with: "negative " + text[sign + 1..<end].text)
        }
    }
}
