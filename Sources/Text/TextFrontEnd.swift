import Synchronization

/// From a request's text to phones.
///
/// Upstream: `TTS_infer_pack/TextPreprocessor.py`, `text/cleaner.py`. Safe to share between threads; a language's data is
/// mapped at its first use.
public final class TextFrontEnd: Sendable {
    private let resources: TextResources
    private let phonemizers = Mutex<[Language: any Phonemizer]>([:])

    /// With fewer phones a text is read again behind a full stop.
    private static let fewestPhones = 6

    /// Remembers where the data lies; nothing is opened yet.
    public init(resources: TextResources) {
        self.resources = resources
    }

    /// The phones of a text that is all in one language: upstream's `clean_text` and `cleaned_text_to_sequence`.
    ///
    /// Models with the first symbol table speak neither Cantonese nor Korean; as upstream does, they answer one comma.
    ///
    /// - Throws: `TextError`: `.notYetSupported`, or `.resourceMissing` and `.resourceDamaged` for the language's data.
    public func phonemes(
        of text: String, language: Language, version: SymbolVersion
    ) throws(TextError) -> PhonemeSequence {
        guard language.isSpoken(by: version) else {
            return PhonemeSequence(text: text, try phonemizer(for: .english).phonemize(" "), version)
        }
        return PhonemeSequence(text: text, try phonemizer(for: language).phonemize(text), version)
    }

    /// The runs of one language each in a text, with their phones: upstream's `get_phones_and_bert`.
    ///
    /// - Throws: as `phonemes(of:language:version:)`.
    public func segments(
        of text: String, mode: LanguageMode, version: SymbolVersion
    ) throws(TextError) -> [PhonemeSegment] {
        let first = try readOnce(text, mode, version)
        let count = first.reduce(0) { $0 + $1.sequence.phoneIDs.count }
        return count < Self.fewestPhones ? try readOnce("." + Self.joiningBlanks(text), mode, version) : first
    }

    /// A text as one piece, uncut.
    ///
    /// - Throws: as `phonemes(of:language:version:)`.
    public func piece(of text: String, mode: LanguageMode, version: SymbolVersion) throws(TextError) -> TextPiece {
        TextPiece(segments: try segments(of: text, mode: mode, version: version))
    }

    /// The text that a reference audio speaks, closed by a full stop if need be; nil for an empty one.
    ///
    /// - Throws: as `phonemes(of:language:version:)`.
    public func promptPiece(
        of text: String, mode: LanguageMode, version: SymbolVersion
    ) throws(TextError) -> TextPiece? {
        guard let closed = TextCutter.closedPrompt(text, mode: mode) else { return nil }
        return try piece(of: closed, mode: mode, version: version)
    }

    /// The pieces in which a request's text is spoken: upstream's `preprocess`.
    ///
    /// Text without a letter or digit has no pieces. (Upstream raises an error for some of it, which its server answers
    /// with a second of silence, as it does for no pieces.)
    ///
    /// - Throws: as `phonemes(of:language:version:)`.
    public func preprocess(
        _ text: String, mode: LanguageMode, cut: CutMethod, version: SymbolVersion
    ) throws(TextError) -> [TextPiece] {
        try mode.requireSupported()
        var pieces: [TextPiece] = []
        for part in TextCutter.pieces(of: TextCutter.collapsingPunctuation(text), mode: mode, method: cut) {
            let piece = try piece(of: part, mode: mode, version: version)
            if !piece.normText.isEmpty {
                pieces.append(piece)
            }
        }
        return pieces
    }

    private func readOnce(
        _ text: String, _ mode: LanguageMode, _ version: SymbolVersion
    ) throws(TextError) -> [PhonemeSegment] {
        try mode.requireSupported()
        let sequence = try phonemes(of: Self.joiningBlanks(text), language: .english, version: version)
        return [PhonemeSegment(language: .english, sequence: sequence)]
    }

    /// Runs of blanks become one.
    private static func joiningBlanks(_ text: String) -> String {
        var output = String.UnicodeScalarView()
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if scalar != " " || previous != " " {
                output.append(scalar)
            }
            previous = scalar
        }
        return String(output)
    }

    private func phonemizer(for language: Language) throws(TextError) -> any Phonemizer {
        if let known = phonemizers.withLock({ $0[language] }) { return known }
        // Two threads may both make one at the first use; they are alike, and making one only maps files.
        let made = try Self.makePhonemizer(for: language, resources: resources)
        phonemizers.withLock { $0[language] = made }
        return made
    }

    private static func makePhonemizer(
        for language: Language, resources: TextResources
    ) throws(TextError) -> any Phonemizer {
        switch language {
        case .english:
            return try EnglishPhonemizer(resources: resources)
        case .mandarin, .cantonese, .japanese, .korean:
            throw TextError(
                .notYetSupported,
                "\(language.name) (\"\(language.rawValue)\") is not yet supported; this build reads English (\"en\")")
        }
    }
}
