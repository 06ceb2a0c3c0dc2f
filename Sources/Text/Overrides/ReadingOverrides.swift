/// The user's readings for one run of text in one language: entries of the dictionary, and inline marks.
struct ReadingOverrides: Sendable {
    /// No override at all: what nearly every run has.
    static let none = ReadingOverrides(dictionary: nil, marks: [])

    private let dictionary: WordReadings?
    private let marks: [InlineReading]

    /// - Parameters:
    ///   - dictionary: the user dictionary's words for the language, nil for none.
    ///   - marks: the inline marks of the run; their places are counted within it.
    init(dictionary: WordReadings?, marks: [InlineReading]) {
        self.dictionary = dictionary
        self.marks = marks
    }

    var isEmpty: Bool { dictionary == nil && marks.isEmpty }

    /// Where words with a reading of the user's stand in a text.
    ///
    /// Inline marks come before the dictionary, and among its words the leftmost and then the longest one. Words in
    /// scripts that separate words match whole words only.
    ///
    /// - Parameters:
    ///   - text: the text in which to look: the run as the front-end normalised it, or the run itself.
    ///   - run: the run as written.
    ///   - normalize: how the front-end normalises text; called only where normalisation added or removed occurrences of
    ///     a marked word, to tell which one is meant.
    /// - Returns: the matches in order, without overlap, and the marks whose word normalisation has removed.
    func matches(
        in text: [Unicode.Scalar], of run: String, spelling: (String) -> String = { $0 },
        normalize: (String) -> [Unicode.Scalar]
    ) -> (matches: [ReadingMatch], unplaced: [InlineReading]) {
        guard !isEmpty else { return ([], []) }
        let (marked, unplaced) = place(text, [Unicode.Scalar](run), spelling, normalize)
        var matches: [ReadingMatch] = []
        var position = 0
        for match in marked {
            matches += dictionary?.matches(in: text, position..<match.range.lowerBound) ?? []
            matches.append(match)
            position = match.range.upperBound
        }
        matches += dictionary?.matches(in: text, position..<text.count) ?? []
        return (matches, unplaced)
    }

    /// Where words with a reading of the user's stand in the run as it is written.
    func matches(inRun run: String) -> [ReadingMatch] {
        matches(in: [Unicode.Scalar](run), of: run) { [Unicode.Scalar]($0) }.matches
    }

    private func place(
        _ text: [Unicode.Scalar], _ run: [Unicode.Scalar], _ spelling: (String) -> String,
        _ normalize: (String) -> [Unicode.Scalar]
    ) -> (placed: [ReadingMatch], unplaced: [InlineReading]) {
        guard !marks.isEmpty else { return ([], []) }
        let places = marks.map { run.positions(ofWordCharacters: $0.place) }
        let found = WordOccurrences(in: text)
        let written = WordOccurrences(in: run)
        // What is normalised up to each marked word, for words that normalisation writes or removes.
        lazy var stretches = NormalizedStretches(of: run, upTo: places.map(\.upperBound), normalize)
        var placed: [ReadingMatch] = []
        var unplaced: [InlineReading] = []
        for (index, mark) in marks.enumerated() {
            let word = [Unicode.Scalar](spelling(mark.word))
            let candidates = found.starts(of: word)
            let asWritten = written.starts(of: [Unicode.Scalar](mark.word))
            let number =
                candidates.count == asWritten.count
                ? asWritten.firstIndex(of: places[index].lowerBound)
                : stretches.count(of: word, upTo: index) - 1
            if let number, candidates.indices.contains(number),
                candidates[number] >= placed.last?.range.upperBound ?? 0
            {
                let range = candidates[number]..<candidates[number] + word.count
                placed.append(ReadingMatch(range: range, readings: mark.readings))
            } else {
                unplaced.append(mark)
            }
        }
        return (placed, unplaced)
    }
}

/// A word in a text that the user wants read in a certain way.
struct ReadingMatch: Sendable, Equatable {
    /// The word's scalars in the text that was searched.
    let range: Range<Int>
    /// The reading's parts, in the notation of the language.
    let readings: [String]
}
