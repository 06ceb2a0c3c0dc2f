/// A word as the passes of Open JTalk's front-end know it: a morpheme of the dictionary with its reading and accent.
///
/// Upstream: Open JTalk 1.11, `njd/njd_node.c`. Fields are UTF-8; an empty one and `*` both mean that there is nothing.
struct JapaneseWord {
    /// What is known of whether a word goes on with the accent phrase of the one before.
    enum Chain {
        case undecided
        case separate
        case joined
    }

    /// As written, in full width.
    var string: [UInt8] = []
    var partOfSpeech: [UInt8] = []
    /// Finer and finer subdivisions of the part of speech.
    var group1: [UInt8] = []
    var group2: [UInt8] = []
    var group3: [UInt8] = []
    var conjugationType: [UInt8] = []
    var conjugationForm: [UInt8] = []
    /// The form that dictionaries list.
    var base: [UInt8] = []
    /// Katakana as written.
    var reading: [UInt8] = []
    /// Katakana as spoken; `’` marks a vowel that is not voiced.
    var pronunciation: [UInt8] = []
    /// The mora after which the pitch falls, counted from 1; 0 where it does not.
    var accent = 0 {
        didSet { accent = max(0, accent) }
    }
    var moraCount = 0
    /// How the word changes the accent of the phrase that it joins.
    var chainRule: [UInt8] = []
    var chain = Chain.undecided

    /// Neighbours in the sentence that holds the word.
    var previous: Int?
    var next: Int?

    static let nothing: [UInt8] = [UInt8(ascii: "*")]

    static func isAbsent(_ field: [UInt8]) -> Bool {
        field.isEmpty || (field.count == 1 && field == nothing)
    }

    var isSilent: Bool { Self.isAbsent(pronunciation) }

    /// Takes over all that an entry of a rule says; what it does not say about chaining stays as it was.
    mutating func become(_ entry: JapaneseWord) {
        var word = entry
        word.previous = previous
        word.next = next
        if word.chain == .undecided {
            word.chain = chain
        }
        self = word
    }
}

// Reading entries of the dictionary
extension JapaneseWord {
    /// The words of an entry: one, or several where the entry is a compound whose parts have accents of their own.
    ///
    /// - Parameter feature: what the dictionary says: part of speech, three groups, conjugation type and form, base,
    ///   reading, pronunciation, accent and mora count as `1/3`, chain rule, chain flag. Parts of compounds are divided by
    ///   colons. Fields at the end may be lacking.
    static func words(surface: UnsafeRawBufferPointer, feature: UnsafeRawBufferPointer) -> [JapaneseWord] {
        var fields = Fields(feature, separator: UInt8(ascii: ","))
        var word = JapaneseWord()
        word.partOfSpeech = fields.nextField()
        word.group1 = fields.nextField()
        word.group2 = fields.nextField()
        word.group3 = fields.nextField()
        word.conjugationType = fields.nextField()
        word.conjugationForm = fields.nextField()
        let base = fields.next()
        let reading = fields.next()
        let pronunciation = fields.next()
        let accents = fields.next()
        word.chainRule = fields.nextField()
        switch fields.nextField() {
        case [UInt8(ascii: "1")]: word.chain = .joined
        case [UInt8(ascii: "0")]: word.chain = .separate
        default: break
        }
        let slash = UInt8(ascii: "/")
        let count = accents.contains(UInt8(ascii: "*")) ? 0 : accents.reduce(0) { $0 + ($1 == slash ? 1 : 0) }
        guard count > 1 else {
            word.string = field(surface)
            word.base = field(base)
            word.reading = field(reading)
            word.pronunciation = field(pronunciation)
            if count == 1 {
                var accents = Fields(accents, separator: slash)
                word.accent = integer(accents.next())
                accents.separator = UInt8(ascii: ":")
                word.moraCount = integer(accents.next())
            }
            return [word]
        }
        return parts(of: word, count, surface, base, reading, pronunciation, accents)
    }

    private static func parts(
        of whole: JapaneseWord, _ count: Int, _ surface: UnsafeRawBufferPointer, _ base: UnsafeRawBufferPointer,
        _ reading: UnsafeRawBufferPointer, _ pronunciation: UnsafeRawBufferPointer, _ accents: UnsafeRawBufferPointer
    ) -> [JapaneseWord] {
        let colon = UInt8(ascii: ":")
        var bases = Fields(base, separator: colon)
        var readings = Fields(reading, separator: colon)
        var pronunciations = Fields(pronunciation, separator: colon)
        var accents = Fields(accents, separator: colon)
        var rest = surface[...]
        var words: [JapaneseWord] = []
        for index in 0..<count {
            var word = whole
            if index > 0 {
                word.chain = .separate
            }
            word.base = bases.nextField()
            // What each part looks like is not said; all but the last are taken to be written as in dictionaries.
            if index + 1 < count {
                word.string = word.base
                rest = rest.dropFirst(word.base.count)
            } else {
                word.string = field(UnsafeRawBufferPointer(rebasing: rest))
            }
            word.reading = readings.nextField()
            word.pronunciation = pronunciations.nextField()
            accents.separator = UInt8(ascii: "/")
            word.accent = integer(accents.next())
            accents.separator = colon
            word.moraCount = integer(accents.next())
            words.append(word)
        }
        return words
    }

    /// The word that a line of the dictionary describes: surface and feature, divided by a comma.
    init(entry: String) {
        let bytes = Array(entry.utf8)
        let comma = bytes.firstIndex(of: UInt8(ascii: ",")) ?? bytes.count
        self = bytes.withUnsafeBytes { bytes in
            let surface = UnsafeRawBufferPointer(rebasing: bytes[..<comma])
            let feature = UnsafeRawBufferPointer(rebasing: bytes[comma...].dropFirst())
            return Self.words(surface: surface, feature: feature).first ?? JapaneseWord()
        }
    }

    fileprivate static func field(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        // Most fields of most words are empty, and this way they need no memory.
        bytes.count == 1 && bytes.first == UInt8(ascii: "*") ? nothing : Array(bytes)
    }

    /// A number as C's `atoi` reads it.
    private static func integer(_ bytes: UnsafeRawBufferPointer) -> Int {
        let isNegative = bytes.first == UInt8(ascii: "-")
        var value = 0
        for byte in bytes.dropFirst(isNegative ? 1 : 0) {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), value < 1_000_000 else { break }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return isNegative ? -value : value
    }
}

/// Divides a text at a separator, which may change on the way; behind the end are only empty fields.
private struct Fields {
    private var rest: Slice<UnsafeRawBufferPointer>
    var separator: UInt8

    init(_ bytes: UnsafeRawBufferPointer, separator: UInt8) {
        rest = bytes[...]
        self.separator = separator
    }

    mutating func next() -> UnsafeRawBufferPointer {
        let end = rest.firstIndex(of: separator) ?? rest.endIndex
        defer { rest = rest[end...].dropFirst() }
        return UnsafeRawBufferPointer(rebasing: rest[..<end])
    }

    mutating func nextField() -> [UInt8] {
        JapaneseWord.field(next())
    }
}
