/// A stretch of text as one morpheme.
struct Morpheme {
    /// Where it stands in the text, in scalars.
    let range: Range<Int>
    /// Its part of speech, for `KoreanDictionary`.
    let tag: UInt16
}

/// All the ways to read a text as morphemes, and the cheapest of them.
///
/// The lattice and its costs are those of MeCab 0.996 (Kudo, Yamamoto, Matsumoto, "Applying conditional random fields to
/// Japanese morphological analysis", EMNLP 2004), with the penalty of mecab-ko 0.9.2 for particles and endings behind a
/// blank. Of equally cheap ways it finds the same one.
struct MorphemeLattice {
    /// Positions and places are 32 bits wide as there are dozens of nodes for each character.
    private struct Node {
        let entry: KoreanDictionary.Entry
        let start: Int32
        let end: Int32
        /// Of the cheapest way from the start of the text to the end of this node.
        let cost: Int
        /// The node before this one on that way; negative for none.
        let previous: Int32
        /// The node that was made before this one of those with the same end; negative for none.
        let nextWithSameEnd: Int32
    }

    /// A node that ends at the current position.
    private struct Neighbour {
        let node: Int32
        let rightContext: UInt16
        let cost: Int
    }

    /// The cheapest node to stand in front of one with a certain left context.
    private struct Connection {
        var position = -1
        var cost = 0
        var node: Int32 = -1
    }

    /// A whole run of one kind longer than this is not considered as one unknown word; it does not count the first.
    private static let longestGroup = 24

    private let dictionary: KoreanDictionary
    private let text: [Unicode.Scalar]
    private let classes: [KoreanDictionary.CharacterClass]
    /// Where the run of characters that share a category with their neighbour ends, for each character.
    private let runEnds: [Int]

    private var nodes: [Node] = []
    /// The last node made of those that end at a position; negative for none.
    private var lastEndingAt: [Int32]
    /// What ends at the current position, of those with one right context the cheapest alone: no other can win.
    private var neighbours: [Neighbour] = []
    private var neighbourWithContext: [Int32]
    private var connections: [Connection]

    /// Reads a text; a run of blanks belongs to no morpheme.
    static func morphemes(of text: [Unicode.Scalar], _ dictionary: KoreanDictionary) -> [Morpheme] {
        var lattice = MorphemeLattice(text, dictionary)
        return lattice.solve()
    }

    private init(_ text: [Unicode.Scalar], _ dictionary: KoreanDictionary) {
        self.dictionary = dictionary
        self.text = text
        classes = text.map(dictionary.characterClass)
        var runEnds = Array(1..<text.count + 1)
        for index in stride(from: text.count - 2, through: 0, by: -1)
        where classes[index].sharesCategory(with: classes[index + 1]) {
            runEnds[index] = runEnds[index + 1]
        }
        self.runEnds = runEnds
        lastEndingAt = Array(repeating: -1, count: text.count + 1)
        neighbourWithContext = Array(repeating: -1, count: dictionary.rightContextCount)
        connections = Array(repeating: Connection(), count: dictionary.leftContextCount)
    }

    private mutating func solve() -> [Morpheme] {
        var furthest = 0
        for position in text.indices where position == 0 || lastEndingAt[position] >= 0 {
            furthest = position
            let start = startOfWord(at: position)
            // Blanks at the end of the text are left over.
            guard start < text.count else { continue }
            collectNeighbours(at: position)
            // MeCab takes what it found last first, which decides between equally cheap ways.
            for candidate in candidates(at: start).reversed() {
                append(candidate.entry, start..<candidate.end, from: position)
            }
        }
        if lastEndingAt[text.count] >= 0 {
            furthest = text.count
        }
        collectNeighbours(at: furthest)
        var morphemes: [Morpheme] = []
        var place = connection(at: furthest, leftContext: 0).node
        while place >= 0 {
            let node = nodes[Int(place)]
            morphemes.append(Morpheme(range: Int(node.start)..<Int(node.end), tag: node.entry.tag))
            place = node.previous
        }
        return morphemes.reversed()
    }

