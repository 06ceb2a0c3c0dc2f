/// The phones of a text in one language.
public struct PhonemeSequence: Sendable, Equatable {
    /// The text as it came.
    public let text: String
    /// The text as it is spoken.
    public let normText: String
    /// Phone symbols, punctuation among them.
    public let phones: [String]
    /// Their ids in the symbol table, one for each.
    public let phoneIDs: [Int]
    /// For Chinese, how many phones each character of `normText` has; else nil.
    public let word2ph: [Int]?
    /// What was skipped or read by a guess, each a sentence for the log.
    public let warnings: [String]

    /// The length of `normText` in Unicode code points, by which upstream sorts texts into batches.
    public var normTextLength: Int { normText.unicodeScalars.count }

    /// Puts a sequence together from its parts.
    public init(
        text: String, normText: String, phones: [String], phoneIDs: [Int], word2ph: [Int]?, warnings: [String] = []
    ) {
        self.text = text
        self.normText = normText
        self.phones = phones
        self.phoneIDs = phoneIDs
        self.word2ph = word2ph
        self.warnings = warnings
    }

    init(text: String, _ phonemization: Phonemization, _ version: SymbolVersion) {
        let table = SymbolTable.table(for: version)
        let known = phonemization.phones.map { table.contains($0) ? $0 : SymbolTable.unknown }
        self.text = text
        normText = phonemization.normText
        phones = known
        phoneIDs = known.compactMap(table.id(of:))
        word2ph = phonemization.word2ph
        warnings = phonemization.warnings
    }
}

/// A run of one language within a text.
public struct PhonemeSegment: Sendable, Equatable {
    /// The run's language; nil for marks and line breaks that stand alone, which are spoken as a comma.
    public let language: Language?
    /// What upstream calls the run: the language's code, `punctuation` or `newline`.
    public let label: String
    /// The run's text and phones.
    public let sequence: PhonemeSequence

    /// Puts a run together from its parts.
    public init(language: Language, sequence: PhonemeSequence) {
        self.language = language
        label = language.rawValue
        self.sequence = sequence
    }

    init(label: LanguageLabel, sequence: PhonemeSequence) {
        language = Language(label)
        self.label = label.rawValue
        self.sequence = sequence
    }
}

/// One piece of a request's text, ready to be spoken: one row of a batch.
public struct TextPiece: Sendable, Equatable {
    /// The runs of one language each, in order. Chinese ones need BERT features, the others have zeros.
    public let segments: [PhonemeSegment]

    /// Puts a piece together from its runs.
    public init(segments: [PhonemeSegment]) {
        self.segments = segments
    }

    /// Phone ids of all segments.
    public var phoneIDs: [Int] { segments.flatMap(\.sequence.phoneIDs) }
    /// Phone symbols of all segments.
    public var phones: [String] { segments.flatMap(\.sequence.phones) }
    /// What was skipped or read by a guess, each a sentence for the log.
    public var warnings: [String] { segments.flatMap(\.sequence.warnings) }
    /// The text as it is spoken.
    public var normText: String { segments.map(\.sequence.normText).joined() }
    /// The length of `normText` in Unicode code points, by which upstream sorts texts into batches.
    public var normTextLength: Int { segments.reduce(0) { $0 + $1.sequence.normTextLength } }
}
