/// The two ends of the Korean front-end: Latin letters by their names, and letters of Hangul as phones.
///
/// Upstream: `text/korean.py`.
enum KoreanLetters {
    private static let latinNames = [
        "에이", "비", "시", "디", "이", "에프", "지", "에이치", "아이", "제이", "케이", "엘", "엠", "엔", "오", "피", "큐", "아르", "에스", "티",
        "유", "브이", "더블유", "엑스", "와이", "제트",
    ].map { Array($0.unicodeScalars) }

    /// The text with each Latin letter as its name.
    static func spellingOutLatin(_ text: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
        var output: [Unicode.Scalar] = []
        output.reserveCapacity(text.count)
        for scalar in text {
            if let letter = latinLetter(scalar) {
                output.append(contentsOf: latinNames[letter])
            } else {
                output.append(scalar)
            }
        }
        return output
    }

    /// The place in the alphabet of what Python's patterns take for a letter from A to Z, whatever its case.
    private static func latinLetter(_ scalar: Unicode.Scalar) -> Int? {
        switch scalar {
        case "\u{130}", "\u{131}": 8  // İ, ı
        case "\u{17F}": 18  // ſ
        case "\u{212A}": 10  // the sign of Kelvin
        default: scalar.isASCIILetter ? Int((scalar.value | 0x20) - 0x61) : nil
        }
    }

    /// Diphthongs are spelled as the vowels that they are made of.
    private static let parts: [Unicode.Scalar: [Unicode.Scalar]] = [
        "ㅘ": ["ㅗ", "ㅏ"], "ㅙ": ["ㅗ", "ㅐ"], "ㅚ": ["ㅗ", "ㅣ"], "ㅝ": ["ㅜ", "ㅓ"], "ㅞ": ["ㅜ", "ㅔ"], "ㅟ": ["ㅜ", "ㅣ"],
        "ㅢ": ["ㅡ", "ㅣ"], "ㅑ": ["ㅣ", "ㅏ"], "ㅒ": ["ㅣ", "ㅐ"], "ㅕ": ["ㅣ", "ㅓ"], "ㅖ": ["ㅣ", "ㅔ"], "ㅛ": ["ㅣ", "ㅗ"],
        "ㅠ": ["ㅣ", "ㅜ"],
    ]

    /// The consonants of old spelling whose sign by itself is still in use.
    private static let oldOnsets: [Unicode.Scalar: Unicode.Scalar] = [
        "\u{111A}": "ㅀ", "\u{1121}": "ㅄ", "\u{115C}": "ㄵ", "\u{115D}": "ㄶ",
    ]

    /// The text with every syllable as letters by themselves, diphthongs divided.
    static func divided(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var output: [Unicode.Scalar] = []
        output.reserveCapacity(text.count * 3)
        for jamo in Hangul.decomposed(text) {
            let letter = Hangul.letter(of: jamo) ?? oldOnsets[jamo] ?? jamo
            if let parts = parts[letter] {
                output.append(contentsOf: parts)
            } else {
                output.append(letter)
            }
        }
        return output
    }

    /// A ㄹ behind 을 or 를 and a blank becomes ㄴ.
    static func mendingRieul(in letters: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var letters = letters
        var position = 0
        while position + 4 < letters.count {
            let isMended =
                (letters[position] == "ㅇ" || letters[position] == "ㄹ") && letters[position + 1] == "ㅡ"
                && letters[position + 2] == "ㄹ" && letters[position + 3] == " " && letters[position + 4] == "ㄹ"
            if isMended {
                letters[position + 4] = "ㄴ"
            }
            position += isMended ? 5 : 1
        }
        return letters
    }

    /// The phones of letters by themselves; a text that ends with one gets a full stop.
    static func phones(of letters: [Unicode.Scalar]) -> [String] {
        var phones = letters.map(phone)
        // Python's end of a text is also the place in front of a last line feed.
        let last = letters.last == "\n" ? letters.count - 2 : letters.count - 1
        if let letter = letters.scalar(at: last), (0x3131...0x3163).contains(letter.value) {
            phones.insert(".", at: last + 1)
        }
        return phones
    }

    private static let replacements: [Unicode.Scalar: Unicode.Scalar] = [
        "：": ",", "；": ",", "，": ",", "。": ".", "！": "!", "？": "?", "\n": ".", "·": ",", "、": ",", " ": "空",
    ]
    private static let pause = "停"

    private static func phone(of letter: Unicode.Scalar) -> String {
        let phone = String(replacements[letter] ?? letter)
        return SymbolTable.v2.contains(phone) ? phone : pause
    }
}
