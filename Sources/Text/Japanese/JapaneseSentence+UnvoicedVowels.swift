extension JapaneseSentence {
    /// Marks the vowels i and u that lose their voice between voiceless consonants.
    ///
    /// Upstream: Open JTalk 1.11, `njd_set_unvoiced_vowel.c`. Three moras are looked at together, across words.
    mutating func setUnvoicedVowels() {
        var window = VoicingWindow()
        var cursor = head
        while let index = cursor {
            cursor = words[index].next
            let length = words[index].pronunciation.isEmpty ? 1 : words[index].pronunciation.count
            var spoken: [UInt8] = []
            spoken.reserveCapacity(length + Mora.unvoicedMark.count)
            var place = 0
            while place < length {
                // Upstream gives up on the whole rest where a pronunciation holds what it does not know.
                guard window.fill(self, index, place) else { return }
                window.decide(self)
                spoken += window.current.kana
                if window.current.voicing == .unvoiced {
                    spoken += Mora.unvoicedMark
                }
                place += window.current.length
                window.advance()
            }
            words[index].pronunciation = spoken
        }
    }
}

private enum Voicing {
    case undecided
    case voiced
    case unvoiced
}

/// A mora in its surroundings. One that has no kana is beyond the end or unknown.
private struct VoicedMora {
    var kana: ArraySlice<UInt8> = []
    var kind: MoraKind?
    /// The word it belongs to; nil beyond the end.
    var word: Int?
    var voicing = Voicing.undecided
    /// In bytes, with the mark of a vowel that is not voiced.
    var length = 0
    /// Its number in the accent phrase, from 0.
    var place = 0
    /// The accent of the phrase.
    var accent = 0

    var isKnown: Bool { !kana.isEmpty }
    /// Whether the pitch falls behind it.
    var isNucleus: Bool { accent == place + 1 }
}

/// What matters of a mora for the voice of vowels.
private struct MoraKind: Sendable {
    /// The consonant that its first kana has alone, where that is voiceless.
    enum Row: Sendable { case k, s, t, h, p }
    /// The consonants behind which its vowel may lose its voice.
    enum Candidate: Sendable {
        case s
        case h
        case other

        func allows(_ row: Row) -> Bool {
            switch self {
            case .s: row != .s
            case .h: row != .h
            case .other: true
            }
        }
    }

    let row: Row?
    let candidate: Candidate?

    static let byKana: KanaTable<MoraKind> = {
        let kana = Mora.all.map(\.kana).filter { !Mora.onlyInDictionaries.contains($0) } + ["ー"]
        return KanaTable(kana.map { (key: $0, value: MoraKind($0)) })
    }()

    private init(_ kana: String) {
        let first = String(kana.prefix(1))
        row = Self.rows.first { $0.0.contains(first) }?.1
        candidate = Self.candidates.first { $0.0.contains(kana) }?.1
    }

    private static let rows: [(Set<String>, Row)] = [
        (["カ", "キ", "ク", "ケ", "コ"], .k), (["サ", "シ", "ス", "セ", "ソ"], .s),
        (["タ", "チ", "ツ", "テ", "ト"], .t), (["ハ", "ヒ", "フ", "ヘ", "ホ"], .h),
        (["パ", "ピ", "プ", "ペ", "ポ"], .p),
    ]

    private static let candidates: [(Set<String>, Candidate)] = [
        (["スィ", "ス"], .s), (["フィ", "ヒ", "フ"], .h),
        (
            [
                "キュ", "シュ", "チュ", "ツィ", "ヒュ", "ピュ", "テュ", "トゥ", "ティ", "キ", "ク", "シ", "チ", "ツ", "ピ",
                "プ",
            ], .other
        ),
    ]
}

/// The mora whose voice is decided, and the two behind it.
private struct VoicingWindow {
    var current = VoicedMora()
    private var second = VoicedMora()
    private var third = VoicedMora()

    /// Looks up the moras that are not known yet; false where the current one is unknown.
    mutating func fill(_ sentence: JapaneseSentence, _ word: Int, _ start: Int) -> Bool {
        if !current.isKnown {
            sentence.look(word, start, &current)
            guard current.isKnown else { return false }
        }
        if !second.isKnown {
            second.place = current.place + 1
            second.accent = current.accent
            sentence.look(word, start + current.length, &second)
        }
        if !third.isKnown {
            third.place = second.place + 1
            third.accent = second.accent
            sentence.look(word, start + current.length + second.length, &third)
        }
        return true
    }

