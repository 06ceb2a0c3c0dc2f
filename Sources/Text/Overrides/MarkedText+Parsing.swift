extension MarkedText {
    /// Takes the inline marks out of a request's text.
    ///
    /// A mark is a bracket `[…]` that stands directly behind a letter and holds nothing but a reading, its parts
    /// separated by blanks. Its notation says which word in front of it is meant:
    ///
    /// | reading | for example | the word |
    /// |---|---|---|
    /// | pinyin or jyutping, each syllable small letters and a tone | `银行[yin2 hang2]`, `行[hang4]` | as many Chinese characters as there are syllables |
    /// | ARPAbet, at least one vowel with its stress | `read[R EH1 D]` | the Latin word |
    /// | kana, the number of the accented mora behind it if wanted | `箸[はし1]`, `橋[ハシ2]` | the Chinese characters, or the letters of one script |
    /// | hangul | `값[갑]`, `GPT[지피티]` | likewise |
    ///
    /// All other brackets are text and pass as they are: `see[3]`, `word[sic]`, `[앵커]`, `a [b]`. A blank before a bracket
    /// makes text of any.
    ///
    /// - Throws: `TextError` with `.invalidInput`, quoting the mark, where there are fewer characters than syllables.
    init(parsing text: String) throws(TextError) {
        self.init(text: text)
        guard text.unicodeScalars.contains("[") else { return }
        var output: [Unicode.Scalar] = []
        let source = [Unicode.Scalar](text)
        // A word reaches back no further than the mark before it.
        var unmarked = 0
        var wordCharacters = 0
        var position = 0
        while position < source.count {
            if source[position] == "[", let notation = ReadingNotation(opening: position, in: source) {
                let word = output.suffix(try notation.wordLength(before: output[unmarked...]))
                let first = wordCharacters - word.count(where: \.isPythonWord)
                marks.append(
                    InlineReading(
                        mark: (word + source[position..<notation.end]).text, word: word.text, readings: notation.parts,
                        place: first..<wordCharacters))
                position = notation.end
                unmarked = output.count
            } else {
                if source[position].isPythonWord { wordCharacters += 1 }
                output.append(source[position])
                position += 1
            }
        }
        self.text = output.text
    }
}

/// What an inline mark's bracket holds.
private struct ReadingNotation {
    enum Kind { case syllables, arpabet, kana, hangul }

    let kind: Kind
    let parts: [String]
    /// The position behind the closing bracket.
    let end: Int
    private let quoted: String

    /// Longer brackets are text; the limit keeps the search for their ends linear.
    private static let longest = 200
    private static let vowels: Set<String> = [
        "AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW",
    ]
    /// A syllable has one of these: the vowels, and the nasals that are syllables of their own.
    private static let syllabic = Set("aeiouüvêmn".unicodeScalars)

    /// Reads a bracket behind a letter, or nil if it is text.
    init?(opening: Int, in source: [Unicode.Scalar]) {
        guard let before = source.scalar(at: opening - 1), before.isReadable else { return nil }
        let limit = min(source.count, opening + 1 + Self.longest)
        guard let close = source[opening + 1..<limit].firstIndex(where: { $0 == "]" || $0 == "[" || $0 == "\n" }),
            source[close] == "]"
        else { return nil }
        let tokens = source[opening + 1..<close].split(separator: " ")
        guard !tokens.isEmpty else { return nil }
        if before.isHan, tokens.allSatisfy(Self.isSyllable) {
            kind = .syllables
        } else if before.isLatin, tokens.allSatisfy(Self.isPhone), tokens.contains(where: Self.isStressedVowel) {
            kind = .arpabet
        } else if tokens.allSatisfy(Self.isKana) {
            kind = .kana
        } else if tokens.allSatisfy({ $0.allSatisfy(\.isHangulSyllable) }) {
            kind = .hangul
        } else {
            return nil
        }
        parts = tokens.map(\.text)
        end = close + 1
        quoted = source[opening..<end].text
    }

