/// A trie of words over characters, as it lies in a mapped file.
///
/// Nodes are numbered breadth first from the root, 0; a node's children are consecutive and sorted by character.
struct CharacterTrie: Sendable {
    private let characters: Column<UInt32>
    private let children: Column<UInt32>

    /// Finds the sections `<name>.character` and `<name>.children`.
    init(_ file: SectionFile, _ name: String) throws(TextError) {
        characters = try file.column(name + ".character")
        children = try file.column(name + ".children", count: characters.count + 1)
    }

    static let root = 0

    /// The number of nodes.
    var count: Int { characters.count }

    /// The node that a character leads to.
    func child(of node: Int, _ character: Unicode.Scalar) -> Int? {
        guard let first = children[node], let end = children[node + 1] else { return nil }
        return characters.place(of: character.value, in: Int(first)..<Int(end))
    }

    /// The node that a word leads to.
    func node(of word: some Sequence<Unicode.Scalar>) -> Int? {
        var node = Self.root
        for character in word {
            guard let next = child(of: node, character) else { return nil }
            node = next
        }
        return node
    }
}

extension Column where Number: Comparable {
    /// The place of a number in a sorted part of the list.
    func place(of number: Number, in range: Range<Int>) -> Int? {
        var low = range.lowerBound
        var high = Swift.min(range.upperBound, count)
        while low < high {
            let middle = low + (high - low) / 2
            guard let found = self[middle] else { return nil }
            if found == number { return middle }
            if found < number { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// The place of a number in the whole list, which is sorted.
    func place(of number: Number) -> Int? {
        place(of: number, in: 0..<count)
    }
}
