/// The readings of Cantonese words and characters, as a trie.
///
/// Data and look-up as in ToJyutping 3.2.0. The trie lies in the mapped file: a node's children are consecutive nodes, sorted
/// by their character.
struct CantoneseLexicon: Sendable {
    private let scalars: Column<UInt32>
    private let firstChildren: Column<UInt32>
    private let readings: Column<UInt32>
    private let readingSyllables: Column<UInt16>
    private let syllableNames: ByteTable

    /// Marks a node where no word ends.
    private static let noReading: UInt32 = .max
    /// Set on a syllable that another of the same character follows.
    private static let continues: UInt16 = 0x8000

    /// - Throws: `TextError` with `.resourceMissing` or `.resourceDamaged`.
    init(resources: TextResources) throws(TextError) {
        let file = try resources.open("cantonese-lexicon.bin")
        scalars = try file.column("node.scalar")
        firstChildren = try file.column("node.children", count: scalars.count + 1)
        readings = try file.column("node.reading", count: scalars.count)
        readingSyllables = try file.column("reading.syllable")
        syllableNames = try file.table("syllable")
    }

    /// The number of different syllables.
    var syllableCount: Int { syllableNames.count }

    /// A syllable in Jyutping, tone at its end, such as `gwong2`.
    func syllable(_ number: Int) -> String { syllableNames.string(number) }

    /// For each character the numbers of its syllables: one, or several where one character writes several; none where it
    /// has no reading.
    ///
    /// At each place the longest word of the dictionary is taken.
    func read(_ text: ArraySlice<Unicode.Scalar>) -> [[Int]] {
        var result: [[Int]] = []
        result.reserveCapacity(text.count)
        var start = text.startIndex
        while start < text.endIndex {
            let word = longestWord(text[start...])
            result.append(contentsOf: word)
            start += word.count
        }
        return result
    }

    /// The syllables of each character of the longest word that a text begins with; of one character where there is none.
    private func longestWord(_ text: ArraySlice<Unicode.Scalar>) -> [[Int]] {
        var node = 0
        var longest: (length: Int, reading: Int)?
        for (offset, scalar) in text.enumerated() {
            guard let child = child(of: node, scalar) else { break }
            node = child
            if let reading = readings[node], reading != Self.noReading {
                longest = (offset + 1, Int(reading))
            }
        }
        guard let longest else { return [[]] }
        return reading(at: longest.reading, of: longest.length)
    }

    private func child(of node: Int, _ scalar: Unicode.Scalar) -> Int? {
        guard let first = firstChildren[node], let end = firstChildren[node + 1] else { return nil }
        var low = Int(first)
        var high = Int(end)
        while low < high {
            let middle = low + (high - low) / 2
            guard let found = scalars[middle] else { return nil }
            if found == scalar.value { return middle }
            if found < scalar.value { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    private func reading(at place: Int, of length: Int) -> [[Int]] {
        var place = place
        return (0..<length).map { _ in
            var syllables: [Int] = []
            while let entry = readingSyllables[place] {
                place += 1
                syllables.append(Int(entry & ~Self.continues))
                if entry & Self.continues == 0 { break }
            }
            return syllables
        }
    }
}
