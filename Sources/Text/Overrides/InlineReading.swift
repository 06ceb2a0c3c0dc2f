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
}
