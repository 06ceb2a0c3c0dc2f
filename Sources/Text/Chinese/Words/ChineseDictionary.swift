/// Chinese words with their frequencies and parts of speech.
///
/// Data and search as in jieba 0.42.1: of all ways to split a text into words of the dictionary the likeliest is taken, where
/// words are independent of each other.
struct ChineseDictionary: Sendable {
    private let trie: CharacterTrie
    private let scores: Column<Double>
    private let wordTags: Column<UInt8>
    private let unknownScore: Double
    /// All parts of speech, by number.
    let tags: [String]

    /// The tag of what the dictionary lacks.
    static let unknownTag = "x"

    /// Which of equally likely words jieba's two implementations take: the tagger's the longest, the splitter's the shortest.
    enum Preference {
        case longest
        case shortest
    }

    init(_ file: SectionFile) throws(TextError) {
        trie = try CharacterTrie(file, "word")
        scores = try file.column("word.score", count: trie.count)
        wordTags = try file.column("word.tag", count: trie.count)
        let unknown: Column<Double> = try file.column("unknown.score", count: 1)
        unknownScore = unknown[0] ?? 0
        let tags = try file.table("tag")
        self.tags = (0..<tags.count).map(tags.string)
    }

    /// The logarithm of a word's probability, or nil where no word ends. Other nodes hold a positive number.
    private func score(_ node: Int) -> Double? {
        guard let score = scores[node], score <= 0 else { return nil }
        return score
    }

    /// Whether a word is in the dictionary.
    func contains(_ word: ArraySlice<Unicode.Scalar>) -> Bool {
        trie.node(of: word).flatMap(score) != nil
    }

    /// A word's part of speech.
    func tag(of word: ArraySlice<Unicode.Scalar>) -> String {
        guard let node = trie.node(of: word), score(node) != nil, let tag = wordTags[node],
            tags.indices.contains(Int(tag))
        else { return Self.unknownTag }
        return tags[Int(tag)]
    }

    /// Where the words end in the likeliest split of a text; characters that no word begins with stand alone.
    func ends(ofWordsIn text: ArraySlice<Unicode.Scalar>, preferring preference: Preference) -> [Int] {
        let start = text.startIndex
        let count = text.count
        // The best score of the text from each place on, and the length of the word that it begins with.
        var best = [Double](repeating: 0, count: count + 1)
        var lengths = [Int](repeating: 1, count: count)
        for place in stride(from: count - 1, through: 0, by: -1) {
            var found: Double?
            var node = CharacterTrie.root
            var end = place
            while end < count, let next = trie.child(of: node, text[start + end]) {
                node = next
                end += 1
                guard let wordScore = score(node) else { continue }
                let total = wordScore + best[end]
                if let known = found, preference == .longest ? total < known : total <= known { continue }
                found = total
                lengths[place] = end - place
            }
            best[place] = found ?? unknownScore + best[place + 1]
        }
        var ends: [Int] = []
        var place = 0
        while place < count {
            place += lengths[place]
            ends.append(start + place)
        }
        return ends
    }
}
