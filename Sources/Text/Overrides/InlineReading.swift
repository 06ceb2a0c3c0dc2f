/// A reading that the user wrote behind a word in the request's text: `漢[han4]`.
///
/// The mark itself is taken out before the text is cut, so that cutting, language segmentation, sandhi and BERT see the
/// sentence as if it were not there. What stays is the word's place, counted in word characters (`\w`): no stage on the
/// way to a front-end adds one, or changes their order. The few that are dropped on the way are counted by the stage
/// that drops them.
struct InlineReading: Sendable, Equatable {
    /// Word and brackets as written, for messages.
    let mark: String
    /// The word that the reading is for.
    let word: String
    /// The reading's parts, in the notation of its language.
    let readings: [String]
    /// Which word characters of the text the word is, counted from its beginning.
    var place: Range<Int>
}

/// A text whose inline marks were taken out, or a part of one.
struct MarkedText: Sendable, Equatable {
    var text: String
    /// In the order of their places, which do not overlap.
    var marks: [InlineReading] = []

    /// Deals the marks out to parts of the text.
    ///
    /// - Parameter parts: what a stage made of the text: together they hold the same word characters in the same order.
    func distributed(over parts: [String]) -> [MarkedText] {
        guard !marks.isEmpty else { return parts.map { MarkedText(text: $0) } }
        var start = 0
        var rest = marks[...]
        return parts.map { part in
            let end = start + part.unicodeScalars.count(where: \.isPythonWord)
            var mine: [InlineReading] = []
            while var mark = rest.first, mark.place.lowerBound < end {
                mark.place = mark.place.lowerBound - start..<mark.place.upperBound - start
                mine.append(mark)
                rest.removeFirst()
            }
            start = end
            return MarkedText(text: part, marks: mine)
        }
    }

    /// Deals the marks out to runs of the text.
    ///
    /// - Parameter runs: the positions in the text that each run has, rising; not all positions need occur.
    /// - Throws: `TextError` with `.invalidInput`, quoting the mark, where no run has the whole word.
    func distributed(over runs: [[Int]], of scalars: [Unicode.Scalar]) throws(TextError) -> [MarkedText] {
        let texts = runs.map { run in MarkedText(text: run.map { scalars[$0] }.text) }
        guard !marks.isEmpty else { return texts }
        var numbers: [Int: Int] = [:]
        for (number, position) in scalars.indices.filter({ scalars[$0].isPythonWord }).enumerated() {
            numbers[position] = number
        }
        var result = texts
        var rest = marks[...]
        for (index, run) in runs.enumerated() {
            let inRun = run.compactMap { numbers[$0] }
            for (local, number) in inRun.enumerated() {
                guard var mark = rest.first, number >= mark.place.lowerBound else { continue }
                let end = local + mark.place.count
                guard number == mark.place.lowerBound, end <= inRun.count, inRun[end - 1] == mark.place.upperBound - 1
                else { throw Self.torn(mark) }
                mark.place = local..<end
                result[index].marks.append(mark)
                rest.removeFirst()
            }
        }
        if let mark = rest.first { throw Self.torn(mark) }
        return result
    }

    private static func torn(_ mark: InlineReading) -> TextError {
        TextError(
            .invalidInput,
            "the mark \"\(mark.mark)\" has no effect, because the word is not read as one in any language; mark a part of "
                + "it, or name the text's language instead of \"auto\"")
    }
}
