/// Puts marks behind the syllables whose sound depends on what kind of morpheme they end.
///
/// A mark is a capital Latin letter: none occurs in the text otherwise, as letters were spelled out before.
/// Upstream: `annotate` of g2pk2's `utils.py`, which writes a slash in front of each.
struct KoreanAnnotator: Sendable {
    /// Behind the particle 의.
    static let particle: Unicode.Scalar = "J"
    /// Behind a stem whose coda makes a following consonant tense.
    static let stem: Unicode.Scalar = "P"
    /// Behind an ending's ㄹ.
    static let rieulEnding: Unicode.Scalar = "E"
    /// Behind a bound noun, as of units.
    static let boundNoun: Unicode.Scalar = "B"

    private static let genitive: Unicode.Scalar = "의"
    private static let rieul = Hangul.codas("ㄹ")
    private static let stemCodas = Hangul.codas("ㄴㄵㅁㄻㄺㄼㄾ")

    private let dictionary: KoreanDictionary

    init(resources: TextResources) throws(TextError) {
        dictionary = try KoreanDictionary(resources: resources)
    }

    /// Between two syllables of a reading of the user's, where no rule applies; it is no letter.
    static let seam: Unicode.Scalar = "\u{2060}"

    static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        scalar == particle || scalar == stem || scalar == rieulEnding || scalar == boundNoun
    }

    /// The morphemes of a text and their parts of speech, as mecab-ko-dic names them.
    func morphemes(of text: [Unicode.Scalar]) -> [(form: String, tag: String)] {
        MorphemeLattice.morphemes(of: Self.asMecabReads(text), dictionary)
            .map { (form: text[$0.range].text, tag: dictionary.name(ofTag: $0.tag)) }
    }

    /// The mark to put behind each character of a text; none at all where it has blanks other than spaces, as upstream
    /// cannot align its morphemes then.
    func marks(of text: [Unicode.Scalar]) -> [Unicode.Scalar?] {
        let none = [Unicode.Scalar?](repeating: nil, count: text.count)
        var marks = none
        var position = 0
        for morpheme in MorphemeLattice.morphemes(of: Self.asMecabReads(text), dictionary) {
            guard text[position..<morpheme.range.lowerBound].allSatisfy({ $0 == " " }) else { return none }
            if let last = morpheme.range.last {
                marks[last] = mark(behind: text[last], morpheme.tag)
            }
            position = morpheme.range.upperBound
        }
        return text[position...].allSatisfy({ $0 == " " }) ? marks : none
    }

    /// MeCab takes U+0000 for the end of the text.
    private static func asMecabReads(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.firstIndex(of: "\0").map { Array(text[..<$0]) } ?? text
    }

    private func mark(behind last: Unicode.Scalar, _ tag: UInt16) -> Unicode.Scalar? {
        switch dictionary.ending(ofTag: tag) {
        case UInt8(ascii: "J"): last == Self.genitive ? Self.particle : nil
        case UInt8(ascii: "E"): Hangul.lastLetter(of: last).map(Self.rieul.contains) == true ? Self.rieulEnding : nil
        case UInt8(ascii: "V"): Hangul.lastLetter(of: last).map(Self.stemCodas.contains) == true ? Self.stem : nil
        case UInt8(ascii: "B"): Self.boundNoun
        default: nil
        }
    }
}
