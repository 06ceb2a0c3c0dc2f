/// How written Korean sounds: the rules of standard pronunciation over letters, in the order in which g2pk2 has them.
///
/// Numbers in comments are paragraphs of the standard (표준 발음법). The quirks are those of g2pk2 0.0.3, `special.py`,
/// `table.csv` and `regular.py`, that voices were trained with: the marks of stems come between a coda and what follows, so
/// that some rules miss, and 밟 loses its ㄹ in front of any mark.
struct KoreanPronunciation: Sendable {
    private let idioms: [RewriteRule]
    private let table: [RewriteRule]

    init(resources: TextResources) throws(TextError) {
        let file = try resources.open("korean-rules.bin")
        let spellings = try file.table("idioms.from")
        let replacements = try file.table("idioms.to", count: spellings.count)
        idioms = (0..<spellings.count).map {
            RewriteRule(word: spellings.string($0), with: replacements.string($0))
        }
        let codas = try file.table("table.coda")
        let onsets = try file.table("table.onset", count: codas.count)
        let results = try file.table("table.to", count: codas.count)
        table = (0..<codas.count).map {
            Self.tableRule(coda: codas.string($0), onset: onsets.string($0), result: results.string($0))
        }
    }

    /// One cell of the table: a coda before an onset, with or without a blank between them, or before no letter.
    private static func tableRule(coda: String, onset: String, result: String) -> RewriteRule {
        let following: [RewriteRule.Element] =
            onset.isEmpty ? [.noLetterOrEnd] : [.optionalBlank, .one(of: Array(onset))]
        let pieces = result.unicodeScalars.map { $0 == "^" ? RewriteRule.Piece.copy(1) : .scalar($0) }
        return RewriteRule([.one(of: Array(coda))] + following, pieces)
    }

    /// The text with words replaced that no rule pronounces right.
    func replacingIdioms(in text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var text = text
        RewriteRule.apply(idioms, to: &text)
        return text
    }

    /// The text as it sounds, in syllables.
    ///
    /// - Parameter text: with the marks of `KoreanAnnotator`, which are gone afterwards; seams stay.
    func pronounced(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var letters = Hangul.decomposed(text)
        RewriteRule.apply(Self.vowelRules, to: &letters)
        letters.removeAll { $0 == KoreanAnnotator.particle }
        RewriteRule.apply(Self.stemRules, to: &letters)
        letters.removeAll(where: KoreanAnnotator.isMark)
        RewriteRule.apply(table, to: &letters)
        RewriteRule.apply(Self.linkingRules, to: &letters)
        return Hangul.composed(letters)
    }

    private static let everyOnset = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
    /// The plain consonants that become tense, and what they become.
    private static let tensing = [("ㄱ", "ㄲ"), ("ㄷ", "ㄸ"), ("ㅂ", "ㅃ"), ("ㅅ", "ㅆ"), ("ㅈ", "ㅉ")]

    private static let vowelRules: [RewriteRule] = [
        // 5, 1: 져, 쪄, 쳐 are 저, 쩌, 처.
        RewriteRule([.onset("ㅈㅉㅊ"), .vowel("ㅕ")], [.copy(0), .vowel("ㅓ")]),
        // 5, 3: ㅢ behind a consonant is ㅣ.
        RewriteRule([.onset(everyOnset.filter { $0 != "ㅇ" }), .vowel("ㅢ")], [.copy(0), .vowel("ㅣ")]),
    ]

