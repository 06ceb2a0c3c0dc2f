/// A Mandarin syllable in its parts, or a punctuation mark, which has neither final nor tone.
///
/// Initials and finals are those of the pinyin scheme, without the abbreviations and the y and w of its spelling: "you3" has no
/// initial and the final iou. `v` stands for ü. As pypinyin 0.55.0 has them (`Style.INITIALS`, `Style.FINALS_TONE3`).
struct PinyinSyllable: Sendable, Equatable {
    /// The number of the initial, 0 for none.
    let initial: UInt8
    /// The number of the final.
    let final: UInt8
    /// 1 to 4, or 5 for the neutral tone; 0 for a mark.
    private(set) var tone: UInt8

    /// Initials by number. A shorter one that begins a longer one stands behind it.
    static let initials = [
        "", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "zh", "ch", "sh", "r", "z", "c", "s",
    ]
    /// Finals by number.
    static let finals = [
        "i", "u", "v", "a", "ia", "ua", "o", "uo", "e", "ie", "ve", "ai", "uai", "ei", "uei", "ao", "iao", "ou", "iou",
        "an", "ian", "uan", "van", "en", "in", "uen", "vn", "ang", "iang", "uang", "eng", "ing", "ueng", "ong", "iong",
        "er", "ê",
    ]
    private static let finalNumbers = Dictionary(
        uniqueKeysWithValues: zip(finals, 0...).map { ($0, UInt8(truncatingIfNeeded: $1)) })

    /// The final of 儿.
    static let er = finalNumbers["er"]

    /// The punctuation mark, which is spoken as itself.
    static let mark = PinyinSyllable(initial: 0, final: .max, tone: 0)

    private init(initial: UInt8, final: UInt8, tone: UInt8) {
        self.initial = initial
        self.final = final
        self.tone = tone
    }

    /// Reads a syllable such as "zhong1", "lv4", "er5".
    init?(_ spelling: String) {
        guard let last = spelling.unicodeScalars.last, last >= "1", last <= "5" else { return nil }
        let letters = String(spelling.unicodeScalars.dropLast())
        var initial = Self.initial(of: letters)
        var final = Self.restored(letters)
        final.removeFirst(Self.initials[initial].count)
        if Self.finalNumbers[final] == nil, letters.hasPrefix("y") || letters.hasPrefix("w") {
            // No final of the scheme, as in "yo".
            initial = 0
            final = String(letters.dropFirst())
        }
        guard let number = Self.finalNumbers[final] else { return nil }
        self.init(
            initial: UInt8(truncatingIfNeeded: initial), final: number,
            tone: UInt8(truncatingIfNeeded: last.value - 0x30))
    }

    /// Whether the tone is the third.
    var isThird: Bool { tone == 3 }
    /// Whether this is a mark.
    var isMark: Bool { tone == 0 }

    /// Gives the syllable another tone. Marks have none.
    mutating func setTone(_ tone: UInt8) {
        if !isMark { self.tone = tone }
    }

    /// The syllable in another tone.
    func withTone(_ tone: UInt8) -> PinyinSyllable {
        var changed = self
        changed.setTone(tone)
        return changed
    }

    private static func initial(of letters: String) -> Int {
        initials.indices.dropFirst().first { letters.hasPrefix(initials[$0]) } ?? 0
    }

    /// Undoes the abbreviations of the spelling: "you" becomes "iou", "ju" "jv", "liu" "liou", "gui" "guei", "lun" "luen".
    private static func restored(_ letters: String) -> String {
        var text = letters
        let rest = String(letters.dropFirst())
        if letters.hasPrefix("y") {
            text = rest.hasPrefix("u") ? "v" + rest.dropFirst() : rest.hasPrefix("i") ? rest : "i" + rest
        } else if letters.hasPrefix("w") {
            text = rest.hasPrefix("u") ? rest : "u" + rest
        }
        if text != letters {
            return finalNumbers[text] == nil ? letters : text
        }
        if let first = text.first, "jqx".contains(first), rest.hasPrefix("u") {
            text = String(first) + "v" + rest.dropFirst()
        }
        for (short, long) in [("iu", "iou"), ("ui", "uei"), ("un", "uen")] where text.count > 2 && text.hasSuffix(short)
        {
            text = text.dropLast(2) + long
        }
        return text
    }
}
