/// The front-end of one language: from text as written to phones.
///
/// A new language is a type that conforms and a case in `TextFrontEnd.makePhonemizer`. Loading maps files and reads as
/// little of them as it can; it happens at the language's first use.
protocol Phonemizer: Sendable {
    /// Reads one run of text in this language.
    ///
    /// No text is an error: what cannot be read is skipped, with a warning.
    ///
    /// - Parameters:
    ///   - text: the run, as written and without inline marks.
    ///   - version: the symbol table, for front-ends in which upstream tells the two apart; phones that a table lacks
    ///     may come out all the same, the caller replaces them by the unknown symbol.
    ///   - overrides: readings that the user asked for. `ReadingOverrides.matches(in:of:normalize:)` tells where
    ///     they apply.
    /// - Throws: `TextError` where the machine fails (a model, a file), not for what the text holds.
    func phonemize(
        _ text: String, version: SymbolVersion, overrides: ReadingOverrides
    ) throws(TextError) -> Phonemization

    /// Why the language cannot speak a word by a user's reading, or nil where it can: the end of a sentence such as
    /// "hna4 is no pinyin syllable".
    ///
    /// - Parameters:
    ///   - readings: the reading's parts, which blanks separated: syllables, phones, or the whole.
    ///   - word: the word as the user wrote it.
    func objection(to readings: [String], for word: String) -> String?

    /// A word in the form that it has in the front-end's normalised text, in which overrides are looked for: Chinese is
    /// simplified there, English is in small letters.
    func spelling(of word: String) -> String
}

extension Phonemizer {
    func spelling(of word: String) -> String { word }

    /// Reads one run as the second symbol table has it, without overrides.
    func phonemize(_ text: String) throws(TextError) -> Phonemization {
        try phonemize(text, version: .v2, overrides: .none)
    }
}

/// What a language's front-end makes of a text.
struct Phonemization: Sendable {
    /// The text as it is spoken: numbers spelled out, signs that cannot be spoken removed.
    let normText: String
    /// Phone symbols, punctuation among them.
    let phones: [String]
    /// For Chinese and Cantonese, how many phones each character of `normText` has; they sum to the number of phones.
    let word2ph: [Int]?
    /// What was skipped or read by a guess, each a sentence for the log.
    var warnings: [String] = []
}
