/// Mandarin: normalised, split into words, read word by word, with the tones that neighbours give each other.
///
/// Upstream: `text/chinese.py` for the first symbol table, which knows neither erhua nor the polyphone network, and
/// `text/chinese2.py` for the second.
struct MandarinPhonemizer: Phonemizer {
    private let normalizer: ChineseNormalizer
    private let segmenter: ChineseSegmenter
    private let lexicon: MandarinLexicon
    private let sandhi: ToneSandhi
    private let polyphones: PolyphoneReader?

    /// - Parameter polyphones: the network that reads polyphonic characters by their context, nil to read them by phrases.
    /// - Throws: `TextError` with `.resourceMissing` or `.resourceDamaged`.
    init(resources: TextResources, polyphones network: (any PolyphoneNetwork)? = nil) throws(TextError) {
        normalizer = try ChineseNormalizer(resources: resources)
        segmenter = try ChineseSegmenter(resources: resources)
        lexicon = try MandarinLexicon(resources: resources)
        sandhi = ToneSandhi(segmenter: segmenter, lexicon: lexicon)
        if let network {
            polyphones = try PolyphoneReader(resources: resources, network: network, lexicon: lexicon)
        } else {
            polyphones = nil
        }
    }

    func phonemize(
        _ text: String, version: SymbolVersion, overrides: ReadingOverrides
    ) throws(TextError) -> Phonemization {
        // A currency sign and a caret stand for pauses; of both in one text only the first counts.
        let pause = Self.pauses.first { text.unicodeScalars.contains($0.sign) }
        let replaced = pause.map { pause in
            text.unicodeScalars.map { $0 == pause.sign ? "," : $0 }.text
        }
        let (normalized, skipped) = normalize(replaced ?? text)
        var readings = try readings(of: normalized, version)
        var warnings = skipped.map { "the character \($0) has no Mandarin reading and was skipped" }
        let overridden = overrides.matches(in: normalized, of: text, spelling: spelling) { normalize($0).text }
        warnings += overridden.unplaced.map {
            "the mark \"\($0.mark)\" has no effect: the word is not spoken as written"
        }
        for match in overridden.matches {
            for (place, spelling) in zip(match.range, match.readings) {
                readings[place] = Self.syllable(spelling) ?? readings[place]
            }
        }
        var phones: [String] = []
        var word2ph: [Int] = []
        phones.reserveCapacity(2 * normalized.count)
        word2ph.reserveCapacity(normalized.count)
        for (character, reading) in zip(normalized, readings) {
            if let spoken = reading.isMark ? nil : lexicon.phones(of: reading) {
                phones += spoken
                word2ph.append(spoken.count)
            } else {
                phones.append(character == "," ? pause?.phone ?? "," : String(character))
                word2ph.append(1)
            }
        }
        return Phonemization(normText: normalized.text, phones: phones, word2ph: word2ph, warnings: warnings)
    }

    /// Signs that are read as pauses of their own, in upstream's order (`text/cleaner.py`).
    private static let pauses: [(sign: Unicode.Scalar, phone: String)] = [("￥", "SP2"), ("^", "SP3")]

    /// The text as it is spoken, and the ideographs that were left out because nothing is known of them.
    func normalize(_ text: String) -> (text: [Unicode.Scalar], skipped: [Unicode.Scalar]) {
        MandarinPunctuation.joined(normalizer.sentences(of: text))
    }

    /// A syllable for each character of a normalised text.
    private func readings(of text: [Unicode.Scalar], _ version: SymbolVersion) throws(TextError) -> [PinyinSyllable] {
        let sentences = Self.sentences(of: text)
        let inContext = version == .v2 ? try polyphones?.read(sentences) : nil
        var readings: [PinyinSyllable] = []
        readings.reserveCapacity(text.count)
        for (index, sentence) in sentences.enumerated() {
            for word in words(of: sentence) {
                let characters = sentence[word.range]
                var syllables: [PinyinSyllable]
                if let inContext, let polyphones {
                    syllables = polyphones.corrected(Array(inContext[index][word.range]), of: characters)
                } else {
                    syllables = lexicon.read(characters)
                }
                sandhi.apply(to: &syllables, of: characters, tag: word.tag)
                if version == .v2 {
                    Erhua.apply(to: &syllables, of: characters, tag: word.tag)
                }
                readings += syllables
            }
        }
        return readings
    }

    /// The words of a sentence as they are spoken, in order; together they are the sentence.
    func words(of sentence: [Unicode.Scalar]) -> [TaggedWord] {
        sandhi.merged(segmenter.taggedWords(of: sentence), of: sentence)
    }

    /// Splits behind each mark.
    static func sentences(of text: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var sentences: [[Unicode.Scalar]] = []
        var start = 0
        for (index, scalar) in text.enumerated() where MandarinPunctuation.isMark(scalar) {
            sentences.append(Array(text[start...index]))
            start = index + 1
        }
        if start < text.count { sentences.append(Array(text[start...])) }
        return sentences
    }

    // MARK: - Readings of the user's

    func objection(to readings: [String], for word: String) -> String? {
        let characters = [Unicode.Scalar](spelling(of: word))
        guard !characters.isEmpty, characters.allSatisfy(MandarinPunctuation.isIdeograph) else {
            return "\(word) is not written in Chinese characters that Mandarin speaks"
        }
        for reading in readings where Self.syllable(reading).flatMap(lexicon.phones) == nil {
            return "\(reading) is no pinyin syllable with its tone, such as han4 or lv4"
        }
        guard readings.count == characters.count else {
            return "it has \(readings.count) syllables for \(characters.count) characters"
        }
        return nil
    }

    func spelling(of word: String) -> String {
        normalize(word).text.text
    }

    /// Reads a syllable as users write it: ü, u: and v are the same.
    private static func syllable(_ spelling: String) -> PinyinSyllable? {
        let plain = spelling.unicodeScalars.reduce(into: "") { output, scalar in
            switch scalar {
            case "ü": output += "v"
            case ":":
                if output.last == "u" { output.replaceSubrange(output.index(before: output.endIndex)..., with: "v") }
            default: output.unicodeScalars.append(scalar)
            }
        }
        return PinyinSyllable(plain)
    }
}
