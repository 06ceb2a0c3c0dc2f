/// The dictionary mecab-ko-dic, mapped: what a run of text can be, what each choice costs, and what costs two in a row.
///
/// `cluster/textdata/korean.py` makes the file. Everything read from it is checked against its bounds, so that a damaged
/// file gives wrong readings at worst.
struct KoreanDictionary: Sendable {
    /// A morpheme as the dictionary holds it: half the context of a connection to each side, a cost, a part of speech.
    struct Entry {
        let leftContext: UInt16
        let rightContext: UInt16
        let cost: Int16
        let tag: UInt16

        fileprivate init(packed: UInt64) {
            leftContext = UInt16(truncatingIfNeeded: packed)
            rightContext = UInt16(truncatingIfNeeded: packed >> 16)
            cost = Int16(truncatingIfNeeded: packed >> 32)
            tag = UInt16(truncatingIfNeeded: packed >> 48)
        }
    }

    /// How characters of a kind form words that the dictionary lacks.
    struct CharacterClass {
        private let packed: UInt32

        fileprivate init(packed: UInt32) {
            self.packed = packed
        }

        /// The categories that the character belongs to, one bit each.
        private var categories: UInt32 { packed & 0x3FFFF }
        /// The category whose entries describe unknown words that begin with the character.
        var category: Int { Int(packed >> 18 & 0xFF) }
        /// Unknown words of up to so many characters are considered.
        var longestGuess: Int { Int(packed >> 26 & 0xF) }
        /// Whether a whole run of characters of the kind is considered as one unknown word.
        var isGrouped: Bool { packed >> 30 & 1 == 1 }
        /// Whether unknown words are considered even where the dictionary knows one.
        var isAlwaysGuessed: Bool { packed >> 31 == 1 }

        func sharesCategory(with other: CharacterClass) -> Bool {
            categories & other.categories != 0
        }
    }

    /// The class of blanks.
    let blank: CharacterClass
    /// How many contexts a morpheme can offer to its left.
    let leftContextCount: Int
    /// How many contexts a morpheme can offer to its right.
    let rightContextCount: Int
    private let trie: Column<UInt64>
    private let morphemes: Column<UInt64>
    private let unknown: Column<UInt64>
    private let unknownEnds: Column<UInt32>
    private let characters: Column<UInt32>
    private let matrix: Column<Int16>
    private let tags: ByteTable
    private let endings: Column<UInt8>
    private let penalties: Column<Int32>

    init(resources: TextResources) throws(TextError) {
        let file = try resources.open("korean-dictionary.bin")
        // MeCab calls them the other way round: its left size counts what the left one of two offers to its right.
        let size: Column<UInt32> = try file.column("size", count: 2)
        rightContextCount = Int(size[0] ?? 0)
        leftContextCount = Int(size[1] ?? 0)
        let (cells, overflow) = rightContextCount.multipliedReportingOverflow(by: leftContextCount)
        matrix = try file.column("matrix", count: overflow ? -1 : cells)
        trie = try file.column("trie")
        morphemes = try file.column("morphemes")
        unknown = try file.column("unknown")
        unknownEnds = try file.column("unknown.ends")
        characters = try file.column("characters", count: 0x10000)
        tags = try file.table("tags")
        endings = try file.column("tags.ending", count: tags.count)
        penalties = try file.column("tags.penalty", count: tags.count)
        blank = CharacterClass(packed: characters[0x20] ?? 0)
    }

    /// The class of a character; those beyond the basic plane count as U+0000.
    func characterClass(of scalar: Unicode.Scalar) -> CharacterClass {
        CharacterClass(packed: characters[scalar.value <= 0xFFFF ? Int(scalar.value) : 0] ?? 0)
    }

    /// The cost of one morpheme after another, without their own costs.
    func connectionCost(rightContext: UInt16, leftContext: UInt16) -> Int {
        guard rightContext < rightContextCount else { return 0 }
        return Int(matrix[Int(rightContext) + rightContextCount * Int(leftContext)] ?? 0)
    }

    /// The part of speech as mecab-ko-dic names it, such as `NNG` or `VV+EP`.
    func name(ofTag tag: UInt16) -> String {
        tags.string(Int(tag))
    }

    /// The letter of the class that a part of speech ends with, such as `E` for `VV+EP`; `B` for bound nouns.
    func ending(ofTag tag: UInt16) -> UInt8 {
        endings[Int(tag)] ?? 0
    }

    /// What it costs a morpheme more to stand behind a blank: particles and endings do not.
    func blankPenalty(ofTag tag: UInt16) -> Int {
        Int(penalties[Int(tag)] ?? 0)
    }

    /// Calls `body` with what an unknown word of a category can be.
    func forEachUnknown(category: Int, _ body: (Entry) -> Void) {
        guard let start = unknownEnds[category], let end = unknownEnds[category + 1],
            start < min(Int(end), unknown.count)
        else { return }
        for index in Int(start)..<min(Int(end), unknown.count) {
            unknown[index].map { body(Entry(packed: $0)) }
        }
    }

    /// Calls `body` with every word of the dictionary that begins at a place in the text, shorter ones first.
    ///
    /// The trie is a double array (Aoe, "An efficient digital search algorithm by using a double-array structure", 1989)
    /// over UTF-8 as Darts lays it out: a unit is a base and a check, and a negative base holds a value.
    func forEachWord(in text: ArraySlice<Unicode.Scalar>, _ body: (Int, Entry) -> Void) {
        guard var base = trie[0].map(Self.base) else { return }
        for index in text.indices {
            for byte in text[index].utf8 {
                let place = Int(base) + Int(byte) + 1
                guard let unit = trie[place], Self.check(unit) == UInt32(bitPattern: base) else { return }
                base = Self.base(unit)
            }
            guard let leaf = trie[Int(base)], Self.check(leaf) == UInt32(bitPattern: base), Self.base(leaf) < 0 else {
                continue
            }
            let value = -(Int(Self.base(leaf)) + 1)
            for place in value >> 8..<(value >> 8) + (value & 0xFF) {
                morphemes[place].map { body(index + 1, Entry(packed: $0)) }
            }
        }
    }

    private static func base(_ unit: UInt64) -> Int32 {
        Int32(truncatingIfNeeded: unit)
    }

    private static func check(_ unit: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: unit >> 32)
    }
}
