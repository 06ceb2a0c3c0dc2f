/// The tables around the polyphone network: which characters have one reading or several, what the network's labels mean,
/// which tokens it knows, and words whose reading is certain.
///
/// Data of g2pW (`MONOPHONIC_CHARS`, `POLYPHONIC_CHARS`, bopomofo) and of upstream (`text/g2pw/*.rep`).
struct PolyphoneTables: Sendable {
    private let polyphones: Column<UInt32>
    private let labelEnds: Column<UInt32>
    private let labels: Column<UInt16>
    private let asked: Column<UInt8>
    private let labelSyllables: Column<UInt16>
    private let monophones: Column<UInt32>
    private let monophoneSyllables: Column<UInt16>
    private let tokenCharacters: Column<UInt32>
    private let tokenIDs: Column<UInt16>
    private let corrections: ReadingTrie
    private let lexicon: MandarinLexicon
    /// The ids of [CLS], [SEP] and [UNK].
    private let classToken: Int
    private let separatorToken: Int
    private let unknownToken: Int

    init(resources: TextResources, lexicon: MandarinLexicon) throws(TextError) {
        let file = try resources.open("chinese-polyphones.bin")
        polyphones = try file.column("polyphone.character")
        labelEnds = try file.column("polyphone.index", count: polyphones.count + 1)
        labels = try file.column("polyphone.label")
        asked = try file.column("polyphone.asked", count: polyphones.count)
        labelSyllables = try file.column("label.syllable")
        monophones = try file.column("monophone.character")
        monophoneSyllables = try file.column("monophone.syllable", count: monophones.count)
        tokenCharacters = try file.column("token.character")
        tokenIDs = try file.column("token.id", count: tokenCharacters.count)
        corrections = try ReadingTrie(file, "correction")
        let special: Column<UInt16> = try file.column("token.special", count: 3)
        classToken = Int(special[0] ?? 0)
        separatorToken = Int(special[1] ?? 0)
        unknownToken = Int(special[2] ?? 0)
        self.lexicon = lexicon
    }

    /// The number of a polyphonic character that the network is asked about.
    func characterID(of character: Unicode.Scalar) -> Int? {
        guard let place = polyphones.place(of: character.value), asked[place] == 1 else { return nil }
        return place
    }

    /// For each label, whether a polyphonic character can have that reading.
    func allowedLabels(of characterID: Int) -> [Bool] {
        var allowed = [Bool](repeating: false, count: labelSyllables.count)
        guard let start = labelEnds[characterID], let end = labelEnds[characterID + 1], start <= end else {
            return allowed
        }
        for index in start..<end {
            guard let label = labels[Int(index)].map(Int.init), allowed.indices.contains(label) else { continue }
            allowed[label] = true
        }
        return allowed
    }

    /// The syllable that a label names, or nil for one that is not in the table of pinyin.
    func syllable(ofLabel label: Int) -> PinyinSyllable? {
        lexicon.syllable(labelSyllables[label])
    }

    /// The reading of a character that has but one.
    func syllable(ofMonophone character: Unicode.Scalar) -> PinyinSyllable? {
        monophones.place(of: character.value).flatMap { lexicon.syllable(monophoneSyllables[$0]) }
    }

    /// The ids of a text's tokens, one a character, between [CLS] and [SEP].
    func tokens(of text: ArraySlice<Unicode.Scalar>) -> [Int] {
        var tokens = [classToken]
        tokens.reserveCapacity(text.count + 2)
        for scalar in text {
            tokens.append(
                tokenCharacters.place(of: scalar.value).flatMap { tokenIDs[$0] }.map(Int.init) ?? unknownToken)
        }
        tokens.append(separatorToken)
        return tokens
    }

    /// The syllables of a word whose reading is certain.
    func correction(of word: ArraySlice<Unicode.Scalar>) -> [PinyinSyllable]? {
        guard let numbers = corrections.syllables(of: word) else { return nil }
        let syllables = numbers.compactMap { lexicon.syllable($0) }
        return syllables.count == word.count ? syllables : nil
    }
}
