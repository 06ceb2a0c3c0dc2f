extension EnglishPhonemizer {
    private static let consonants: Set<String> = [
        "B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH", "V", "W",
        "Y", "Z", "ZH",
    ]
    private static let vowels: Set<String> = [
        "AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW",
    ]

    func objection(to readings: [String], for word: String) -> String? {
        for phone in readings where !Self.consonants.contains(phone) {
            guard Self.vowels.contains(String(phone.dropLast())), let stress = phone.last, "012".contains(stress) else {
                return "\(phone) is no ARPAbet phone, such as K, or AE1 for a vowel with its stress 0, 1 or 2"
            }
        }
        return readings.isEmpty ? "the reading is empty" : nil
    }

    func spelling(of word: String) -> String {
        String(decoding: EnglishNormalizer.normalize(word).map(\.asciiLowercased), as: UTF8.self)
    }

    /// The phones of a normalised text in which some words have the user's reading. Tags, and with them homographs, are
    /// those of the whole text.
    func phones(
        ofNormalized normalized: [UInt8], of run: String, _ overrides: ReadingOverrides, _ warnings: inout [String]
    ) -> [String] {
        let lower = normalized.map { Unicode.Scalar($0.asciiLowercased) }
        let found = overrides.matches(in: lower, of: run, spelling: spelling(of:)) { stretch in
            EnglishNormalizer.normalize(stretch).map { Unicode.Scalar($0.asciiLowercased) }
        }
        warnings += found.unplaced.map { "the mark \"\($0.mark)\" has no effect: the word is not spoken as written" }
        var matches = found.matches[...]
        var phones: [String] = []
        var tokenEnd = 0
        var spokenEnd = 0
        for (word, tag) in taggedWords(normalized) {
            // The tokenizer leaves out blanks, and marks that are repeated too often.
            let start = normalized[tokenEnd...].firstRange(of: word)?.lowerBound ?? tokenEnd
            tokenEnd = min(start + word.count, normalized.count)
            if spokenEnd <= start, matches.first.map({ $0.range.lowerBound >= tokenEnd }) ?? true {
                phones += spelledOut(spoken(word, tag))
                continue
            }
            // A token can hold more than the user's word ("well-known"), and a word more than one token.
            var position = max(start, spokenEnd)
            while let match = matches.first, match.range.lowerBound < tokenEnd {
                phones += rest(normalized, position, match.range.lowerBound, tag) + match.readings
                position = match.range.upperBound
                matches.removeFirst()
            }
            phones += rest(normalized, position, tokenEnd, tag)
            spokenEnd = max(position, tokenEnd)
        }
        return phones
    }

    /// The phones of what a token holds beside the user's words.
    private func rest(_ text: [UInt8], _ start: Int, _ end: Int, _ tag: [UInt8]) -> [String] {
        guard start < end else { return [] }
        let word = text[start..<end].drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "'") }
        return word.isEmpty ? [] : spelledOut(spoken(Array(word), tag))
    }
}
