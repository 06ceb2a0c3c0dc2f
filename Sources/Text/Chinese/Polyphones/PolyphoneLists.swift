import Foundation

/// The characters and readings between which a g2pW network decides, in the order by which it numbers them.
///
/// Upstream: `get_phoneme_labels` of `text/g2pw/dataset.py`.
public struct PolyphoneLists: Sendable, Equatable {
    /// The polyphonic characters, sorted by code point.
    public let characters: [Unicode.Scalar]
    /// Readings in bopomofo with tone, sorted by code point.
    public let labels: [String]
    /// For each character the numbers of its readings, in order.
    public let readings: [[Int]]

    /// Reads the lists of the text data, those of G2PWModel 1.1.
    ///
    /// - Throws: `TextError` with `.resourceMissing` or `.resourceDamaged`.
    public init(resources: TextResources) throws(TextError) {
        let file = try resources.open("chinese-polyphones.bin")
        let characters: Column<UInt32> = try file.column("polyphone.character")
        let ends: Column<UInt32> = try file.column("polyphone.index", count: characters.count + 1)
        let readings: Column<UInt16> = try file.column("polyphone.label")
        let names = try file.table("label.name")
        self.characters = (0..<characters.count).map { characters[$0].flatMap(Unicode.Scalar.init) ?? "\u{FFFD}" }
        self.readings = (0..<characters.count).map { character in
            guard let start = ends[character], let end = ends[character + 1], start <= end else { return [] }
            return (start..<end).compactMap { readings[Int($0)].map(Int.init) }
        }
        labels = (0..<names.count).map(names.string)
    }

    /// Reads a model's own lists.
    ///
    /// - Parameter path: `POLYPHONIC_CHARS.txt`: a character and one of its readings a line, with a tab between.
    /// - Throws: `TextError` with `.resourceMissing`, or with `.resourceDamaged` naming the line.
    public init(path: String) throws(TextError) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw TextError(.resourceMissing, "cannot read \(path)", underlying: error)
        }
        var pairs: [(character: Unicode.Scalar, label: String)] = []
        let lines = String(decoding: data, as: UTF8.self).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard columns.count == 2, !columns[1].isEmpty, columns[0].unicodeScalars.count == 1,
                let character = columns[0].unicodeScalars.first
            else {
                throw TextError(
                    .resourceDamaged, "\(path), line \(index + 1): a character, a tab and a reading are wanted")
            }
            pairs.append((character, String(columns[1])))
        }
        characters = Set(pairs.map(\.character)).sorted()
        labels = Set(pairs.map(\.label)).sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
        let characterNumbers = Dictionary(uniqueKeysWithValues: characters.enumerated().map { ($1, $0) })
        let labelNumbers = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
        var readings = [Set<Int>](repeating: [], count: characters.count)
        for pair in pairs {
            guard let character = characterNumbers[pair.character], let label = labelNumbers[pair.label] else {
                continue
            }
            readings[character].insert(label)
        }
        self.readings = readings.map { $0.sorted() }
    }
}
