/// Prepares a request's text for its front-end: marks joined, text cut, short pieces merged, long ones split.
///
/// Upstream: `TextPreprocessor.pre_seg_text` and its helpers. Lengths count Unicode code points.
public enum TextCutter {
    /// The marks that end a sentence or a clause.
    static let sentenceMarks = Set("，。？！,.?!~:：—…".unicodeScalars)
    private static let collapsible = Set("!?…,.-".unicodeScalars)
    private static let shortestPiece = 5
    private static let longestPiece = 510
    /// A first sentence shorter than this gets a full stop in front.
    private static let shortestOpening = 4

    /// Of marks in a row only the first is kept.
    public static func collapsingPunctuation(_ text: String) -> String {
        var output = String.UnicodeScalarView()
        var followsMark = false
        for scalar in text.unicodeScalars {
            let isMark = collapsible.contains(scalar)
            if !(isMark && followsMark) {
                output.append(scalar)
            }
            followsMark = isMark
        }
        return String(output)
    }

    /// Cuts a text whose punctuation was collapsed into the pieces that are spoken one by one.
    public static func pieces(of text: String, mode: LanguageMode, method: CutMethod) -> [String] {
        let stop: Unicode.Scalar = mode == .english ? "." : "。"
        var scalars = Array([Unicode.Scalar](text).stripped { $0 == "\n" })
        guard let first = scalars.first else { return [] }
        if !sentenceMarks.contains(first), openingLength(scalars) < shortestOpening {
            scalars.insert(stop, at: 0)
        }
        let lines = method.cut(scalars).split(separator: "\n").map(Array.init).filter { $0 != [" "] }
        return mergingShort(lines).flatMap { line -> [[Unicode.Scalar]] in
            guard line.contains(where: \.isPythonWord), let last = line.last else { return [] }
            let closed = sentenceMarks.contains(last) ? line : line + [stop]
            return closed.count > longestPiece ? splittingLong(closed) : [closed]
        }.map(\.text)
    }

    /// A reference audio's text without newlines around it, closed by a full stop if it has no mark at its end; nil where
    /// nothing is left.
    public static func closedPrompt(_ text: String, mode: LanguageMode) -> String? {
        let scalars = [Unicode.Scalar](text).stripped { $0 == "\n" }
        guard let last = scalars.last else { return nil }
        return scalars.text + (sentenceMarks.contains(last) ? "" : mode == .english ? "." : "。")
    }

    private static func openingLength(_ text: [Unicode.Scalar]) -> Int {
        Array(text.prefix { !sentenceMarks.contains($0) }).stripped(\.isPythonSpace).count
    }

    /// Joins pieces until each has five characters; what is left at the end hangs on to the last.
    private static func mergingShort(_ pieces: [[Unicode.Scalar]]) -> [[Unicode.Scalar]] {
        guard pieces.count >= 2 else { return pieces }
        var result: [[Unicode.Scalar]] = []
        var current: [Unicode.Scalar] = []
        for piece in pieces {
            current += piece
            if current.count >= shortestPiece {
                result.append(current)
                current = []
            }
        }
        guard !current.isEmpty else { return result }
        if result.isEmpty {
            return [current]
        }
        result[result.count - 1] += current
        return result
    }

    /// Splits before the mark or the clause with which a piece would pass 510 characters.
    ///
    /// A clause that is itself longer stays whole; if it is the first, an empty piece goes before it, as upstream has it.
    private static func splittingLong(_ text: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var result: [[Unicode.Scalar]] = []
        var current: [Unicode.Scalar] = []
        func add(_ part: ArraySlice<Unicode.Scalar>) {
            if current.count + part.count > longestPiece {
                result.append(current)
                current = Array(part)
            } else {
                current += part
            }
        }
        var start = 0
        for position in text.indices where sentenceMarks.contains(text[position]) {
            add(text[start..<position])
            add(text[position...position])
            start = position + 1
        }
        add(text[start...])
        return current.isEmpty ? result : result + [current]
    }
}
