/// Splits text at the borders of phrases, as BudouX 0.10.1 does: a linear model over the characters around each place.
///
/// A border is where the features' scores sum to more than half of all scores of the model.
struct PhraseSplitter: Sendable {
    private let features: Column<UInt64>
    private let scores: Column<Int16>
    private let total: Int

    /// The models that `cluster/textdata/segmentation.py` converts.
    enum Model: String {
        case japanese, chinese
    }

    init(_ model: Model, in file: SectionFile) throws(TextError) {
        features = try file.column("\(model.rawValue).feature")
        scores = try file.column("\(model.rawValue).score", count: features.count)
        total = (0..<scores.count).reduce(0) { [scores] in $0 + Int(scores[$1] ?? 0) }
    }

    /// The positions within a range at which phrases begin, its own beginning among them.
    func phraseStarts(in text: [Unicode.Scalar], _ range: Range<Int>) -> [Int] {
        guard !range.isEmpty else { return [] }
        return [range.lowerBound]
            + (range.lowerBound + 1..<range.upperBound).filter { 2 * score(at: $0, in: text, range) > total }
    }

    /// The phrases of a whole text.
    func phrases(of text: [Unicode.Scalar]) -> [String] {
        let starts = phraseStarts(in: text, text.indices)
        return zip(starts, starts.dropFirst() + [text.count]).map { text[$0..<$1].text }
    }

    /// The features around a place, by their groups: single characters from three before it to three behind it, then
    /// pairs and triples. Those that reach over an end of the text do not count.
    private func score(at place: Int, in text: [Unicode.Scalar], _ range: Range<Int>) -> Int {
        var sum = 0
        var group: UInt64 = 0
        for (size, places) in [(1, -3...2), (2, -2...0), (3, -3...0)] {
            for start in places {
                let first = place + start
                if first >= range.lowerBound, first + size <= range.upperBound {
                    sum += score(group, text[first..<first + size])
                }
                group += 1
            }
        }
        return sum
    }

    private func score(_ group: UInt64, _ characters: ArraySlice<Unicode.Scalar>) -> Int {
        var feature = group
        feature <<= UInt64(20 * (3 - characters.count))
        for character in characters {
            guard character.value <= 0xFFFFF else { return 0 }
            feature = feature << 20 | UInt64(character.value)
        }
        return features.firstIndex(of: feature).flatMap { scores[$0] }.map(Int.init) ?? 0
    }
}

extension Column where Number: Comparable {
    /// The place of a number in a sorted list.
    func firstIndex(of number: Number) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2
            guard let found = self[middle] else { return nil }
            if found < number { low = middle + 1 } else { high = middle }
        }
        return self[low] == number ? low : nil
    }
}