    /// How many scalars at the end of a text the reading is for.
    func wordLength(before text: ArraySlice<Unicode.Scalar>) throws(TextError) -> Int {
        guard let last = text.last else { return 0 }
        switch kind {
        case .syllables:
            let available = text.reversed().prefix(while: \.isHan).count
            guard available >= parts.count else {
                throw TextError(
                    .invalidInput,
                    "the mark \"\(text.suffix(available).text)\(quoted)\" has \(parts.count) syllables for \(available) "
                        + "Chinese characters; write as many, or put a blank before the bracket to have it read as text"
                )
            }
            return parts.count
        case .arpabet:
            return Self.latinLength(text)
        case .kana, .hangul:
            if last.isLatin { return Self.latinLength(text) }
            if last.isHan { return text.reversed().prefix(while: \.isHan).count }
            if last.isHangul { return text.reversed().prefix(while: \.isHangul).count }
            if last.isKana { return Self.kanaLength(text) }
            return text.reversed().prefix { $0.isReadable && !$0.isHan && !$0.isHangul && !$0.isKana }.count
        }
    }

    /// Latin letters with apostrophes between them.
    private static func latinLength(_ text: ArraySlice<Unicode.Scalar>) -> Int {
        var length = 0
        var followsLetter = false
        for (index, scalar) in text.reversed().enumerated() {
            if scalar.isLatin {
                length = index + 1
            } else if !(followsLetter && (scalar == "'" || scalar == "’")) {
                break
            }
            followsLetter = scalar.isLatin
        }
        return length
    }

    /// Hiragana or katakana, whichever comes last; the long sound belongs to either.
    private static func kanaLength(_ text: ArraySlice<Unicode.Scalar>) -> Int {
        let tail = text.reversed().prefix(while: \.isKana)
        guard let script = tail.first(where: { $0 != "ー" }) else { return tail.count }
        return tail.prefix { $0 == "ー" || $0.isHiragana == script.isHiragana }.count
    }

    private static func isSyllable(_ token: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let tone = token.last, tone.isASCIIDigit else { return false }
        let letters = token.dropLast()
        return letters.contains(where: syllabic.contains)
            && letters.allSatisfy { ($0 >= "a" && $0 <= "z") || $0 == "ü" || $0 == "ê" || $0 == ":" }
    }

    private static func isPhone(_ token: ArraySlice<Unicode.Scalar>) -> Bool {
        let letters = token.last?.isASCIIDigit == true ? token.dropLast() : token
        return !letters.isEmpty && letters.allSatisfy { $0 >= "A" && $0 <= "Z" }
    }

    private static func isStressedVowel(_ token: ArraySlice<Unicode.Scalar>) -> Bool {
        token.last?.isASCIIDigit == true && vowels.contains(token.dropLast().text)
    }

    private static func isKana(_ token: ArraySlice<Unicode.Scalar>) -> Bool {
        let end = token.lastIndex { !$0.isASCIIDigit }
        guard let end, let first = token.first, first.isKana else { return false }
        return token[token.startIndex...end].allSatisfy(\.isKana)
    }
}

extension Unicode.Scalar {
    /// A letter of any script: what a reading can be given for. Digits are not, they are read as numbers.
    fileprivate var isReadable: Bool { isPythonWord && !isPythonDigit && self != "_" }

    /// A Chinese character, its repetition mark and its zero among them.
    var isHan: Bool {
        switch value {
        case 0x3005...0x3007, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x323AF: true
        default: false
        }
    }

    var isHiragana: Bool { value >= 0x3041 && value <= 0x309F }

    /// Hiragana, katakana, and the long sound.
    var isKana: Bool {
        isHiragana || value >= 0x30A1 && value <= 0x30FA || value >= 0x30FC && value <= 0x30FF
            || value >= 0x31F0 && value <= 0x31FF
    }

    fileprivate var isHangulSyllable: Bool { value >= 0xAC00 && value <= 0xD7A3 }

    fileprivate var isHangul: Bool {
        isHangulSyllable || value >= 0x1100 && value <= 0x11FF || value >= 0x3131 && value <= 0x318E
    }

    /// A letter of the Latin alphabet, with or without accent.
    var isLatin: Bool {
        isASCIILetter || value >= 0xC0 && value <= 0x24F && value != 0xD7 && value != 0xF7
    }
}
