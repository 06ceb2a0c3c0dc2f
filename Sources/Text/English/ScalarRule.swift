/// What a rewriting rule makes of the text at one position.
enum RuleOutcome {
    /// Nothing begins here, nor anywhere before the position named.
    case skip(to: Int)
    /// The text up to the position named is replaced.
    case replace(to: Int, with: String)
}

extension Array where Element == Unicode.Scalar {
    /// One pass from left to right that replaces what a rule finds, without overlap, as `re.sub` does.
    ///
    /// Each rule looks at runs of characters and tells how far a failure reaches, so that a pass takes linear time.
    ///
    /// - Parameters:
    ///   - begins: whether a match can begin with this character.
    ///   - rule: called where it can.
    func rewritten(where begins: (Unicode.Scalar) -> Bool, _ rule: (Int) -> RuleOutcome) -> [Unicode.Scalar] {
        var output: [Unicode.Scalar] = []
        var copied = 0
        var position = 0
        while position < count {
            guard begins(self[position]) else {
                position += 1
                continue
            }
            switch rule(position) {
            case .skip(let next):
                position = Swift.max(next, position + 1)
            case .replace(let end, let replacement):
                output.append(contentsOf: self[copied..<position])
                output.append(contentsOf: replacement.unicodeScalars)
                position = Swift.max(end, position + 1)
                copied = position
            }
        }
        guard copied > 0 else { return self }
        output.append(contentsOf: self[copied...])
        return output
    }

    /// The end of the run of characters from a position on that a test accepts.
    func endOfRun(from start: Int, where accepts: (Unicode.Scalar) -> Bool) -> Int {
        var position = start
        while position < count, accepts(self[position]) {
            position += 1
        }
        return position
    }

    /// The character at a position, or nil outside the text.
    func scalar(at position: Int) -> Unicode.Scalar? {
        indices.contains(position) ? self[position] : nil
    }

    /// Whether a word begins or ends between this position and the one before, as `\b` says.
    func isWordBoundary(_ position: Int) -> Bool {
        (scalar(at: position - 1)?.isPythonWord ?? false) != (scalar(at: position)?.isPythonWord ?? false)
    }

    /// Whether these characters stand at a position.
    func contains(_ word: String, at position: Int) -> Bool {
        var index = position
        for scalar in word.unicodeScalars {
            guard self.scalar(at: index) == scalar else { return false }
            index += 1
        }
        return true
    }
}

extension ArraySlice where Element == Unicode.Scalar {
    /// The ASCII digits among the characters.
    var digits: [UInt8] {
        compactMap { $0.isASCIIDigit ? UInt8(truncatingIfNeeded: $0.value) : nil }
    }
}
