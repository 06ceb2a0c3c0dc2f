/// Reads sentences character by character, polyphonic ones by a network that looks at the sentence.
///
/// Upstream: `text/g2pw` (after g2pW and PaddleSpeech).
struct PolyphoneReader: Sendable {
    private let network: any PolyphoneNetwork
    private let tables: PolyphoneTables
    private let lexicon: MandarinLexicon
    private let converter: TraditionalConverter
    private let characters: TraditionalCharacters

    /// How many characters the network sees before the first and behind the last polyphonic one.
    private static let context = 16
    /// The most characters that it takes at once, [CLS] and [SEP] not counted.
    private static let longest = 510

    init(resources: TextResources, network: any PolyphoneNetwork, lexicon: MandarinLexicon) throws(TextError) {
        self.network = network
        self.lexicon = lexicon
        tables = try PolyphoneTables(resources: resources, lexicon: lexicon)
        converter = try TraditionalConverter(resources: resources)
        characters = try TraditionalCharacters(resources: resources)
    }

    /// A polyphonic character and what is asked about it.
    private struct Question {
        let sentence: Int
        let place: Int
        let query: PolyphoneQuery
    }

    /// A syllable for each character of each sentence.
    ///
    /// - Parameter sentences: normalised text, simplified.
    /// - Throws: `TextError` with `.networkFailed`.
    func read(_ sentences: [[Unicode.Scalar]]) throws(TextError) -> [[PinyinSyllable]] {
        var readings: [[PinyinSyllable]] = []
        var questions: [Question] = []
        for (index, sentence) in sentences.enumerated() {
            let traditional = converter.convert(sentence) ?? sentence
            readings.append(phraseReadings(of: traditional, writtenAs: sentence))
            questions += self.questions(about: traditional, index)
        }
        questions = Self.grouped(questions)
        guard !questions.isEmpty else { return readings }
        let labels: [Int]
        do {
            labels = try network.predict(questions.map(\.query))
        } catch {
            throw TextError(
                .networkFailed, "the network for polyphonic characters failed: \(error)", underlying: error)
        }
        for (question, label) in zip(questions, labels) {
            // Upstream raises at the few labels without pinyin; here the phrases' reading stays.
            guard let syllable = tables.syllable(ofLabel: label) else { continue }
            readings[question.sentence][question.place] = syllable
        }
        return readings
    }

    /// A word's syllables by the list of certain readings: of the word, else of single characters.
    func corrected(_ syllables: [PinyinSyllable], of word: ArraySlice<Unicode.Scalar>) -> [PinyinSyllable] {
        if let certain = tables.correction(of: word) { return certain }
        guard word.count > 1 else { return syllables }
        return zip(word.indices, syllables).map { index, syllable in
            tables.correction(of: word[index..<index + 1])?.first ?? syllable
        }
    }

    /// What is known without the network.
    ///
    /// - Parameter original: the sentence before conversion, in which every character has a reading.
    private func phraseReadings(
        of traditional: [Unicode.Scalar], writtenAs original: [Unicode.Scalar]
    ) -> [PinyinSyllable] {
        let simplified = traditional.map(characters.simplified)
        var readings = lexicon.read(simplified[...])
        for (place, character) in traditional.enumerated() {
            if tables.characterID(of: character) == nil, let only = tables.syllable(ofMonophone: character) {
                readings[place] = only
            } else if readings[place].isMark, !MandarinPunctuation.isMark(character) {
                readings[place] = lexicon.read(original[place..<place + 1]).first ?? .mark
            }
        }
        return readings
    }

    private func questions(about text: [Unicode.Scalar], _ sentence: Int) -> [Question] {
        let places = text.indices.compactMap { place in
            tables.characterID(of: text[place]).map { (place: place, characterID: $0) }
        }
        guard let first = places.first, let last = places.last else { return [] }
        let seen = max(0, first.place - Self.context)..<min(text.count, last.place + Self.context + 1)
        // Upstream shows the network a longer text around the first polyphonic character only, but counts the positions of
        // the others as if it had been shown the text around each.
        let tokens = tables.tokens(of: text[Self.window(in: seen, around: first.place)])
        return places.map { place, characterID in
            let query = PolyphoneQuery(
                tokenIDs: tokens, position: place - Self.window(in: seen, around: place).lowerBound + 1,
                characterID: characterID, allowedLabels: tables.allowedLabels(of: characterID))
            return Question(sentence: sentence, place: place, query: query)
        }
    }

    /// As much of a text as the network takes.
    private static func window(in text: Range<Int>, around place: Int) -> Range<Int> {
        guard text.count > longest else { return text }
        let start = min(max(text.lowerBound, place - longest / 2), text.upperBound - longest)
        return start..<start + longest
    }

    /// Puts questions about equal sentences beside each other, in the order in which the sentences come first.
    private static func grouped(_ questions: [Question]) -> [Question] {
        var groups: [[Question]] = []
        var numbers: [[Int]: Int] = [:]
        for question in questions {
            let number = numbers[question.query.tokenIDs] ?? groups.count
            if number == groups.count {
                numbers[question.query.tokenIDs] = number
                groups.append([])
            }
            groups[number].append(question)
        }
        return groups.flatMap { $0 }
    }
}
