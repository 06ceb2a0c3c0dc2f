/// The user dictionary's words of one language, for finding them in text.
struct WordReadings: Sendable {
    private let readings: [[Unicode.Scalar]: [String]]
    /// The lengths of the words that begin with a scalar, longest first.
    private let lengths: [Unicode.Scalar: [Int]]

    /// - Parameter words: words as the language's normalised text spells them, with their readings; of words that are
    ///   spelled alike the last counts.
    init(_ words: [(word: String, readings: [String])]) {
        var readings: [[Unicode.Scalar]: [String]] = [:]
        var lengths: [Unicode.Scalar: Set<Int>] = [:]
        for entry in words {
            let word = [Unicode.Scalar](entry.word)
            guard let first = word.first else { continue }
            readings[word] = entry.readings
            lengths[first, default: []].insert(word.count)
        }
        self.readings = readings
        self.lengths = lengths.mapValues { $0.sorted(by: >) }
    }

    /// The words within a part of a text: leftmost first, the longest of those, without overlap.
    func matches(in text: [Unicode.Scalar], _ range: Range<Int>) -> [ReadingMatch] {
        var matches: [ReadingMatch] = []
        var position = range.lowerBound
        while position < range.upperBound {
            if let match = longest(in: text, position..<range.upperBound) {
                matches.append(match)
                position = match.range.upperBound
            } else {
                position += 1
            }
        }
        return matches
    }

    private func longest(in text: [Unicode.Scalar], _ range: Range<Int>) -> ReadingMatch? {
        for length in lengths[text[range.lowerBound]] ?? [] where length <= range.count {
            let word = Array(text[range.lowerBound..<range.lowerBound + length])
            if let readings = readings[word], text.hasWord(word, at: range.lowerBound) {
                return ReadingMatch(range: range.lowerBound..<range.lowerBound + length, readings: readings)
            }
        }
        return nil
    }
}
