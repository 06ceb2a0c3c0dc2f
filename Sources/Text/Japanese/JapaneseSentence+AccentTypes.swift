extension JapaneseSentence {
    /// Moves the accent of each accent phrase, kept in its first word, as the words that join it demand.
    ///
    /// Upstream: Open JTalk 1.11, `njd_set_accent_type.c`. Sagisaka and Sato, "Accentuation rules for Japanese word
    /// concatenation", 1983, for the names of the rules.
    mutating func setAccentTypes() {
        guard let head else { return }
        var top = head
        var moraCount = 0
        var cursor: Int? = head
        while let index = cursor {
            if index == head || words[index].chain != .joined {
                top = index
                moraCount = 0
            } else if let previous = words[index].previous {
                let change = AccentChange(rule: words[index].chainRule, after: words[previous].partOfSpeech)
                words[top].accent = change.accent(
                    ofPhrase: words[top].accent, moraCount: moraCount, joinedBy: words[index].accent)
                if words[previous].group1 == JapaneseTerm.numeral, words[index].group1 == JapaneseTerm.numeral,
                    let accent = numeralAccent(before: index, words[previous])
                {
                    words[previous].accent = accent
                }
            }
            if words[index].chain != .joined, words[index].string == NumeralName.ten,
                next(of: index)?.group1 == JapaneseTerm.numeral
            {
                words[index].accent = 0
            }
            moraCount += words[index].moraCount
            cursor = words[index].next
        }
    }

    /// The accent of a digit before a power of ten; nil where it stays as it is.
    private func numeralAccent(before index: Int, _ digit: JapaneseWord) -> Int? {
        switch words[index].string {
        case NumeralName.ten:
            let isFlat = NumeralName.flatBeforeTen.contains(digit.string)
            return isFlat && next(of: index).map { NumeralName.oneToNine.contains($0.string) } == true ? 0 : 1
        case NumeralName.hundred:
            if digit.string == NumeralName.seven { return 2 }
            if NumeralName.accentedBeforeHundred.contains(digit.string) { return 1 }
            return digit.moraCount + words[index].moraCount
        case NumeralName.thousand, NumeralName.tenThousand:
            return digit.moraCount + 1
        case NumeralName.hundredMillion:
            return NumeralName.secondBeforeHundredMillion.contains(digit.string) ? 2 : 1
        case NumeralName.trillion:
            return NumeralName.secondBeforeTrillion.contains(digit.string) ? 2 : 1
        default:
            return nil
        }
    }
}

/// One rule for the accent of a phrase that a word joins, such as `F2@1`.
private struct AccentChange {
    private let name: ArraySlice<UInt8>
    private let shift: Int

    /// The rule that applies after a part of speech: of alternatives such as `動詞%F2@1/形容詞%F4@-2`, the first that names it,
    /// or one without condition.
    init(rule: [UInt8], after partOfSpeech: [UInt8]) {
        var tokens = Tokens(rest: rule[...])
        var end: UInt8?
        repeat {
            var token: ArraySlice<UInt8>
            (token, end) = tokens.next()
            let isCondition = end == UInt8(ascii: "%")
            if !isCondition || partOfSpeech.holds(token) {
                if isCondition {
                    (token, end) = tokens.next()
                }
                name = token
                shift = end == UInt8(ascii: "@") ? Self.integer(tokens.next().token) : 0
                return
            }
            while end == UInt8(ascii: "%") || end == UInt8(ascii: "@") {
                (_, end) = tokens.next()
            }
        } while end != nil
        name = []
        shift = 0
    }

    /// The accent of the phrase with the word in it.
    ///
    /// - Parameters:
    ///   - accent: that of the phrase so far.
    ///   - moraCount: the length of the phrase so far.
    ///   - joining: the accent of the word that joins.
    func accent(ofPhrase accent: Int, moraCount: Int, joinedBy joining: Int) -> Int {
        switch name {
        case Self.f2: accent == 0 ? moraCount + shift : accent
        case Self.f3: accent != 0 ? moraCount + shift : accent
        case Self.f4: moraCount + shift
        case Self.f5, Self.c4, Self.p6: 0
        case Self.c1: moraCount + joining
        case Self.c2: moraCount + 1
        case Self.c3: moraCount
        case Self.p1: joining == 0 ? 0 : moraCount + joining
        case Self.p2: joining == 0 ? moraCount + 1 : moraCount + joining
        case Self.p14: joining == 0 ? accent : moraCount + joining
        default: accent
        }
    }

    private static let (f2, f3, f4, f5) = (bytes("F2"), bytes("F3"), bytes("F4"), bytes("F5"))
    private static let (c1, c2, c3, c4) = (bytes("C1"), bytes("C2"), bytes("C3"), bytes("C4"))
    private static let (p1, p2, p6, p14) = (bytes("P1"), bytes("P2"), bytes("P6"), bytes("P14"))

    private static func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }

    private static func integer(_ token: ArraySlice<UInt8>) -> Int {
        Int(String(decoding: token, as: UTF8.self)) ?? 0
    }

    /// Divides a rule at its signs.
    private struct Tokens {
        var rest: ArraySlice<UInt8>

        /// The next token, and the sign behind it; nil at the end.
        mutating func next() -> (token: ArraySlice<UInt8>, end: UInt8?) {
            let end = rest.firstIndex { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "/") }
            defer { rest = rest[(end ?? rest.endIndex)...].dropFirst() }
            return (rest[..<(end ?? rest.endIndex)], end.map { rest[$0] })
        }
    }
}

private enum NumeralName {
    static let ten = bytes("十")
    static let hundred = bytes("百")
    static let thousand = bytes("千")
    static let tenThousand = bytes("万")
    static let hundredMillion = bytes("億")
    static let trillion = bytes("兆")
    static let seven = bytes("七")
    static let oneToNine = list("一 二 三 四 五 六 七 八 九")
    static let flatBeforeTen = list("五 六 八")
    static let accentedBeforeHundred = list("三 四 九 何")
    static let secondBeforeHundredMillion = list("一 六 七 八 幾")
    static let secondBeforeTrillion = list("六 七")

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    private static func list(_ text: String) -> [[UInt8]] { text.split(separator: " ").map { Array($0.utf8) } }
}
