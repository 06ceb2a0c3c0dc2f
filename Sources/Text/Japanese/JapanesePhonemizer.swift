/// Japanese: runs of letters and kana go through Open JTalk's front-end, all else is punctuation.
///
/// Upstream: `text/japanese.py` and pyopenjtalk 0.4.1. MeCab cuts a run into words of Open JTalk's dictionary and
/// GPT-SoVITS's own, passes in Swift mend their readings and accents, and phones with marks for the pitch come of it.
struct JapanesePhonemizer: Phonemizer {
    private let model: MecabModel

    init(resources: TextResources) throws(TextError) {
        let folder = resources.directory + "/japanese"
        model = try MecabModel(directory: folder, userDictionary: folder + "/added.dic")
    }

    func phonemize(
        _ text: String, version: SymbolVersion, overrides: ReadingOverrides
    ) throws(TextError) -> Phonemization {
        let normalized = JapaneseText.collapsingPunctuation(Array(text))
        var warnings: [String] = []
        var matches: [ReadingMatch] = []
        if !overrides.isEmpty {
            let found = overrides.matches(in: normalized.map(JapaneseText.lowercased), of: text, spelling: spelling) {
                JapaneseText.collapsingPunctuation(Array($0)).map(JapaneseText.lowercased)
            }
            matches = found.matches
            warnings = found.unplaced.map { "the mark \"\($0.mark)\" has no effect: the word is not spoken as written" }
        }
        var phones: [String] = []
        for part in JapaneseText.parts(of: normalized, matches: matches) {
            switch part {
            case .run(let run): phones += ProsodicPhones(try sentence(run)).marked().dropFirst().dropLast()
            case .mark(let mark): phones.append(JapaneseText.phone(for: mark))
            }
        }
        return Phonemization(normText: normalized.text, phones: phones, word2ph: nil, warnings: warnings)
    }

    func objection(to readings: [String], for word: String) -> String? {
        guard let reading = readings.first, readings.count == 1 else {
            return "a Japanese reading is one word of kana"
        }
        guard JapaneseReading(reading) == nil else { return nil }
        return "\(reading) is not kana that can be spoken one by one, with the number of the accented mora behind it "
            + "if wanted, such as はし1"
    }

    func spelling(of word: String) -> String {
        JapaneseText.collapsingPunctuation(Array(word)).map(JapaneseText.lowercased).text
    }

    /// The words of a run, read and accented.
    func sentence(_ run: JapaneseText.Run) throws(TextError) -> JapaneseSentence {
        var sentence = JapaneseSentence()
        var readings = run.readings[...]
        var place = 0
        try model.analyze(run.text, words: readings.map(\.range)) { surface, feature in
            let words = JapaneseWord.words(surface: surface, feature: feature)
            if let given = readings.first, given.range.lowerBound == place {
                readings.removeFirst()
                sentence.append(given.reading.word(surface: Array(surface), parts: words))
            } else {
                words.forEach { sentence.append($0) }
            }
            place += surface.count
        }
        sentence.analyze()
        return sentence
    }
}
