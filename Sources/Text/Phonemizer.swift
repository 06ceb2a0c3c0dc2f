/// The front-end of one language: from text as written to phones.
///
/// A new language is a type that conforms, a case in `TextFrontEnd.makePhonemizer`, and its modes in `LanguageMode`.
protocol Phonemizer: Sendable {
    /// Reads one run of text in this language. No text is an error.
    func phonemize(_ text: String) -> Phonemization
}

/// What a language's front-end makes of a text.
struct Phonemization: Sendable {
    /// The text as it is spoken: numbers spelled out, signs that cannot be spoken removed.
    let normText: String
    /// Phone symbols, punctuation among them.
    let phones: [String]
    /// For Chinese, how many phones each character of `normText` has; they sum to the number of phones.
    let word2ph: [Int]?
}
