/// English: normalised, tokenised, tagged, and each word spoken by homograph, dictionary, compound or spelling.
///
/// Upstream: `text/english.py`.
struct EnglishPhonemizer: Phonemizer {
    private let lexicon: EnglishLexicon
    private let tagger: PerceptronTagger
    private let segmenter: WordSegmenter
    private let spelling: SpellingModel

    /// A text of fewer phones gets a comma in front.
    private static let shortestReading = 4
    private static let notSpoken: Set<String> = ["<pad>", "UW", "</s>", "<s>"]

    init(resources: TextResources) throws(TextError) {
        lexicon = try EnglishLexicon(resources: resources)
        tagger = try PerceptronTagger(resources: resources)
        segmenter = try WordSegmenter(resources: resources)
        spelling = try SpellingModel(resources: resources)
    }

    func phonemize(
        _ text: String, version: SymbolVersion, overrides: ReadingOverrides
    ) -> Phonemization {
        let normalized = EnglishNormalizer.normalize(text)
        var warnings: [String] = []
        var phones =
            overrides.isEmpty
            ? phones(ofNormalized: normalized) : self.phones(ofNormalized: normalized, of: text, overrides, &warnings)
        if phones.count < Self.shortestReading {
            phones.insert(",", at: 0)
        }
        return Phonemization(
            normText: String(decoding: normalized, as: UTF8.self), phones: phones, word2ph: nil, warnings: warnings)
    }

    /// The phones of a normalised text, all of them in the symbol tables.
    func phones(ofNormalized text: [UInt8]) -> [String] {
        spelledOut(taggedWords(text).flatMap { word, tag in spoken(word, tag) })
    }

    func spelledOut(_ phones: [String]) -> [String] {
        phones.compactMap { phone in
            switch phone {
            case "<unk>": SymbolTable.unknown
            case "'": "-"
            default: Self.notSpoken.contains(phone) || !SymbolTable.v2.contains(phone) ? nil : phone
            }
        }
    }

    /// The words of a normalised text with their parts of speech.
    func taggedWords(_ text: [UInt8]) -> [(word: [UInt8], tag: [UInt8])] {
        let words = EnglishTokenizer.tokenize(text)
        return zip(words, tagger.tag(words)).map { (word: $0, tag: $1) }
    }

    /// The phones of one word; punctuation is its own phone.
    func spoken(_ word: [UInt8], _ tag: [UInt8]) -> [String] {
        let lower = word.map(\.asciiLowercased)
        guard lower.contains(where: Self.isLetter) else { return [String(decoding: word, as: UTF8.self)] }
        if word.count == 1 {
            return word == [UInt8(ascii: "A")] ? ["EY1"] : lexicon.word(lower) ?? []
        }
        if let homograph = lexicon.homograph(lower) {
            // A tag shorter than the one asked for counts too: "read" asks for VBP, and VB will do.
            let isTagged = tag.starts(with: homograph.tag) || homograph.tag.starts(with: tag)
            return isTagged ? homograph.ifTagged : homograph.otherwise
        }
        return looked(up: word)
    }

    /// The phones of a word that is no homograph: from the dictionary, letter by letter, in parts, or guessed.
    func looked(up word: [UInt8]) -> [String] {
        let lower = word.map(\.asciiLowercased)
        if lower.count > 1, let phones = lexicon.word(lower) {
            return phones
        }
        if Self.isTitle(word), let phones = lexicon.name(lower) {
            return phones
        }
        if lower.count <= 3 {
            return lower.flatMap { letter in
                if letter == UInt8(ascii: "a") { return ["EY1"] }
                return Self.isLetter(letter) ? lexicon.word([letter]) ?? [] : [String(Unicode.Scalar(letter))]
            }
        }
        if lower.suffix(2) == Array("'s".utf8)[...], lower.dropLast(2).allSatisfy(Self.isLetter) {
            let phones = looked(up: lower.dropLast(2))
            return phones + Self.possessiveEnding(after: phones.last ?? "")
        }
        let parts = segmenter.segment(lower)
        return parts.count == 1 ? spelling.phones(of: lower) : parts.flatMap(looked(up:))
    }

    /// What the spelling model alone says of a word in small letters.
    func guessed(_ word: [UInt8]) -> [String] {
        spelling.phones(of: word)
    }

    /// The words of a compound in small letters.
    func parts(of word: [UInt8]) -> [[UInt8]] {
        segmenter.segment(word)
    }

    private static func possessiveEnding(after phone: String) -> [String] {
        switch phone {
        case "P", "T", "K", "F", "TH", "HH": ["S"]
        case "S", "Z", "SH", "ZH", "CH", "JH": ["AH0", "Z"]
        default: ["Z"]
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
    }

    /// `str.istitle`: each run of letters begins with a capital and goes on in small letters.
    private static func isTitle(_ word: [UInt8]) -> Bool {
        var followsLetter = false
        var hasLetter = false
        for byte in word {
            let isSmall = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
            let isCased = isLetter(byte)
            if isCased, isSmall != followsLetter { return false }
            followsLetter = isCased
            hasLetter = hasLetter || isCased
        }
        return hasLetter
    }
}
