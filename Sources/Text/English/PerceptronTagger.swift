/// Tags English words with their part of speech (Penn Treebank tags), from left to right by an averaged perceptron.
///
/// Features and tie-breaking as in NLTK's `PerceptronTagger` (after M. Honnibal, "A good part-of-speech tagger in about 200
/// lines of Python", 2013). Weights stay double, added in the same order, so that ties break the same way.
struct PerceptronTagger: Sendable {
    /// Where the weights came from: `nltk` or a package's name.
    let origin: String
    private let tags: [[UInt8]]
    private let knownWords: ByteTable
    private let knownTags: Column<UInt8>
    private let features: ByteTable
    private let rows: Column<UInt32>
    private let weightTags: Column<UInt8>
    private let weights: Column<Double>

    init(resources: TextResources) throws(TextError) {
        let file = try resources.open("english-tagger.bin")
        let tagTable = try file.table("tag")
        tags = (0..<tagTable.count).map { tagTable[$0] }
        knownWords = try file.table("known.key")
        knownTags = try file.column("known.tag", count: knownWords.count)
        features = try file.table("feature.key")
        rows = try file.column("weight.index", count: features.count + 1)
        weightTags = try file.column("weight.tag")
        weights = try file.column("weight.value", count: weightTags.count)
        origin = try file.bytes("origin").withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// The tags of a sentence's words, which are of ASCII letters, apostrophes, hyphens and punctuation.
    func tag(_ words: [[UInt8]]) -> [[UInt8]] {
        var previous = Array("-START-".utf8)
        var beforePrevious = Array("-START2-".utf8)
        let context =
            [previous, beforePrevious] + words.map(Self.normalized) + [Array("-END-".utf8), Array("-END2-".utf8)]
        return words.enumerated().map { index, word in
            let tag = knownTag(word) ?? predict(word, context[index..<index + 5], previous, beforePrevious)
            beforePrevious = previous
            previous = tag
            return tag
        }
    }

    private func knownTag(_ word: [UInt8]) -> [UInt8]? {
        knownWords.index(of: word).flatMap { knownTags[$0] }.flatMap {
            tags.indices.contains(Int($0)) ? tags[Int($0)] : nil
        }
    }

    /// - Parameter context: the normalised word with two on each side.
    private func predict(
        _ word: [UInt8], _ context: ArraySlice<[UInt8]>, _ previous: [UInt8], _ beforePrevious: [UInt8]
    ) -> [UInt8] {
        let around = Array(context)
        var scores = [Double](repeating: 0, count: tags.count)
        add("bias", [], to: &scores)
        add("i suffix", [word.suffix(3)], to: &scores)
        add("i pref1", [word.prefix(1)], to: &scores)
        add("i-1 tag", [previous[...]], to: &scores)
        add("i-2 tag", [beforePrevious[...]], to: &scores)
        add("i tag+i-2 tag", [previous[...], beforePrevious[...]], to: &scores)
        add("i word", [around[2][...]], to: &scores)
        add("i-1 tag+i word", [previous[...], around[2][...]], to: &scores)
        add("i-1 word", [around[1][...]], to: &scores)
        add("i-1 suffix", [around[1].suffix(3)], to: &scores)
        add("i-2 word", [around[0][...]], to: &scores)
        add("i+1 word", [around[3][...]], to: &scores)
        add("i+1 suffix", [around[3].suffix(3)], to: &scores)
        add("i+2 word", [around[4][...]], to: &scores)
        // Tags are sorted: of equals the last in the alphabet wins.
        let best = scores.indices.max { scores[$0] <= scores[$1] && $0 < $1 || scores[$0] < scores[$1] }
        return best.map { tags[$0] } ?? []
    }

    private func add(_ name: StaticString, _ parts: [ArraySlice<UInt8>], to scores: inout [Double]) {
        var feature = name.withUTF8Buffer(Array.init)
        for part in parts {
            feature.append(UInt8(ascii: " "))
            feature.append(contentsOf: part)
        }
        guard let row = features.index(of: feature), let start = rows[row], let end = rows[row + 1], start <= end else {
            return
        }
        for index in Int(start)..<Int(end) {
            guard let tag = weightTags[index], Int(tag) < scores.count, let weight = weights[index] else { return }
            scores[Int(tag)] += weight
        }
    }

    private static func normalized(_ word: [UInt8]) -> [UInt8] {
        if word.contains(UInt8(ascii: "-")), word.first != UInt8(ascii: "-") {
            return Array("!HYPHEN".utf8)
        }
        return word.map(\.asciiLowercased)
    }
}

extension UInt8 {
    /// The small letter of an ASCII capital.
    var asciiLowercased: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
    }
}
