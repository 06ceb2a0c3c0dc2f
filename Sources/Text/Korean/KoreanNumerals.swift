/// Numbers in words: with units in Sino-Korean or native numerals, others digit by digit.
///
/// Upstream: `numerals.py` of g2pk2.
enum KoreanNumerals {
    /// Units that are counted in native numerals: 세 시, but 삼 분. Any part of this counts, as upstream has it.
    private static let nativelyCounted = Array(
        "군데 권 개 그루 닢 대 두 마리 모 모금 뭇 발 발짝 방 번 벌 보루 살 수 술 시 쌈 움큼 정 짝 채 척 첩 축 켤레 톨 통".unicodeScalars)

    private static let digitNames = Array("영일이삼사오육칠팔구".unicodeScalars)
    private static let nativeUnits = ["", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉"]
    private static let nativeTens = ["", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔"]
    /// The name of a digit's place, and whether one of it is said without a one: 만, but 일억.
    private static let places: [(name: String, dropsOne: Bool)] = [
        ("", false), ("십", true), ("백", true), ("천", true), ("만", true), ("십", true), ("백", true), ("천", true),
        ("억", false), ("십", false), ("백", false), ("천", false), ("조", false), ("십", false), ("백", false), ("천", false),
    ]

    /// Spells out the numbers of a text that has marks behind bound nouns.
    ///
    /// Where one number with its unit is the end of another, as 1일 of 31일, upstream's result depends on the hash seed;
    /// here each is read as a whole.
    ///
    /// - Returns: the text, and the numbers with units that have too many places for words; they are read digit by digit.
    static func spelledOut(_ text: [Unicode.Scalar]) -> (text: [Unicode.Scalar], tooLong: [String]) {
        var output: [Unicode.Scalar] = []
        var tooLong: [String] = []
        output.reserveCapacity(text.count + text.count / 4)
        var position = 0
        var unitEnd = 0
        while position < text.count {
            guard text[position].isPythonDecimal else {
                output.append(text[position])
                position += 1
                continue
            }
            let end = text.endOfRun(from: position) { $0.isPythonDecimal || $0 == "," }
            // Some scripts between the letters of Hangul have digits of their own: such a run is looked through once.
            if unitEnd <= end {
                unitEnd = text.endOfRun(from: end, where: isUnitLetter)
            }
            let number = text[position..<end]
            position = end
            guard end < unitEnd, text.scalar(at: unitEnd) == KoreanAnnotator.boundNoun else {
                output.append(contentsOf: number)
                continue
            }
            let isNative = isNativelyCounted(text[end..<unitEnd])
            if let spelled = spelled(number.filter { $0 != "," }, isNative: isNative) {
                output.append(contentsOf: spelled.unicodeScalars)
            } else {
                output.append(contentsOf: number)
                tooLong.append(number.text)
            }
        }
        let digitByDigit = output.map { scalar in
            scalar.isASCIIDigit ? digitNames[Int(scalar.value - 0x30)] : scalar
        }
        return (digitByDigit, tooLong)
    }

    /// From the first letter by itself to the last syllable of Hangul; other scripts lie between.
    private static func isUnitLetter(_ scalar: Unicode.Scalar) -> Bool {
        (0x3131...0xD7A3).contains(scalar.value)
    }

    private static func isNativelyCounted(_ unit: ArraySlice<Unicode.Scalar>) -> Bool {
        guard unit.count <= nativelyCounted.count else { return false }
        return (0...nativelyCounted.count - unit.count).contains { start in
            nativelyCounted[start..<start + unit.count].elementsEqual(unit)
        }
    }

    /// The words of a number; nil where it has more than sixteen places, for which upstream has no words.
    private static func spelled(_ digits: [Unicode.Scalar], isNative: Bool) -> String? {
        if digits == ["0"] { return "영" }
        if isNative, digits == ["2", "0"] { return "스무" }
        var words: [String] = []
        for (index, digit) in digits.enumerated() {
            let place = digits.count - index - 1
            // A zero is silent, but ends a group of four places, such as the 만, that is not empty.
            if digit == "0", place % 4 != 0 || words.suffix(3).allSatisfy(\.isEmpty) {
                words.append("")
                continue
            }
            guard places.indices.contains(place) else { return nil }
            let value = digit.isASCIIDigit ? Int(digit.value - 0x30) : 0
            if isNative, place <= 1 {
                words.append(place == 0 ? nativeUnits[value] : nativeTens[value])
            } else {
                let isSilent = value == 0 || value == 1 && places[place].dropsOne
                words.append((isSilent ? "" : String(digitNames[value])) + places[place].name)
            }
        }
        return words.joined()
    }
}
