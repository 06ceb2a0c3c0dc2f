/// Splits normalised English into words and punctuation as NLTK's `TweetTokenizer` does.
///
/// Of that tokenizer's patterns only those are here that can match what the normaliser lets through (ASCII letters, blanks
/// and `' . , ? ! -`), in its order: naked domains ("end.Next" is one word), words with inner apostrophes and hyphens,
/// words, ellipses, single marks.
struct EnglishTokenizer {
    private let text: [UInt8]
    private var position = 0
    private var chain = DomainChain()

    /// The words of a normalised text.
    static func tokenize(_ text: [UInt8]) -> [[UInt8]] {
        var tokenizer = EnglishTokenizer(text)
        var tokens: [[UInt8]] = []
        while let range = tokenizer.next() {
            tokens.append(Array(tokenizer.text[range]))
        }
        return tokens
    }

    private init(_ text: [UInt8]) {
        self.text = Self.shorteningRepeats(text)
    }

    /// A sign other than a letter that stands more than three times in a row is kept three times.
    private static func shorteningRepeats(_ text: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        for byte in text {
            let isFourth = output.count >= 3 && output.suffix(3).allSatisfy { $0 == byte }
            if isLetter(byte) || !isFourth {
                output.append(byte)
            }
        }
        return output
    }

    private mutating func next() -> Range<Int>? {
        while position < text.count, text[position] == UInt8(ascii: " ") {
            position += 1
        }
        guard position < text.count else { return nil }
        let start = position
        if Self.isLetter(text[start]) {
            position = chain.endOfDomain(in: text, from: start) ?? endOfWord(from: start)
        } else if text[start] == UInt8(ascii: ".") {
            position = endOfEllipsis(from: start)
        } else {
            position = start + 1
        }
        return start..<position
    }

    /// The longest of letters, apostrophes and hyphens that ends in a letter, if it has three characters; else the letters.
    private func endOfWord(from start: Int) -> Int {
        var end = start + 1
        var position = end
        while position < text.count {
            if Self.isLetter(text[position]) {
                end = position + 1
            } else if text[position] != UInt8(ascii: "'"), text[position] != UInt8(ascii: "-") {
                break
            }
            position += 1
        }
        if end - start >= 3 { return end }
        return Self.endOfLetters(text, from: start)
    }

    private func endOfEllipsis(from start: Int) -> Int {
        var end = start + 1
        var position = end
        while position < text.count {
            if text[position] == UInt8(ascii: ".") {
                end = position + 1
            } else if text[position] != UInt8(ascii: " ") {
                break
            }
            position += 1
        }
        return end
    }

    fileprivate static func endOfLetters(_ text: [UInt8], from start: Int) -> Int {
        var end = start
        while end < text.count, isLetter(text[end]) {
            end += 1
        }
        return end
    }

    fileprivate static func isLetter(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
    }
}

/// Finds domain names such as "example.com": `[a-z0-9]+(?:[.\-][a-z0-9]+){0,126}[.][a-z]{2,13}\b`.
///
/// A chain of labels is measured once and remembered, so that a text of many short labels takes linear time.
private struct DomainChain {
    private static let mostLabels = 126
    private static let topLevelLengths = 2...13

    private var end = 0
    private var starts: [Int] = []
    /// For each label the place of the last label up to it that can be a top-level domain.
    private var lastTopLevel: [Int?] = []
    private var ends: [Int] = []

    /// The end of the longest domain name that begins with the label at `start`.
    mutating func endOfDomain(in text: [UInt8], from start: Int) -> Int? {
        if start >= end {
            measure(text, from: start)
        }
        guard let first = index(ofLabelAt: start) else { return nil }
        let last = min(first + Self.mostLabels + 1, starts.count - 1)
        guard let topLevel = lastTopLevel[last], topLevel > first else { return nil }
        return ends[topLevel]
    }

    /// Where in the chain the label lies; a word may begin in mid-label only where the chain was cut.
    private func index(ofLabelAt start: Int) -> Int? {
        var low = 0
        var high = starts.count
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] < start { low = middle + 1 } else { high = middle }
        }
        return low < starts.count && starts[low] == start ? low : nil
    }

    private mutating func measure(_ text: [UInt8], from start: Int) {
        starts = []
        ends = []
        lastTopLevel = []
        var position = start
        while true {
            let labelEnd = EnglishTokenizer.endOfLetters(text, from: position)
            guard labelEnd > position else { break }
            let isTopLevel =
                position > start && text[position - 1] == UInt8(ascii: ".")
                && Self.topLevelLengths.contains(labelEnd - position)
            lastTopLevel.append(isTopLevel ? starts.count : lastTopLevel.last ?? nil)
            starts.append(position)
            ends.append(labelEnd)
            end = labelEnd
            guard labelEnd < text.count,
                text[labelEnd] == UInt8(ascii: ".") || text[labelEnd] == UInt8(ascii: "-")
            else { break }
            position = labelEnd + 1
        }
    }
}
