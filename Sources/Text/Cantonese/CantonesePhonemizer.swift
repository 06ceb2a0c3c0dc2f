/// Cantonese: normalised as Mandarin is, simplified characters included, and read word by word from a dictionary.
///
/// Upstream: `text/cantonese.py`, which fails on characters without a reading; here they are left out.
struct CantonesePhonemizer: Sendable {
    private let lexicon: CantoneseLexicon
    private let phones: [[String]]

    /// - Throws: `TextError` with `.resourceMissing` or `.resourceDamaged`.
    init(resources: TextResources) throws(TextError) {
        let lexicon = try CantoneseLexicon(resources: resources)
        self.lexicon = lexicon
        phones = (0..<lexicon.syllableCount).map { number in
            Jyutping.phones(of: lexicon.syllable(number)).map { [$0.initial, $0.final] } ?? []
        }
    }

    /// The phones of a text in simplified characters and the six marks.
    func phonemize(normalized text: [Unicode.Scalar]) -> Phonemization {
        var spoken = String.UnicodeScalarView()
        var result: [String] = []
        var word2ph: [Int] = []
        for (scalar, syllables) in zip(text, lexicon.read(text[...])) {
            let phones = CantonesePunctuation.isMark(scalar) ? [String(scalar)] : phones(of: syllables)
            guard !phones.isEmpty else { continue }
            spoken.append(scalar)
            result.append(contentsOf: phones)
            word2ph.append(phones.count)
        }
        return Phonemization(normText: String(spoken), phones: result, word2ph: word2ph)
    }

    private func phones(of syllables: [Int]) -> [String] {
        guard let first = syllables.first, phones.indices.contains(first) else { return [] }
        guard syllables.count > 1 else { return phones[first] }
        // Upstream takes several syllables of one character for a single one, which no symbol table has.
        let joined = syllables.map(lexicon.syllable).joined(separator: " ")
        return Jyutping.phones(of: joined).map { [$0.initial, $0.final] } ?? []
    }
}
