/// The readings of Mandarin phrases and characters, and the phones of syllables.
///
/// Data and look-up as in pypinyin 0.55.0 (`lazy_pinyin`): the longest phrases, from left to right. Phones by upstream's
/// `text/opencpop-strict.txt`.
struct MandarinLexicon: Sendable {
    private let ideographSyllables: Column<UInt16>
    private let otherCharacters: Column<UInt32>
    private let otherSyllables: Column<UInt16>
    private let phrases: ReadingTrie
    private let syllables: SyllableTable
    /// Initial and final phone, the tone missing, by initial and final.
    private let phones: [[(initial: String, final: String)?]]

    /// - Throws: `TextError` with `.resourceMissing` or `.resourceDamaged`.
    init(resources: TextResources) throws(TextError) {
        let file = try resources.open("chinese-readings.bin")
        syllables = SyllableTable(try file.table("syllable"))
        ideographSyllables = try file.column("ideograph.syllable")
        otherCharacters = try file.column("other.character")
        otherSyllables = try file.column("other.syllable", count: otherCharacters.count)
        phrases = try ReadingTrie(file, "phrase")
        let spellings = try file.table("pinyin")
        let initials = try file.table("pinyin.initial", count: spellings.count)
        let finals = try file.table("pinyin.final", count: spellings.count)
        phones = PinyinSyllable.initials.map { initial in
            PinyinSyllable.finals.map { final in
                spellings.index(of: Self.spelling(initial, final).utf8).map {
                    (initials.string($0), finals.string($0))
                }
            }
        }
    }

    /// A syllable by its number in the data files.
    func syllable(_ number: UInt16?) -> PinyinSyllable? {
        number.flatMap { syllables[$0] }
    }

    /// The phones of a syllable, or nil for one that no model can speak.
    func phones(of syllable: PinyinSyllable) -> [String]? {
        let initial = Int(syllable.initial)
        let final = Int(syllable.final)
        guard phones.indices.contains(initial), phones[initial].indices.contains(final),
            let found = phones[initial][final]
        else { return nil }
        return [found.initial, found.final + String(syllable.tone)]
    }

    /// The key under which upstream's table has a syllable: pinyin, but for ü, which is written out.
    private static func spelling(_ initial: String, _ final: String) -> String {
        guard initial.isEmpty else {
            switch final {
            case "uei": return initial + "ui"
            case "iou": return initial + "iu"
            case "uen": return initial + "un"
            default: return initial + final
            }
        }
        switch final {
        case "ing", "i", "in": return "y" + final
        case "u": return "wu"
        default:
            let rest = String(final.dropFirst())
            switch final.first {
            case "v": return "yu" + rest
            case "i": return "y" + rest
            case "u": return "w" + rest
            default: return final
            }
        }
    }

    /// A reading for each character of a text; what has none is taken for a mark.
    func read(_ text: ArraySlice<Unicode.Scalar>) -> [PinyinSyllable] {
        var result: [PinyinSyllable] = []
        result.reserveCapacity(text.count)
        text.forEachRun(where: hasReading) { run, isRead in
            guard isRead else {
                result += repeatElement(.mark, count: run.count)
                return
            }
            append(run, to: &result)
        }
        return result
    }

    private func append(_ run: ArraySlice<Unicode.Scalar>, to result: inout [PinyinSyllable]) {
        var start = run.startIndex
        while start < run.endIndex {
            let (phrase, reachesEnd) = phrases.longestWord(beginning: run[start...])
            if let phrase {
                result += phrase.map { syllable($0) ?? .mark }
                start += phrase.count
            } else if reachesEnd {
                // Where the rest begins a phrase without being one, upstream looks for no shorter phrases within it.
                result += run[start...].map(character)
                start = run.endIndex
            } else {
                result.append(character(run[start]))
                start += 1
            }
        }
    }

    private func hasReading(_ scalar: Unicode.Scalar) -> Bool {
        MandarinPunctuation.isIdeograph(scalar)
            || scalar.value >= Self.firstOther && otherCharacters.place(of: scalar.value) != nil
    }

    /// The first reading of a character.
    private func character(_ scalar: Unicode.Scalar) -> PinyinSyllable {
        let number =
            MandarinPunctuation.isIdeograph(scalar)
            ? ideographSyllables[Int(scalar.value - Self.firstIdeograph)]
            : otherCharacters.place(of: scalar.value).flatMap { otherSyllables[$0] }
        return syllable(number) ?? .mark
    }

    private static let firstIdeograph: UInt32 = 0x4E00
    /// Below this no character has a reading.
    private static let firstOther: UInt32 = 0x3000
}

/// All syllables that the data name, by number.
struct SyllableTable: Sendable {
    private let syllables: [PinyinSyllable?]

    init(_ spellings: ByteTable) {
        syllables = (0..<spellings.count).map { PinyinSyllable(spellings.string($0)) }
    }

    subscript(number: UInt16) -> PinyinSyllable? {
        syllables.indices.contains(Int(number)) ? syllables[Int(number)] : nil
    }
}

/// A trie of words with the numbers of their syllables, one a character.
struct ReadingTrie: Sendable {
    private let trie: CharacterTrie
    private let places: Column<UInt32>
    private let syllables: Column<UInt16>

    private static let none = UInt32.max

    init(_ file: SectionFile, _ name: String) throws(TextError) {
        trie = try CharacterTrie(file, name)
        places = try file.column(name + ".reading", count: trie.count)
        syllables = try file.column(name + ".syllable")
    }

    /// The syllables of a word, or nil if it is not listed.
    func syllables(of word: ArraySlice<Unicode.Scalar>) -> [UInt16]? {
        trie.node(of: word).flatMap { reading(at: $0, length: word.count) }
    }

    /// The syllables of the longest listed word that a text begins with, and whether the whole text begins a listed word.
    func longestWord(
        beginning text: ArraySlice<Unicode.Scalar>
    ) -> (syllables: [UInt16]?, reachesEnd: Bool) {
        var node = CharacterTrie.root
        var longest: (node: Int, length: Int)?
        var length = 0
        for scalar in text {
            guard let next = trie.child(of: node, scalar) else { break }
            node = next
            length += 1
            if let place = places[node], place != Self.none { longest = (node, length) }
        }
        return (longest.flatMap { reading(at: $0.node, length: $0.length) }, length == text.count)
    }

    private func reading(at node: Int, length: Int) -> [UInt16]? {
        guard let place = places[node], place != Self.none else { return nil }
        return (0..<length).map { syllables[Int(place) + $0] ?? .max }
    }
}
