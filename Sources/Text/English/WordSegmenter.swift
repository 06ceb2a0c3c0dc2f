/// Splits a compound into the most likely words by word and word-pair counts.
///
/// As PyPI's wordsegment does (after P. Norvig, "Natural Language Corpus Data", in *Beautiful Data*, 2009), with the same
/// floating-point order and tie-breaking.
struct WordSegmenter: Sendable {
    private static let longestWord = 24
    private static let chunk = 250
    private static let carriedWords = 5

    private let words: ByteTable
    /// Base-10 logarithm of a word's probability.
    private let wordScores: Column<Double>
    /// The same for a word that is not counted, by its length.
    private let unknownScores: Column<Double>
    private let pairRows: Column<UInt32>
    private let pairSeconds: Column<UInt32>
    private let pairScores: Column<Double>

    init(resources: TextResources) throws(TextError) {
        let file = try resources.open("english-segmentation.bin")
        words = try file.table("word.key")
        wordScores = try file.column("word.score", count: words.count)
        unknownScores = try file.column("unknown.score", count: Self.longestWord + 1)
        pairRows = try file.column("pair.index", count: words.count + 1)
        pairSeconds = try file.column("pair.second")
        pairScores = try file.column("pair.score", count: pairSeconds.count)
    }

    /// The words of a text in small letters; anything but letters and digits is dropped.
    func segment(_ text: [UInt8]) -> [[UInt8]] {
        let letters = text.filter { Self.isAlphanumeric($0) }
        var result: [[UInt8]] = []
        var carried: [UInt8] = []
        // Long texts go in chunks; the last words of each are looked at again with the next.
        for start in stride(from: 0, to: letters.count, by: Self.chunk) {
            let found = search(carried + letters[start..<min(start + Self.chunk, letters.count)])
            carried = found.suffix(Self.carriedWords).flatMap { $0 }
            result += found.dropLast(Self.carriedWords)
        }
        return result + search(carried)
    }

    /// The best split of what follows a position, given the word before it.
    private struct Best {
        var score = 0.0
        var length = 0
    }

    private func search(_ text: [UInt8]) -> [[UInt8]] {
        guard !text.isEmpty else { return [] }
        let longest = Self.longestWord
        // best[position × (longest + 1) + length of the word before]; length 0 stands for a word without pairs.
        var best = [Best](repeating: Best(), count: (text.count + 1) * (longest + 1))
        let numbers = wordNumbers(text)
        for position in stride(from: text.count - 1, through: 0, by: -1) {
            for previous in 0...min(longest, position) {
                let pairs =
                    previous == 0 ? nil : pairRange(after: numbers[(position - previous) * longest + previous - 1])
                if previous > 0, pairs == nil {
                    best[position * (longest + 1) + previous] = best[position * (longest + 1)]
                    continue
                }
                var winner = Best(score: -.infinity)
                for length in 1...min(longest, text.count - position) {
                    let number = numbers[position * longest + length - 1]
                    let score =
                        (pairs.flatMap { pairScore(number, in: $0) } ?? wordScore(number, length: length))
                        + best[(position + length) * (longest + 1) + length].score
                    // Of equals the longer first word wins.
                    if score >= winner.score {
                        winner = Best(score: score, length: length)
                    }
                }
                best[position * (longest + 1) + previous] = winner
            }
        }
        var result: [[UInt8]] = []
        var position = 0
        var previous = 0
        while position < text.count {
            let length = max(1, best[position * (longest + 1) + previous].length)
            result.append(Array(text[position..<min(position + length, text.count)]))
            position += length
            previous = length
        }
        return result
    }

    /// For each position and length the word's number, or nil where it is not counted.
    private func wordNumbers(_ text: [UInt8]) -> [Int?] {
        var numbers = [Int?](repeating: nil, count: text.count * Self.longestWord)
        for position in text.indices {
            for length in 1...min(Self.longestWord, text.count - position) {
                numbers[position * Self.longestWord + length - 1] = words.index(of: text[position..<position + length])
            }
        }
        return numbers
    }

    private func wordScore(_ number: Int?, length: Int) -> Double {
        number.flatMap { wordScores[$0] } ?? unknownScores[length] ?? -.infinity
    }

    private func pairRange(after number: Int?) -> Range<Int>? {
        guard let number, let start = pairRows[number], let end = pairRows[number + 1], start < end else { return nil }
        return Int(start)..<Int(end)
    }

    private func pairScore(_ second: Int?, in range: Range<Int>) -> Double? {
        guard let second else { return nil }
        var low = range.lowerBound
        var high = range.upperBound
        while low < high {
            let middle = low + (high - low) / 2
            guard let number = pairSeconds[middle] else { return nil }
            if Int(number) == second { return pairScores[middle] }
            if Int(number) < second { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z"))
            || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
    }
}
