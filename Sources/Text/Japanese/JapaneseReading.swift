/// How a user wants a word read: kana, and where the pitch falls if that is said, such as `はし1`.
///
/// Kana are spoken one by one, so that long vowels are written as they sound: `トーキョー`.
struct JapaneseReading: Sendable {
    /// Katakana, UTF-8.
    let pronunciation: [UInt8]
    let moraCount: Int
    /// The mora after which the pitch falls, 0 for none; nil leaves it to the dictionary and the rules.
    let accent: Int?

    /// Longer ones are mistakes, and nothing here should have to deal with words without end.
    private static let mostMoras = 200

    init?(_ text: String) {
        let scalars = [Unicode.Scalar](text)
        let kana = scalars.prefix { !$0.isASCIIDigit }
        var bytes: [UInt8] = []
        for scalar in kana {
            guard scalar.isKana else { return nil }
            bytes += Array(String(scalar).utf8)
        }
        guard let sound = JapaneseSentence.sound(of: bytes), (1...Self.mostMoras).contains(sound.moraCount)
        else { return nil }
        pronunciation = sound.katakana
        moraCount = sound.moraCount
        if kana.count < scalars.count {
            guard let accent = Int(scalars[kana.count...].text), accent >= 0, accent <= moraCount else { return nil }
            self.accent = accent
        } else {
            accent = nil
        }
    }

    /// A word of the sentence with this reading in place of its own.
    ///
    /// - Parameter parts: what the dictionary knows of the word; a compound may have several.
    func word(surface: [UInt8], parts: [JapaneseWord]) -> JapaneseWord {
        var word = parts.first ?? JapaneseWord()
        let isKnown = parts.count == 1 && word.moraCount == moraCount
        word.accent = accent ?? (isKnown ? word.accent : 0)
        word.string = surface
        word.base = surface
        word.reading = pronunciation
        word.pronunciation = pronunciation
        word.moraCount = moraCount
        // The reading stands, so that rules for numbers and signs have nothing to say.
        if word.isCounter, word.group1 == JapaneseTerm.suffix {
            word.group2 = JapaneseTerm.common
        } else if JapaneseWord.isAbsent(word.partOfSpeech) || word.partOfSpeech == JapaneseTerm.symbol
            || word.group1 == JapaneseTerm.numeral || word.isCounter
        {
            word.partOfSpeech = JapaneseTerm.noun
            word.group1 = JapaneseTerm.common
            word.group2 = JapaneseWord.nothing
            word.group3 = JapaneseWord.nothing
        }
        return word
    }
}
