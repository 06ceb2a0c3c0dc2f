/// Spells out what Chinese text writes in digits and signs, sentence by sentence, in simplified characters.
///
/// Upstream: `text/zh_normalization/text_normlization.py`. The passes run in its order, which decides how a text with several
/// readings is read: "10-11" is a subtraction because arithmetic comes before ranges.
struct ChineseNormalizer: Sendable {
    private let characters: TraditionalCharacters

    /// - Throws: `TextError` with `.resourceMissing` or `.resourceDamaged`.
    init(resources: TextResources) throws(TextError) {
        characters = try TraditionalCharacters(resources: resources)
    }

    /// The sentences of a text as they are spoken. Punctuation stays as it is written; a blank text is one empty sentence.
    func sentences(of text: String) -> [[Unicode.Scalar]] {
        Self.split(text).map(normalized)
    }

    /// Splits behind punctuation and at line breaks; blanks and brackets go.
    private static func split(_ text: String) -> [ArraySlice<Unicode.Scalar>] {
        var marked: [Unicode.Scalar] = []
        marked.reserveCapacity(text.unicodeScalars.count)
        var isBehindStop = false
        for scalar in text.unicodeScalars where !isDropped(scalar) {
            if isBehindStop, !isClosingQuote(scalar) { marked.append("\n") }
            marked.append(scalar)
            if isBehindStop, isClosingQuote(scalar) {
                marked.append("\n")
                isBehindStop = false
            } else {
                isBehindStop = isStop(scalar)
            }
        }
        let trimmed = marked.stripped(\.isPythonSpace)
        guard !trimmed.isEmpty else { return [[]] }
        return trimmed.split(separator: "\n").map { Array($0).stripped(\.isPythonSpace) }
    }

    private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case " ", "—", "《", "》", "【", "】", "<", ">", "{", "}", "(", ")", "（", "）", "#", "&", "@", "“", "”", "^", "_",
            "|", "\\":
            true
        default: false
        }
    }

    private static func isStop(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "：", "、", "，", "；", "。", "？", "！", ",", ";", "?", "!": true
        default: false
        }
    }

    private static func isClosingQuote(_ scalar: Unicode.Scalar) -> Bool { scalar == "’" }

    private func normalized(_ sentence: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
        var text = sentence.map { Self.halfWidth(characters.simplified($0)) }
        // Nothing else has signs that the passes look for.
        if text.contains(where: { $0.isASCIIDigit }) {
            text = Self.spellingDates(text)
            text = Self.spellingNumericDates(text)
            text = Self.spellingTimeRanges(text)
            text = Self.spellingTimes(text)
            text = Self.joiningMeasuredRanges(text)
            text = Self.spellingTemperatures(text)
        }
        text = Self.spellingUnits(text)
        text = Self.spellingArithmetic(text)
        text = Self.spellingPowers(text)
        if text.contains(where: { $0.isASCIIDigit }) {
            text = Self.spellingFractions(text)
            text = Self.spellingPercentages(text)
            text = Self.spellingMobileNumbers(text)
            text = Self.spellingLandlineNumbers(text)
            text = Self.spellingServiceNumbers(text)
            text = Self.spellingRanges(text)
            text = Self.spellingNegativeNumbers(text)
            text = Self.spellingVersions(text)
            text = Self.spellingDecimals(text)
            text = Self.spellingQuantities(text)
            text = Self.spellingLongNumbers(text)
            text = Self.spellingNumbers(text)
        }
        return Self.spellingSigns(text)
    }

    /// Full-width letters and digits in their usual width. Upstream raises on digits of other scripts; here they count as
    /// what they are.
    private static func halfWidth(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        guard !scalar.isASCII else { return scalar }
        switch scalar.value {
        case 0xFF10...0xFF19, 0xFF21...0xFF3A, 0xFF41...0xFF5A:
            return Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
        case 0x3000...0x9FFF:
            return scalar
        default:
            guard scalar.isPythonDecimal, let value = scalar.properties.numericValue, value >= 0, value <= 9 else {
                return scalar
            }
            return Unicode.Scalar(UInt8(ascii: "0") + UInt8(value))
        }
    }

    /// Signs that no earlier pass took: operators, circled numbers, Greek letters. Brackets go.
    private static func spellingSigns(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var output: [Unicode.Scalar] = []
        output.reserveCapacity(text.count)
        for scalar in text where !isDropped(scalar) {
            if let name = signNames[scalar] {
                output.append(contentsOf: name.unicodeScalars)
            } else {
                output.append(scalar)
            }
        }
        return output
    }

    private static let signNames: [Unicode.Scalar: String] = [
        "/": "每", "+": "加", "-": "减", "×": "乘", "÷": "除", "=": "等",
        "①": "一", "②": "二", "③": "三", "④": "四", "⑤": "五", "⑥": "六", "⑦": "七", "⑧": "八", "⑨": "九", "⑩": "十",
        "α": "阿尔法", "β": "贝塔", "γ": "伽玛", "Γ": "伽玛", "δ": "德尔塔", "Δ": "德尔塔", "ε": "艾普西龙", "ζ": "捷塔",
        "η": "依塔", "θ": "西塔", "Θ": "西塔", "ι": "艾欧塔", "κ": "喀帕", "λ": "拉姆达", "Λ": "拉姆达", "μ": "缪", "ν": "拗",
        "ξ": "克西", "Ξ": "克西", "ο": "欧米克伦", "π": "派", "Π": "派", "ρ": "肉", "ς": "西格玛", "Σ": "西格玛",
        "σ": "西格玛", "τ": "套", "υ": "宇普西龙", "φ": "服艾", "Φ": "服艾", "χ": "器", "ψ": "普赛", "Ψ": "普赛",
        "ω": "欧米伽", "Ω": "欧米伽",
    ]
}