    private static let stemRules: [RewriteRule] = {
        var rules: [RewriteRule] = []
        let stem = RewriteRule.Element.one(of: [KoreanAnnotator.stem])
        let ending = RewriteRule.Element.one(of: [KoreanAnnotator.rieulEnding])
        let blank = RewriteRule.Element.one(of: [" "])
        let tensedByStem = tensing.filter { $0.0 != "ㅂ" }

        // 16: the names of letters, 디귿이 as 디그시. Upstream looks at the letter in front only: a ㅡ, whatever its onset.
        for (onset, codas, result) in [("ㄱ", "ㄷ", "ㅅ"), ("ㅇ", "ㅈㅊㅌㅎ", "ㅅ"), ("ㅇ", "ㅋ", "ㄱ"), ("ㅇ", "ㅍ", "ㅂ")] {
            let before = RewriteRule.Element.one(of: Hangul.onsets(onset) + Hangul.vowels("ㅡ"))
            rules.append(RewriteRule([before, .coda(codas), .onset("ㅇ")], [.copy(0), .onset(result)]))
        }
        // 11, 1: a stem's ㄺ before ㄱ is ㄹ.
        rules.append(RewriteRule([.coda("ㄺ"), stem, .onset("ㄱㄲ")], [.coda("ㄹ"), .onset("ㄲ")]))
        // 25: plain consonants are tense behind a stem's ㄼ and ㄾ.
        for (plain, tense) in tensedByStem {
            rules.append(RewriteRule([.coda("ㄼㄾ"), stem, .onset(plain)], [.copy(0), .onset(tense)]))
        }
        // 24: and behind a stem's ㄴ, ㅁ, ㄵ and ㄻ.
        for (plain, tense) in tensedByStem {
            rules.append(RewriteRule([.coda("ㄴㅁ"), stem, .onset(plain)], [.copy(0), .onset(tense)]))
        }
        for (coda, result) in [("ㄵ", "ㄴ"), ("ㄻ", "ㅁ")] {
            for (plain, tense) in tensedByStem {
                rules.append(RewriteRule([.coda(coda), stem, .onset(plain)], [.coda(result), .onset(tense)]))
            }
        }
        // 10, 1: 밟 before a consonant is 밥, and 넓 in 넓죽하다 and 넓둥글다 is 넙.
        rules.append(
            RewriteRule(
                [.onset("ㅂ"), .vowel("ㅏ"), .coda("ㄼ"), .anyButOrEnd(Hangul.onsets("ㅇㅎ"))],
                [.copy(0), .copy(1), .coda("ㅂ"), .copy(3)]))
        rules.append(
            RewriteRule(
                [.onset("ㄴ"), .vowel("ㅓ"), .coda("ㄼ"), .onset("ㅈㅉㄷㄸ"), .vowel("ㅜ")],
                [.copy(0), .copy(1), .coda("ㅂ"), .copy(3), .copy(4)]))
        // 17: ㄷ and ㅌ become ㅈ and ㅊ before 이 and 여.
        rules.append(RewriteRule([.coda("ㄷ"), .onset("ㅇ"), .vowel("ㅣㅕ")], [.onset("ㅈ"), .copy(2)]))
        rules.append(RewriteRule([.coda("ㅌ"), .onset("ㅇ"), .vowel("ㅣㅕ")], [.onset("ㅊ"), .copy(2)]))
        rules.append(
            RewriteRule([.coda("ㄾ"), .onset("ㅇ"), .vowel("ㅣㅕ")], [.coda("ㄹ"), .onset("ㅊ"), .copy(2)]))
        rules.append(RewriteRule([.coda("ㄷ"), .onset("ㅎ"), .vowel("ㅣ")], [.onset("ㅊ"), .copy(2)]))
        // 27: plain consonants are tense behind the ending ㄹ, also where it is part of a longer ending.
        for (plain, tense) in tensing {
            rules.append(
                RewriteRule(
                    [.coda("ㄹ"), ending, blank, .onset(plain)], [.coda("ㄹ"), .scalar(" "), .onset(tense)]))
        }
        let longer = [
            ("걸", "껄"), ("밖에", "빠께"), ("세라", "쎄라"), ("수록", "쑤록"), ("지라도", "찌라도"), ("지언정", "찌언정"), ("진대", "찐대"),
        ]
        for (spelling, sound) in longer {
            let coda = Hangul.codas("ㄹ")
            rules.append(
                RewriteRule(
                    (coda + Hangul.decomposed(Array(spelling))).map { .one(of: [$0]) },
                    (coda + Hangul.decomposed(Array(sound))).map { .scalar($0) }))
        }
        return rules
    }()

    /// 13 to 15: a coda moves into a syllable that begins with a vowel.
    private static let linkingRules: [RewriteRule] = {
        var rules: [RewriteRule] = []
        for letter in "ㄱㄲㄴㄷㄹㅁㅂㅅㅆㅈㅊㅋㅌㅍ" {
            rules.append(RewriteRule([.coda(String(letter)), .onset("ㅇ")], [.onset(String(letter))]))
        }
        let clusters = [
            ("ㄳ", "ㄱ", "ㅆ"), ("ㄵ", "ㄴ", "ㅈ"), ("ㄺ", "ㄹ", "ㄱ"), ("ㄻ", "ㄹ", "ㅁ"), ("ㄼ", "ㄹ", "ㅂ"), ("ㄽ", "ㄹ", "ㅆ"),
            ("ㄾ", "ㄹ", "ㅌ"), ("ㄿ", "ㄹ", "ㅍ"), ("ㅄ", "ㅂ", "ㅆ"),
        ]
        for (cluster, first, second) in clusters {
            rules.append(RewriteRule([.coda(cluster), .onset("ㅇ")], [.coda(first), .onset(second)]))
        }
        for (coda, onset) in [("ㅎ", "ㅇ"), ("ㄶ", "ㄴ"), ("ㅀ", "ㄹ")] {
            rules.append(RewriteRule([.coda(coda), .onset("ㅇ")], [.onset(onset)]))
        }
        return rules
    }()
}

extension RewriteRule.Element {
    fileprivate static func onset(_ letters: String) -> Self { .one(of: Hangul.onsets(letters)) }
    fileprivate static func vowel(_ letters: String) -> Self { .one(of: Hangul.vowels(letters)) }
    fileprivate static func coda(_ letters: String) -> Self { .one(of: Hangul.codas(letters)) }
}

extension RewriteRule.Piece {
    fileprivate static func onset(_ letter: String) -> Self { scalars(Hangul.onsets(letter)) }
    fileprivate static func vowel(_ letter: String) -> Self { scalars(Hangul.vowels(letter)) }
    fileprivate static func coda(_ letter: String) -> Self { scalars(Hangul.codas(letter)) }

    private static func scalars(_ one: [Unicode.Scalar]) -> Self {
        .scalar(one.first ?? "\u{FFFD}")
    }
}