    private func startOfWord(at position: Int) -> Int {
        classes[position].sharesCategory(with: dictionary.blank) ? runEnds[position] : position
    }

    /// What the text from a position on can begin with.
    private func candidates(at start: Int) -> [(entry: KoreanDictionary.Entry, end: Int)] {
        var found: [(entry: KoreanDictionary.Entry, end: Int)] = []
        dictionary.forEachWord(in: text[start...]) { end, entry in
            found.append((entry, end))
        }
        let first = classes[start]
        guard found.isEmpty || first.isAlwaysGuessed else { return found }

        func guess(to end: Int) {
            dictionary.forEachUnknown(category: first.category) { entry in
                found.append((entry, end))
            }
        }
        let group = first.isGrouped ? runEnds[start] : nil
        if let group, group - start - 1 <= Self.longestGroup {
            guess(to: group)
        }
        var end = start + 1
        for _ in 0..<first.longestGuess {
            if end == group { continue }
            guess(to: end)
            guard end < text.count, first.sharesCategory(with: classes[end]) else { break }
            end += 1
        }
        if found.isEmpty {
            guess(to: end)
        }
        return found
    }

    private mutating func append(_ entry: KoreanDictionary.Entry, _ range: Range<Int>, from position: Int) {
        let best = connection(at: position, leftContext: entry.leftContext)
        let penalty = range.lowerBound > position ? dictionary.blankPenalty(ofTag: entry.tag) : 0
        nodes.append(
            Node(
                entry: entry, start: Int32(truncatingIfNeeded: range.lowerBound),
                end: Int32(truncatingIfNeeded: range.upperBound), cost: best.cost + Int(entry.cost) + penalty,
                previous: best.node, nextWithSameEnd: lastEndingAt[range.upperBound]))
        lastEndingAt[range.upperBound] = Int32(truncatingIfNeeded: nodes.count - 1)
    }

    /// Lists what ends at a position, the last made first.
    private mutating func collectNeighbours(at position: Int) {
        neighbours.removeAll(keepingCapacity: true)
        guard position > 0 else {
            neighbours.append(Neighbour(node: -1, rightContext: 0, cost: 0))
            return
        }
        var place = lastEndingAt[position]
        while place >= 0 {
            let node = nodes[Int(place)]
            let context = Int(node.entry.rightContext)
            if neighbourWithContext.indices.contains(context) {
                let known = neighbourWithContext[context]
                if known < 0 || node.cost < nodes[Int(known)].cost {
                    neighbourWithContext[context] = place
                }
            }
            place = node.nextWithSameEnd
        }
        place = lastEndingAt[position]
        while place >= 0 {
            let node = nodes[Int(place)]
            let context = Int(node.entry.rightContext)
            if neighbourWithContext.indices.contains(context), neighbourWithContext[context] == place {
                neighbours.append(Neighbour(node: place, rightContext: node.entry.rightContext, cost: node.cost))
                neighbourWithContext[context] = -1
            }
            place = node.nextWithSameEnd
        }
    }

    /// The cheapest way to a position in front of a left context; found once, as many morphemes share a context.
    private mutating func connection(at position: Int, leftContext: UInt16) -> Connection {
        guard connections.indices.contains(Int(leftContext)) else { return Connection() }
        let known = connections[Int(leftContext)]
        if known.position == position { return known }
        var best = Connection(position: position, cost: .max)
        for neighbour in neighbours {
            let cost =
                neighbour.cost
                + dictionary.connectionCost(rightContext: neighbour.rightContext, leftContext: leftContext)
            if cost < best.cost {
                best.cost = cost
                best.node = neighbour.node
            }
        }
        connections[Int(leftContext)] = best
        return best
    }
}
