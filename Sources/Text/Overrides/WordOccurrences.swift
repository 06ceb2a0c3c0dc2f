/// Finds words in a text, in time that does not grow with the text for each word.
struct WordOccurrences {
    private let text: [Unicode.Scalar]
    private let starts: [Unicode.Scalar: [Int]]

    init(in text: [Unicode.Scalar]) {
        self.text = text
        starts = Dictionary(grouping: text.indices) { text[$0] }
    }

    /// Where a word begins, whole words only in scripts that separate words.
    func starts(of word: [Unicode.Scalar]) -> [Int] {
        guard let first = word.first else { return [] }
        return (starts[first] ?? []).filter { text.hasWord(word, at: $0) }
    }
}

/// A run normalised in stretches, each of which ends behind a marked word: how often a word occurs up to each of them.
struct NormalizedStretches {
    private let occurrences: WordOccurrences
    private let ends: [Int]

    init(of run: [Unicode.Scalar], upTo places: [Int], _ normalize: (String) -> [Unicode.Scalar]) {
        var text: [Unicode.Scalar] = []
        var ends: [Int] = []
        var start = 0
        for place in places {
            let end = Swift.min(Swift.max(place, start), run.count)
            text += normalize(run[start..<end].text)
            ends.append(text.count)
            start = end
        }
        occurrences = WordOccurrences(in: text)
        self.ends = ends
    }

    /// How many times a word occurs up to the end of a stretch.
    func count(of word: [Unicode.Scalar], upTo stretch: Int) -> Int {
        let end = ends.indices.contains(stretch) ? ends[stretch] : 0
        return occurrences.starts(of: word).count { $0 + word.count <= end }
    }
}

extension [Unicode.Scalar] {
    /// Whether a word stands at a position, and in scripts that separate words not as a part of a longer one.
    func hasWord(_ word: [Unicode.Scalar], at position: Int) -> Bool {
        guard position >= 0, let first = word.first, let last = word.last, count - position >= word.count,
            self[position..<position + word.count].elementsEqual(word)
        else { return false }
        return !Self.isInsideWord(scalar(at: position - 1), first)
            && !Self.isInsideWord(last, scalar(at: position + word.count))
    }

    /// The scalars between the first and the last of a range of word characters (`\\w`), both included.
    func positions(ofWordCharacters range: Range<Int>) -> Range<Int> {
        var start = count
        var number = 0
        for index in indices where self[index].isPythonWord {
            if number == range.lowerBound { start = index }
            number += 1
            if number == range.upperBound { return Swift.min(start, index)..<index + 1 }
        }
        return count..<count
    }

    /// Alphabets below Devanagari write words apart; Chinese characters, kana and hangul do not.
    private static func isInsideWord(_ left: Unicode.Scalar?, _ right: Unicode.Scalar?) -> Bool {
        guard let left, let right else { return false }
        return left.value < 0x900 && right.value < 0x900 && left.isPythonWord && right.isPythonWord
    }
}
