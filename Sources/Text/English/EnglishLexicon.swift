/// The pronunciations that are known: CMUdict with corrections, names, and words with two sounds.
struct EnglishLexicon: Sendable {
    /// A word whose sound depends on its part of speech.
    struct Homograph {
        let ifTagged: [String]
        let otherwise: [String]
        /// The tag, or its beginning, that asks for the first sound.
        let tag: [UInt8]
    }

    private let phones: [String]
    private let words: ByteTable
    private let wordPhones: ByteTable
    private let names: ByteTable
    private let namePhones: ByteTable
    private let homographs: ByteTable
    private let first: ByteTable
    private let second: ByteTable
    private let homographTags: ByteTable

    init(resources: TextResources) throws(TextError) {
        let file = try resources.open("english-lexicon.bin")
        let phoneTable = try file.table("phone")
        phones = (0..<phoneTable.count).map(phoneTable.string)
        words = try file.table("word.key")
        wordPhones = try file.table("word.phones", count: words.count)
        names = try file.table("name.key")
        namePhones = try file.table("name.phones", count: names.count)
        homographs = try file.table("homograph.key")
        first = try file.table("homograph.first", count: homographs.count)
        second = try file.table("homograph.second", count: homographs.count)
        homographTags = try file.table("homograph.tag", count: homographs.count)
    }

    /// The phones of a word in small letters.
    func word(_ word: some Collection<UInt8>) -> [String]? {
        words.index(of: word).map { decoded(wordPhones[$0]) }
    }

    /// The phones of a name in small letters.
    func name(_ name: some Collection<UInt8>) -> [String]? {
        names.index(of: name).map { decoded(namePhones[$0]) }
    }

    /// Both sounds of a word in small letters.
    func homograph(_ word: some Collection<UInt8>) -> Homograph? {
        homographs.index(of: word).map {
            Homograph(ifTagged: decoded(first[$0]), otherwise: decoded(second[$0]), tag: homographTags[$0])
        }
    }

    private func decoded(_ codes: [UInt8]) -> [String] {
        codes.compactMap { phones.indices.contains(Int($0)) ? phones[Int($0)] : nil }
    }
}
