import Models
import Text

/// Puts questions in the numbers of one pair of lists into those of another, and the answers back.
///
/// The text front-end numbers characters and readings by the lists of G2PWModel 1.1. A network with other lists beside it was
/// trained with theirs.
struct PolyphoneRenumbering: Sendable {
    /// By number in the front-end's list; nil for characters that the network does not know.
    private let characters: [Int?]
    /// By the network's number; nil for readings that the front-end does not know.
    private let labels: [Int?]
    private let readings: [[Int]]

    init(from own: PolyphoneLists, to network: PolyphoneLists) {
        let places = Dictionary(uniqueKeysWithValues: network.characters.enumerated().map { ($1, $0) })
        let names = Dictionary(own.labels.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        characters = own.characters.map { places[$0] }
        labels = network.labels.map { names[$0] }
        readings = network.readings
    }

    /// The question for the network, with the readings that its own list gives the character; nil where it cannot be asked.
    func target(_ query: PolyphoneQuery) -> G2PW.Target? {
        guard characters.indices.contains(query.characterID), let character = characters[query.characterID] else {
            return nil
        }
        var allowed = [Bool](repeating: false, count: labels.count)
        for label in readings[character] where labels[label] != nil { allowed[label] = true }
        guard allowed.contains(true) else { return nil }
        return G2PW.Target(position: query.position, characterID: character, allowedLabels: allowed)
    }

    /// A reading in the front-end's numbers.
    func label(_ label: Int) -> Int? { labels.indices.contains(label) ? labels[label] : nil }
}
