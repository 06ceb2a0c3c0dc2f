/// The words of a fastText model, and the rows that stand for a text: its words, and the character n-grams within them.
struct FastTextVocabulary: Sendable {
    /// How many rows the input matrix must have at least.
    let rowCount: Int
    private let file: MappedFile
    /// Where each word lies in the file.
    private let words: [Range<Int>]
    /// Open addressing: the index of a word at the place of its hash or after it, else -1.
    private let slots: [Int32]
    private let buckets: UInt32
    private let shortestGram: Int
    private let longestGram: Int
    /// The rows of the n-grams that a smaller model has kept, by bucket; nil where it has kept all.
    private let kept: [Int32: Int32]?

    private static let endOfSentence = Array("</s>".utf8)
    private static let labelPrefix = Array("__label__".utf8)

    /// Reads the dictionary of a model: its words, and its labels with how often they came in training.
    static func read(
        from reader: inout BinaryReader, _ file: MappedFile, buckets: Int, gramLengths: (shortest: Int, longest: Int)
    ) throws(TextError) -> (FastTextVocabulary, labels: [String], counts: [Int64]) {
        let size = Int(try reader.next(Int32.self))
        let wordCount = Int(try reader.next(Int32.self))
        let labelCount = Int(try reader.next(Int32.self))
        _ = try reader.next(Int64.self)
        let prunedCount = try reader.next(Int64.self)
        guard wordCount >= 0, labelCount >= 0, size == wordCount + labelCount, buckets >= 0, buckets <= Int(Int32.max),
            size <= file.bytes.count, prunedCount <= file.bytes.count
        else {
            throw reader.damaged("its dictionary makes no sense")
        }
        var words: [Range<Int>] = []
        var labels: [String] = []
        var counts: [Int64] = []
        for index in 0..<size {
            let entry = try reader.string()
            let count = try reader.next(Int64.self)
            _ = try reader.next(UInt8.self)
            if index < wordCount {
                words.append(entry)
            } else {
                let label = file.bytes[entry]
                let name = label.starts(with: labelPrefix) ? label.dropFirst(labelPrefix.count) : label
                labels.append(String(decoding: name, as: UTF8.self))
                counts.append(count)
            }
        }
        var kept: [Int32: Int32]?
        if prunedCount >= 0 {
            var rows: [Int32: Int32] = [:]
            for _ in 0..<prunedCount {
                let bucket = try reader.next(Int32.self)
                rows[bucket] = try reader.next(Int32.self)
            }
            kept = rows
        }
        let vocabulary = FastTextVocabulary(
            file: file, words: words, kept: kept, buckets: UInt32(buckets), gramLengths: gramLengths)
        return (vocabulary, labels, counts)
    }

    private init(
        file: MappedFile, words: [Range<Int>], kept: [Int32: Int32]?, buckets: UInt32,
        gramLengths: (shortest: Int, longest: Int)
    ) {
        self.file = file
        self.words = words
        self.kept = kept
        self.buckets = buckets
        shortestGram = gramLengths.shortest
        longestGram = gramLengths.longest
        rowCount = words.count + (kept.map { Int($0.values.max() ?? -1) + 1 } ?? Int(buckets))
        var slots = [Int32](repeating: -1, count: max(4, words.count * 2))
        for (index, word) in words.enumerated() {
            var slot = Int(Self.hash(file.bytes[word])) % slots.count
            while slots[slot] >= 0 { slot = (slot + 1) % slots.count }
            slots[slot] = Int32(truncatingIfNeeded: index)
        }
        self.slots = slots
    }

    /// Adds the rows for a line of text, whose end is a word too.
    func appendRows(of text: [UInt8], to rows: inout [Int]) {
        for word in text.split(whereSeparator: { $0 == 0 || $0 == 0x20 || (0x09...0x0D).contains($0) }) {
            append(word, to: &rows)
            if word.elementsEqual(Self.endOfSentence) { return }
        }
        append(Self.endOfSentence[...], to: &rows)
    }

    private func append(_ word: ArraySlice<UInt8>, to rows: inout [Int]) {
        if let index = index(of: word) {
            rows.append(index)
        } else if word.starts(with: Self.labelPrefix) {
            return
        }
        if longestGram > 0, !word.elementsEqual(Self.endOfSentence) {
            appendGrams(of: [UInt8(ascii: "<")] + word + [UInt8(ascii: ">")], to: &rows)
        }
    }

    /// Runs of characters of the word in angle brackets, hashed into buckets; the brackets alone do not count.
    private func appendGrams(of word: [UInt8], to rows: inout [Int]) {
        guard buckets > 0 else { return }
        for start in word.indices where !Self.isContinuation(word[start]) {
            var hash = Self.seed
            var end = start
            var length = 0
            while end < word.count, length < longestGram {
                repeat {
                    hash = Self.hash(word[end], after: hash)
                    end += 1
                } while end < word.count && Self.isContinuation(word[end])
                length += 1
                if length >= shortestGram, length > 1 || (start > 0 && end < word.count) {
                    append(bucket: hash % buckets, to: &rows)
                }
            }
        }
    }

    private func append(bucket: UInt32, to rows: inout [Int]) {
        guard let kept else {
            rows.append(words.count + Int(bucket))
            return
        }
        if let row = kept[Int32(truncatingIfNeeded: bucket)] {
            rows.append(words.count + Int(row))
        }
    }

    private func index(of word: ArraySlice<UInt8>) -> Int? {
        var slot = Int(Self.hash(word)) % slots.count
        while slots[slot] >= 0 {
            let index = Int(slots[slot])
            if file.bytes[words[index]].elementsEqual(word) { return index }
            slot = (slot + 1) % slots.count
        }
        return nil
    }

    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    // FNV-1a over signed bytes, as fastText has it.
    private static let seed: UInt32 = 2_166_136_261

    private static func hash(_ byte: UInt8, after hash: UInt32) -> UInt32 {
        (hash ^ UInt32(bitPattern: Int32(Int8(bitPattern: byte)))) &* 16_777_619
    }

    private static func hash(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.reduce(seed) { hash($1, after: $0) }
    }
}
