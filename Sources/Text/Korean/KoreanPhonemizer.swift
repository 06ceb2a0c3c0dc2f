/// Korean: letters spelled out, morphemes found for the marks that rules look for, numbers in words, sounds by rule.
///
/// Upstream: `text/korean.py` with g2pk2 0.0.3, python-mecab-ko 1.3.7 and mecab-ko-dic 2.1.1. A character that is neither
/// a letter nor punctuation is a pause.
struct KoreanPhonemizer: Phonemizer {
    private let pronunciation: KoreanPronunciation
    private let annotator: KoreanAnnotator

    /// - Throws: `TextError` with `.resourceMissing` or `.resourceDamaged`.
    init(resources: TextResources) throws(TextError) {
        pronunciation = try KoreanPronunciation(resources: resources)
        annotator = try KoreanAnnotator(resources: resources)
    }

    func phonemize(_ text: String, version: SymbolVersion, overrides: ReadingOverrides) -> Phonemization {
        let stages = stages(of: Array(text), readings: overrides.matches(inRun: text))
        return Phonemization(
            normText: text, phones: KoreanLetters.phones(of: letters(of: stages.sound)), word2ph: nil,
            warnings: stages.tooLong.map { "the number \($0) has too many places for words; it is read digit by digit" }
        )
    }

    func objection(to readings: [String], for word: String) -> String? {
        guard !readings.isEmpty else { return "the reading is empty" }
        let isHangul = { (scalar: Unicode.Scalar) in Hangul.syllables.contains(scalar.value) }
        return readings.first { $0.isEmpty || !$0.unicodeScalars.allSatisfy(isHangul) }
            .map { "\($0) is not written in syllables of Hangul, such as 갑" }
    }

    /// What a text becomes on the way to its sound.
    struct Stages {
        /// Latin letters spelled out, and words replaced that no rule pronounces right.
        let spelled: [Unicode.Scalar]
        /// With marks, and with the user's readings.
        let annotated: [Unicode.Scalar]
        /// With numbers in words.
        let numbered: [Unicode.Scalar]
        /// The numbers that there are no words for.
        let tooLong: [String]
        /// As it sounds, in syllables.
        let sound: [Unicode.Scalar]
    }

    /// Takes a text to its sound.
    ///
    /// - Parameter readings: the user's: they are spoken as they stand, and rules apply only where they meet the rest.
    func stages(of text: [Unicode.Scalar], readings: [ReadingMatch] = []) -> Stages {
        let stretches = stretches(of: text, readings)
        let spelled = stretches.flatMap(\.spelled)
        var marks = annotator.marks(of: spelled)[...]
        var annotated: [Unicode.Scalar] = []
        annotated.reserveCapacity(spelled.count + spelled.count / 4)
        for stretch in stretches {
            let mine = marks.prefix(stretch.spelled.count)
            marks = marks.dropFirst(mine.count)
            if let reading = stretch.reading {
                annotated += reading
                (mine.last ?? nil).map { annotated.append($0) }
            } else {
                for (scalar, mark) in zip(stretch.spelled, mine) {
                    annotated.append(scalar)
                    mark.map { annotated.append($0) }
                }
            }
        }
        let (numbered, tooLong) = KoreanNumerals.spelledOut(annotated)
        var sound = pronunciation.pronounced(numbered)
        if !readings.isEmpty {
            sound.removeAll { $0 == KoreanAnnotator.seam }
        }
        return Stages(
            spelled: spelled, annotated: annotated, numbered: numbered, tooLong: tooLong, sound: sound)
    }

    /// A part of the text that is spoken by rule, or a word that the user has a reading for.
    private struct Stretch {
        let spelled: [Unicode.Scalar]
        var reading: [Unicode.Scalar]?
    }

    private func stretches(of text: [Unicode.Scalar], _ readings: [ReadingMatch]) -> [Stretch] {
        func spelled(_ range: Range<Int>) -> [Unicode.Scalar] {
            pronunciation.replacingIdioms(in: KoreanLetters.spellingOutLatin(text[range]))
        }
        var stretches: [Stretch] = []
        var position = 0
        for match in readings {
            stretches.append(Stretch(spelled: spelled(position..<match.range.lowerBound)))
            let syllables = Array(match.readings.joined(separator: " ").unicodeScalars)
            let reading = Array(syllables.map { [$0] }.joined(separator: [KoreanAnnotator.seam]))
            stretches.append(Stretch(spelled: spelled(match.range), reading: reading))
            position = match.range.upperBound
        }
        stretches.append(Stretch(spelled: spelled(position..<text.count)))
        return stretches
    }

    /// The letters by themselves of a text in syllables.
    func letters(of sound: [Unicode.Scalar]) -> [Unicode.Scalar] {
        KoreanLetters.mendingRieul(in: KoreanLetters.divided(sound))
    }

    /// The morphemes of a text and their parts of speech.
    func morphemes(of text: [Unicode.Scalar]) -> [(form: String, tag: String)] {
        annotator.morphemes(of: text)
    }
}
