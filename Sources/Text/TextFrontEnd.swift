import Synchronization

/// From a request's text to phones.
///
/// Upstream: `TTS_infer_pack/TextPreprocessor.py`, `text/cleaner.py`. Safe to share between threads; a language's data is
/// mapped at its first use.
public final class TextFrontEnd: Sendable {
    private let resources: TextResources
    private let dictionary: UserDictionary?
    private let polyphones: (any PolyphoneNetwork)?
    private let languages = Mutex<[Language: LoadedLanguage]>([:])
    private let loadedSegmenter = Mutex<LanguageSegmenter?>(nil)

    /// A language's front-end with the user's words for it.
    private struct LoadedLanguage: Sendable {
        let phonemizer: any Phonemizer
        let words: WordReadings?
    }

    /// With fewer phones a text is read again behind a full stop.
    private static let fewestPhones = 6

    /// Remembers where the data lies; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - dictionary: the user's readings, nil for none.
    ///   - polyphones: the network that chooses readings of Chinese characters for models with the second symbol table, nil
    ///     to choose by dictionary.
    public init(
        resources: TextResources, dictionary: UserDictionary? = nil, polyphones: (any PolyphoneNetwork)? = nil
    ) {
        self.resources = resources
        self.dictionary = dictionary
        self.polyphones = polyphones
    }

    /// Loads every language that the user dictionary has words of and checks their readings.
    ///
    /// - Throws: `TextError` with `.invalidDictionary`, naming file and line; or as `phonemes(of:language:version:)`.
    public func checkDictionary() throws(TextError) {
        for language in dictionary?.languages ?? [] {
            _ = try loaded(language)
        }
    }

    /// The phones of a text that is all in one language: upstream's `clean_text` and `cleaned_text_to_sequence`.
    ///
    /// Models with the first symbol table speak neither Cantonese nor Korean; as upstream does, they answer one comma.
    /// Inline marks (`MarkedText.init(parsing:)`) and the user dictionary apply.
    ///
    /// - Throws: `TextError`: `.resourceMissing` and `.resourceDamaged` for the language's data,
    ///   `.invalidDictionary`, and `.invalidInput` for an inline mark that the language cannot speak.
    public func phonemes(
        of text: String, language: Language, version: SymbolVersion
    ) throws(TextError) -> PhonemeSequence {
        try phonemes(of: MarkedText(parsing: text), language: language, version: version)
    }

    private func phonemes(
        of run: MarkedText, language: Language, version: SymbolVersion
    ) throws(TextError) -> PhonemeSequence {
        guard language.isSpoken(by: version) else {
            return try unspoken(run.text, version)
        }
        let front = try loaded(language)
        for mark in run.marks {
            if let objection = front.phonemizer.objection(to: mark.readings, for: mark.word) {
                throw TextError(
                    .invalidInput, "the mark \"\(mark.mark)\" cannot be spoken in \(language.name): \(objection)")
            }
        }
        let overrides = ReadingOverrides(dictionary: front.words, marks: run.marks)
        let phonemization = try front.phonemizer.phonemize(run.text, version: version, overrides: overrides)
        return PhonemeSequence(text: run.text, phonemization, version)
    }

    /// The runs of one language each in a text, with their phones: upstream's `get_phones_and_bert`.
    ///
    /// - Throws: as `phonemes(of:language:version:)`.
    public func segments(
        of text: String, mode: LanguageMode, version: SymbolVersion
    ) throws(TextError) -> [PhonemeSegment] {
        try segments(of: MarkedText(parsing: text), mode: mode, version: version)
    }

    private func segments(
        of text: MarkedText, mode: LanguageMode, version: SymbolVersion
    ) throws(TextError) -> [PhonemeSegment] {
        let joined = MarkedText(text: Self.joiningBlanks(text.text), marks: text.marks)
        let first = try readOnce(joined, mode, version)
        let count = first.reduce(0) { $0 + $1.sequence.phoneIDs.count }
        guard count < Self.fewestPhones else { return first }
        return try readOnce(MarkedText(text: "." + joined.text, marks: joined.marks), mode, version)
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
        var marked = try MarkedText(parsing: text)
        guard let closed = TextCutter.closedPrompt(marked.text, mode: mode) else { return nil }
        marked.text = closed
        return TextPiece(segments: try segments(of: marked, mode: mode, version: version))
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
        let marked = try MarkedText(parsing: text)
        let parts = TextCutter.pieces(of: TextCutter.collapsingPunctuation(marked.text), mode: mode, method: cut)
        var pieces: [TextPiece] = []
        for part in marked.distributed(over: parts) {
            // Cutting puts an empty piece before a clause that is too long for one. Upstream speaks it as a full stop in
            // English and fails in the other modes.
            guard mode == .english || !part.text.isEmpty else { continue }
            let piece = TextPiece(segments: try segments(of: part, mode: mode, version: version))
            if !piece.normText.isEmpty {
                pieces.append(piece)
            }
        }
        return pieces
    }

    private func readOnce(
        _ text: MarkedText, _ mode: LanguageMode, _ version: SymbolVersion
    ) throws(TextError) -> [PhonemeSegment] {
        var segments: [PhonemeSegment] = []
        for (label, run) in try runs(of: text, mode) {
            let sequence: PhonemeSequence
            if let language = Language(label) {
                sequence = try phonemes(of: run, language: language, version: version)
            } else {
                sequence = try unspoken(run.text, version)
            }
            segments.append(PhonemeSegment(label: label, sequence: sequence))
        }
        return segments
    }

    private func runs(of text: MarkedText, _ mode: LanguageMode) throws(TextError) -> [(LanguageLabel, MarkedText)] {
        // English needs none of the segmenter's data.
        guard mode != .english else { return [(.english, text)] }
        let scalars = [Unicode.Scalar](text.text)
        let runs = try segmenter().runs(of: scalars, in: mode)
        let parts = try text.distributed(over: runs.map(\.positions), of: scalars)
        return zip(runs, parts).map { ($0.label, $1) }
    }

    /// Marks and line breaks that stand alone, as upstream has it: a comma.
    private func unspoken(_ text: String, _ version: SymbolVersion) throws(TextError) -> PhonemeSequence {
        PhonemeSequence(text: text, try loaded(.english).phonemizer.phonemize(" "), version)
    }

    func segmenter() throws(TextError) -> LanguageSegmenter {
        if let known = loadedSegmenter.withLock({ $0 }) { return known }
        let made = try LanguageSegmenter(resources: resources)
        loadedSegmenter.withLock { $0 = made }
        return made
    }

    /// Runs of blanks become one.
    static func joiningBlanks(_ text: String) -> String {
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

    private func loaded(_ language: Language) throws(TextError) -> LoadedLanguage {
        if let known = languages.withLock({ $0[language] }) { return known }
        // Two threads may both load one at the first use; they are alike, and loading only maps files.
        let phonemizer = try makePhonemizer(for: language)
        let made = LoadedLanguage(
            phonemizer: phonemizer, words: try dictionary?.readings(for: language, of: phonemizer))
        languages.withLock { $0[language] = made }
        return made
    }

    private func makePhonemizer(for language: Language) throws(TextError) -> any Phonemizer {
        switch language {
        case .english:
            return try EnglishPhonemizer(resources: resources)
        case .cantonese:
            return try CantonesePhonemizer(resources: resources)
        case .korean:
            return try KoreanPhonemizer(resources: resources)
        case .japanese:
            return try JapanesePhonemizer(resources: resources)
        case .mandarin:
            return try MandarinPhonemizer(resources: resources, polyphones: polyphones)
        }
    }
}
