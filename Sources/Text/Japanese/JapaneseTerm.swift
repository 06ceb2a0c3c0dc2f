/// The terms of the dictionary's grammar that the passes ask for.
enum JapaneseTerm {
    static let adjective = bytes("形容詞")
    static let adnominal = bytes("連体詞")
    static let adverb = bytes("副詞")
    static let auxiliary = bytes("助動詞")
    static let conjunction = bytes("接続詞")
    static let filler = bytes("フィラー")
    static let interjection = bytes("感動詞")
    static let noun = bytes("名詞")
    static let particle = bytes("助詞")
    static let prefix = bytes("接頭詞")
    static let symbol = bytes("記号")
    static let verb = bytes("動詞")

    static let adjectivalNoun = bytes("形容動詞語幹")
    static let adverbial = bytes("副詞可能")
    static let common = bytes("一般")
    static let conjunctiveParticle = bytes("接続助詞")
    static let counter = bytes("助数詞")
    static let dependent = bytes("非自立")
    static let familyName = bytes("姓")
    static let givenName = bytes("名")
    static let numeral = bytes("数")
    static let numeralPrefix = bytes("数接続")
    static let suffix = bytes("接尾")
    static let verbalNoun = bytes("サ変接続")

    static let continuative = bytes("連用")

    static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
}

extension [UInt8] {
    /// Whether a run of bytes occurs anywhere.
    func holds(_ part: some RandomAccessCollection<UInt8>) -> Bool {
        guard let first = part.first else { return true }
        guard part.count <= count else { return false }
        for start in 0...count - part.count where self[start] == first {
            if self[start..<start + part.count].elementsEqual(part) { return true }
        }
        return false
    }

    /// Whether a run of bytes begins at a place.
    func holds(_ part: [UInt8], at place: Int) -> Bool {
        guard place + part.count <= count else { return false }
        for offset in part.indices where self[place + offset] != part[offset] {
            return false
        }
        return true
    }
}
