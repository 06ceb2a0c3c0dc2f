extension JapaneseSentence {
    /// Reads words that the dictionary does not know: kana and letters as they sound, all else as a pause.
    ///
    /// Upstream: Open JTalk 1.11, `njd_set_pronunciation.c`.
    mutating func setPronunciations() {
        var cursor = head
        while let index = cursor {
            if words[index].moraCount == 0 {
                words[index].readUnknown()
            }
            cursor = words[index].next
        }
        removeSilentWords()
        joinKana()
        removeSilentWords()
        soften()
    }

    /// Makes one word of single kana and letters that follow each other.
    private mutating func joinKana() {
        var first: Int?
        var cursor = head
        while let index = cursor {
            cursor = words[index].next
            guard words[index].partOfSpeech == JapaneseTerm.filler, Self.sounds[words[index].string] != nil else {
                first = nil
                continue
            }
            guard let first else {
                first = index
                continue
            }
            words[first].string += words[index].string
            words[first].base += words[index].base
            words[first].reading += words[index].reading
            words[first].pronunciation += words[index].pronunciation
            words[first].moraCount += words[index].moraCount
            words[index].pronunciation = []
        }
    }

    /// The volitional ending is a long vowel, and polite endings keep their last vowel in questions.
    private mutating func soften() {
        var cursor = head
        while let index = cursor, let next = words[index].next {
            let isAuxiliary = words[index].partOfSpeech == JapaneseTerm.auxiliary
            if words[next].partOfSpeech == JapaneseTerm.auxiliary, words[next].pronunciation == Self.u,
                isAuxiliary || words[index].partOfSpeech == JapaneseTerm.verb, words[index].moraCount > 0
            {
                words[next].pronunciation = Mora.longVowelMark
            }
            if isAuxiliary, words[next].string == Mora.question {
                if words[index].string == Self.desu {
                    words[index].pronunciation = Self.desuVoiced
                } else if words[index].string == Self.masu {
                    words[index].pronunciation = Self.masuVoiced
                }
            }
            cursor = next
        }
    }

    private static let u = JapaneseTerm.bytes("ウ")
    private static let desu = JapaneseTerm.bytes("です")
    private static let desuVoiced = JapaneseTerm.bytes("デス")
    private static let masu = JapaneseTerm.bytes("ます")
    private static let masuVoiced = JapaneseTerm.bytes("マス")

    /// How a word of kana and letters sounds one by one; nil where it holds anything else.
    static func sound(of text: [UInt8]) -> Sound? {
        var katakana: [UInt8] = []
        var moraCount = 0
        var place = 0
        while place < text.count {
            guard let (length, sound) = sounds.longestMatch(in: text, at: place) else { return nil }
            katakana += sound.katakana
            moraCount += sound.moraCount
            place += length
        }
        return Sound(katakana: katakana, moraCount: moraCount)
    }

    /// How a character that is read by itself sounds.
    struct Sound: Sendable {
        let katakana: [UInt8]
        let moraCount: Int
    }

    fileprivate static let sounds: KanaTable<Sound> = {
        let katakana = Mora.all.map(\.kana).filter { !Mora.onlyInDictionaries.contains($0) }
        var entries: [(key: String, value: Sound)] = []
        for kana in katakana {
            let sound = Sound(katakana: Array(kana.utf8), moraCount: 1)
            entries.append((kana, sound))
            entries.append((hiragana(of: kana), sound))
        }
        entries.append(("ー", Sound(katakana: Mora.longVowelMark, moraCount: 1)))
        for line in letters.split(separator: "\n") {
            let columns = line.split(separator: " ").map(String.init)
            guard columns.count == 3, let moraCount = Int(columns[2]) else { continue }
            let sound = Sound(katakana: Array(columns[1].utf8), moraCount: moraCount)
            entries += columns[0].map { (String($0), sound) }
        }
        return KanaTable(entries)
    }()

    private static func hiragana(of katakana: String) -> String {
        katakana.unicodeScalars.compactMap { Unicode.Scalar($0.value - 0x60) }.text
    }

    private static let letters = """
        ａＡ エー 2
        ｂＢ ビー 2
        ｃＣ シー 2
        ｄＤ ディー 2
        ｅＥ イー 2
        ｆＦ エフ 2
        ｇＧ ジー 2
        ｈＨ エイチ 3
        ｉＩ アイ 2
        ｊＪ ジェー 2
        ｋＫ ケー 2
        ｌＬ エル 2
        ｍＭ エム 2
        ｎＮ エヌ 2
        ｏＯ オー 2
        ｐＰ ピー 2
        ｑＱ キュー 2
        ｒＲ アール 3
        ｓＳ エス 2
        ｔＴ ティー 2
        ｕＵ ユー 2
        ｖＶ ブイ 2
        ｗＷ ダブリュー 4
        ｘＸ エックス 4
        ｙＹ ワイ 2
        ｚＺ ズィー 2
        """
}

extension JapaneseWord {
    fileprivate mutating func readUnknown() {
        reading = []
        pronunciation = []
        var place = 0
        while place < string.count {
            if let (length, sound) = JapaneseSentence.sounds.longestMatch(in: string, at: place) {
                reading += sound.katakana
                pronunciation += sound.katakana
                moraCount += sound.moraCount
                place += length
            } else {
                place += 1
            }
        }
        if moraCount != 0 {
            partOfSpeech = JapaneseTerm.filler
            group1 = []
            group2 = []
            group3 = []
        }
        if Self.isAbsent(base) {
            base = string
        }
        if isSilent {
            let isQuestion = string == Mora.question
            reading = isQuestion ? Mora.question : Mora.pause
            pronunciation = reading
            if !isQuestion {
                partOfSpeech = JapaneseTerm.symbol
            }
        }
    }
}