    mutating func advance() {
        current = second
        second = third
        third = VoicedMora()
    }

    mutating func decide(_ sentence: JapaneseSentence) {
        decidePoliteEnding(sentence)
        decideShi(sentence)
        if current.voicing == .undecided, let word = current.word {
            if sentence.words[word].partOfSpeech == JapaneseTerm.filler || second.voicing == .unvoiced
                || current.isNucleus
            {
                current.voicing = .voiced
            } else {
                current.voicing = Self.voicing(of: current, before: second)
            }
        }
        // No two in a row.
        if current.voicing == .unvoiced, second.voicing == .undecided {
            second.voicing = .voiced
        }
    }

    /// The su of "desu" and "masu" at the end of a word.
    private mutating func decidePoliteEnding(_ sentence: JapaneseSentence) {
        guard second.isKnown, third.isKnown, let word = second.word, let next = third.word, current.word == word,
            word != next, current.kana.elementsEqual(Self.ma) || current.kana.elementsEqual(Self.de),
            second.kana.elementsEqual(Self.su)
        else { return }
        let partOfSpeech = sentence.words[word].partOfSpeech
        guard
            partOfSpeech == JapaneseTerm.verb || partOfSpeech == JapaneseTerm.auxiliary
                || partOfSpeech == JapaneseTerm.interjection
        else { return }
        let following = sentence.words[next].pronunciation
        second.voicing = following == Mora.question || following == Mora.longVowelMark ? .voiced : .unvoiced
    }

    /// The shi that is a word by itself.
    private mutating func decideShi(_ sentence: JapaneseSentence) {
        guard current.voicing != .unvoiced, second.voicing == .undecided, third.voicing != .unvoiced, second.isKnown,
            let word = second.word, sentence.words[word].pronunciation == Self.shi
        else { return }
        let partOfSpeech = sentence.words[word].partOfSpeech
        guard
            partOfSpeech == JapaneseTerm.verb || partOfSpeech == JapaneseTerm.auxiliary
                || partOfSpeech == JapaneseTerm.particle
        else { return }
        second.voicing = second.isNucleus ? .voiced : Self.voicing(of: second, before: third)
        guard second.voicing == .unvoiced else { return }
        if current.voicing == .undecided { current.voicing = .voiced }
        if third.voicing == .undecided { third.voicing = .voiced }
    }

    private static func voicing(of mora: VoicedMora, before next: VoicedMora) -> Voicing {
        guard next.isKnown else { return .voiced }
        guard let candidate = mora.kind?.candidate else { return .undecided }
        return next.kind?.row.map(candidate.allows) == true ? .unvoiced : .voiced
    }

    private static let ma = JapaneseTerm.bytes("マ")
    private static let de = JapaneseTerm.bytes("デ")
    private static let su = JapaneseTerm.bytes("ス")
    private static let shi = JapaneseTerm.bytes("シ")
}

extension JapaneseSentence {
    /// Finds the mora at a place that is counted in bytes from the beginning of a word and may lie in one behind it.
    fileprivate func look(_ word: Int, _ start: Int, _ mora: inout VoicedMora) {
        var word = word
        var start = start
        while true {
            let length = words[word].pronunciation.isEmpty ? 1 : words[word].pronunciation.count
            if start < length { break }
            guard let next = words[word].next else {
                mora = VoicedMora()
                return
            }
            start -= length
            word = next
        }
        mora.word = word
        if start == 0, words[word].chain != .joined {
            mora.place = 0
            mora.accent = words[word].accent
        }
        let pronunciation = words[word].pronunciation
        mora.kind = nil
        if pronunciation == Mora.pause || pronunciation == Mora.question {
            mora.kana = pronunciation[...]
            mora.voicing = .voiced
            mora.length = pronunciation.count
            return
        }
        mora.kana = []
        mora.voicing = .undecided
        mora.length = 0
        if let (length, kind) = MoraKind.byKana.longestMatch(in: pronunciation, at: start) {
            mora.kana = pronunciation[start..<start + length]
            mora.kind = kind
            mora.length = length
        }
        if pronunciation.holds(Mora.unvoicedMark, at: start + mora.length) {
            mora.voicing = .unvoiced
            mora.length += Mora.unvoicedMark.count
        }
    }
}
