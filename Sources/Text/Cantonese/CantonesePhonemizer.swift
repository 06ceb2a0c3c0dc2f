/// Cantonese: normalised as Mandarin is, simplified characters included, and read word by word from a dictionary.
///
/// Upstream: `text/cantonese.py`, which fails on characters without a reading; here they are left out.
struct CantonesePhonemizer: Phonemizer {
    private let normalizer: ChineseNormalizer
    private let lexicon: CantoneseLexicon
    /// The phones of each of the lexicon's syllables.
    private let phones: [[String]]

    /// - Throws: `TextError` with `.resourceMissing` or `.resourceDamaged`.
    init(resources: TextResources) throws(TextError) {
        normalizer = try ChineseNormalizer(resources: resources)
        let lexicon = try CantoneseLexicon(resources: resources)
        self.lexicon = lexicon
        phones = (0..<lexicon.syllableCount).map { Jyutping.phones(of: lexicon.syllable($0)) ?? [] }
    }

    func phonemize(
        _ text: String, version: SymbolVersion, overrides: ReadingOverrides
    ) throws(TextError) -> Phonemization {
        let normalized = normalize(text)
        let found = overrides.matches(in: normalized, of: text, spelling: spelling(of:), normalize: normalize)
        var result = phonemize(normalized: normalized, found.matches)
        result.warnings += found.unplaced.map {
            "the mark \"\($0.mark)\" has no effect: the word is not spoken as written"
        }
        return result
    }

    func objection(to readings: [String], for word: String) -> String? {
        let characters = normalize(word)
        guard !characters.isEmpty, characters.allSatisfy(MandarinPunctuation.isIdeograph) else {
            return "only Chinese characters can be given Cantonese readings"
        }
        guard readings.count == characters.count else {
            return "\(readings.count) syllables for \(characters.count) characters"
        }
        for reading in readings where !Jyutping.isSyllable(reading) {
            return "\(reading) is no syllable in Jyutping with a tone from 1 to 6, such as gwong2"
        }
        return nil
    }

    func spelling(of word: String) -> String { normalize(word).text }

    /// The text as it is spoken: simplified characters and the marks that can be spoken, nothing else.
    private func normalize(_ text: String) -> [Unicode.Scalar] {
        normalizer.sentences(of: text).flatMap(CantonesePunctuation.cleaned)
    }

    /// The phones of a text in simplified characters and marks.
    ///
    /// - Parameter matches: words with a reading of the user's.
    func phonemize(normalized text: [Unicode.Scalar], _ matches: [ReadingMatch] = []) -> Phonemization {
        var reading = Reading()
        var position = 0
        for match in matches where match.readings.count == match.range.count {
            read(text[position..<match.range.lowerBound], into: &reading)
            for (scalar, syllable) in zip(text[match.range], match.readings) {
                reading.append(scalar, Jyutping.phones(of: syllable) ?? [])
            }
            position = match.range.upperBound
        }
        read(text[position...], into: &reading)
        return Phonemization(
            normText: String(reading.text), phones: reading.phones, word2ph: reading.word2ph,
            warnings: reading.silent.isEmpty
                ? [] : ["left out what has no Cantonese reading: \(String(reading.silent))"])
    }

    /// What has been read so far.
    private struct Reading {
        var text = String.UnicodeScalarView()
        var phones: [String] = []
        var word2ph: [Int] = []
        var silent = String.UnicodeScalarView()

        mutating func append(_ scalar: Unicode.Scalar, _ phones: [String]) {
            guard !phones.isEmpty else {
                silent.append(scalar)
                return
            }
            text.append(scalar)
            self.phones.append(contentsOf: phones)
            word2ph.append(phones.count)
        }
    }

    private func read(_ text: ArraySlice<Unicode.Scalar>, into reading: inout Reading) {
        for (scalar, syllables) in zip(text, lexicon.read(text)) {
            reading.append(scalar, MandarinPunctuation.isMark(scalar) ? [String(scalar)] : phones(of: syllables))
        }
    }

    private func phones(of syllables: [Int]) -> [String] {
        guard let first = syllables.first, phones.indices.contains(first) else { return [] }
        guard syllables.count > 1 else { return phones[first] }
        // Upstream takes several syllables of one character for a single one, whose final no symbol table has.
        return Jyutping.phones(of: syllables.map(lexicon.syllable).joined(separator: " ")) ?? []
    }
}
