/// How a request's text is cut into pieces that are spoken one by one: the values of `text_split_method`.
///
/// Upstream: `TTS_infer_pack/text_segmentation_method.py`.
public enum CutMethod: String, Sendable, CaseIterable, Codable {
    /// Not at all.
    case cut0
    /// After every fourth sentence.
    case cut1
    /// After the sentence that passes fifty characters.
    case cut2
    /// At Chinese full stops.
    case cut3
    /// At Western full stops, except between digits.
    case cut4
    /// At every mark.
    case cut5

    /// Cuts a text; the pieces come joined by newlines. Pieces that are all marks are dropped.
    public func cut(_ text: String) -> String {
        cut([Unicode.Scalar](text)).text
    }

    func cut(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard self != .cut0 else {
            return text.allSatisfy(Self.pauses.contains) ? ["\n"] : text
        }
        let inner = Array(text.stripped { $0 == "\n" })
        // The one method that hands a single sentence back unfiltered.
        if self == .cut2, Self.sentences(inner).count < 2 { return inner }
        let marks = self == .cut5 ? Self.marks : Self.pauses
        return Array(pieces(of: inner).filter { !$0.allSatisfy(marks.contains) }.joined(separator: ["\n"]))
    }

    private static let pauses = Set("!?…,.- ".unicodeScalars)
    private static let marks = Set(",.;?!、，。？！：…".unicodeScalars)
    private static let sentencesPerPiece = 4
    private static let charactersPerPiece = 50

    private func pieces(of text: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        switch self {
        case .cut0: [text]
        case .cut1: Self.everyFourSentences(text)
        case .cut2: Self.everyFiftyCharacters(text)
        case .cut3: text.stripped { $0 == "。" }.split(separator: "。", omittingEmptySubsequences: false).map(Array.init)
        case .cut4: Self.atFullStops(Array(text.stripped { $0 == "." }))
        case .cut5: Self.atMarks(text)
        }
    }

    /// Sentences with the mark that ends each; the last gets one if it has none.
    private static func sentences(_ text: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var result: [[Unicode.Scalar]] = []
        var current: [Unicode.Scalar] = []
        for scalar in joiningDoubleMarks(text) {
            current.append(scalar)
            if TextCutter.sentenceMarks.contains(scalar) {
                result.append(current)
                current = []
            }
        }
        if !current.isEmpty {
            result.append(current + ["。"])
        }
        return result
    }

    /// A Chinese ellipsis is a full stop, a Chinese dash a comma.
    private static func joiningDoubleMarks(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.rewritten(where: { $0 == "…" || $0 == "—" }) { position in
            guard text.scalar(at: position + 1) == text[position] else { return .skip(to: position + 1) }
            return .replace(to: position + 2, with: text[position] == "…" ? "。" : "，")
        }
    }

    private static func everyFourSentences(_ text: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        let sentences = sentences(text)
        // One piece is the text itself, without the mark that sentences add or the double marks that they join.
        guard sentences.count > sentencesPerPiece else { return [text] }
        let starts = Array(stride(from: 0, to: sentences.count, by: sentencesPerPiece))
        // The last group hangs on to the one before it.
        return starts.dropLast().enumerated().map { index, start in
            let end = index == starts.count - 2 ? sentences.count : start + sentencesPerPiece
            return Array(sentences[start..<end].joined())
        }
    }

    private static func everyFiftyCharacters(_ text: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        let sentences = sentences(text)
        var result: [[Unicode.Scalar]] = []
        var current: [Unicode.Scalar] = []
        for sentence in sentences {
            current += sentence
            if current.count > charactersPerPiece {
                result.append(current)
                current = []
            }
        }
        if !current.isEmpty {
            result.append(current)
        }
        if result.count > 1, let last = result.last, last.count < charactersPerPiece {
            result.removeLast()
            result[result.count - 1] += last
        }
        return result
    }

    private static func atFullStops(_ text: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var result: [[Unicode.Scalar]] = []
        var start = 0
        for position in text.indices where text[position] == "." {
            let follows = text.scalar(at: position - 1)?.isPythonDecimal ?? false
            let precedes = text.scalar(at: position + 1)?.isPythonDecimal ?? false
            if !follows, !precedes {
                result.append(Array(text[start..<position]))
                start = position + 1
            }
        }
        return result + [Array(text[start...])]
    }

    private static func atMarks(_ text: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var result: [[Unicode.Scalar]] = []
        var current: [Unicode.Scalar] = []
        for position in text.indices {
            let scalar = text[position]
            current.append(scalar)
            let isDecimalPoint =
                scalar == "." && text.scalar(at: position - 1)?.isPythonDigit == true
                && text.scalar(at: position + 1)?.isPythonDigit == true
            if marks.contains(scalar), !isDecimalPoint {
                result.append(current)
                current = []
            }
        }
        return current.isEmpty ? result : result + [current]
    }
}
