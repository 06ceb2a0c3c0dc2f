/// The phones of a sentence in their accent phrases, from which marks for the pitch are made.
///
/// Upstream: Open JTalk 1.11, `jpcommon_label.c`, as far as the marks need it, and `pyopenjtalk_g2p_prosody` of
/// GPT-SoVITS's `text/japanese.py` after Kurihara, Seiyama and Kumano, "Prosodic features control by symbols as input of
/// sequence-to-sequence acoustic modeling for neural TTS", 2021.
struct ProsodicPhones {
    /// A phone or, without a mora, a pause.
    struct Phone {
        /// The name that Open JTalk gives it; vowels without voice are not told apart.
        let name: String
        let mora: Int?
    }

    /// Words that are spoken with one fall of the pitch at most.
    struct AccentPhrase {
        let accent: Int
        let firstMora: Int
        fileprivate(set) var moraCount = 0
        fileprivate(set) var isQuestion = false
    }

    /// Where a phone lies in its accent phrase, as Open JTalk's labels tell it.
    struct Position: Equatable {
        /// The distance from the mora behind which the pitch falls.
        let fromAccent: Int
        /// The mora's number, from 1.
        let forward: Int
        /// The mora's number counted from the end, from 1.
        let backward: Int
        /// The phrase's number of moras.
        let count: Int
    }

    private(set) var phones: [Phone] = []
    private(set) var phrases: [AccentPhrase] = []
    /// For each mora the index of its accent phrase.
    private var phraseOfMora: [Int] = []
    private var pauseIsDue = false

    /// Open JTalk's labels count no further than this.
    private static let largestCount = 49
    private static let pauseName = "pau"

    init(_ sentence: JapaneseSentence) {
        for index in sentence.order {
            push(sentence.words[index])
        }
        for phrase in phraseOfMora {
            phrases[phrase].moraCount += 1
        }
    }

    private mutating func push(_ word: JapaneseWord) {
        if word.pronunciation == Mora.pause {
            pauseIsDue = true
            return
        }
        if word.pronunciation == Mora.question {
            if !phrases.isEmpty {
                phrases[phrases.count - 1].isQuestion = true
            }
            pauseIsDue = true
            return
        }
        let text = word.pronunciation
        var place = 0
        var isBegun = false
        while place < text.count {
            if text.holds(Mora.longVowelMark, at: place) {
                // It belongs to the mora before, be that of another word.
                if let last = phones.last, let phrase = phraseOfMora.last, !pauseIsDue {
                    append(last.name, phrase)
                }
                place += Mora.longVowelMark.count
            } else if text.holds(Mora.unvoicedMark, at: place) {
                place += Mora.unvoicedMark.count
            } else if let (length, mora) = Mora.byKana.longestMatch(in: text, at: place) {
                let startsPhrase = !isBegun && (phrases.isEmpty || word.chain != .joined)
                if startsPhrase {
                    phrases.append(AccentPhrase(accent: word.accent, firstMora: phraseOfMora.count))
                }
                append(mora)
                isBegun = true
                place += length
            } else {
                return
            }
        }
    }

    private mutating func append(_ mora: Mora) {
        if pauseIsDue, !phones.isEmpty {
            phones.append(Phone(name: Self.pauseName, mora: nil))
        }
        pauseIsDue = false
        phraseOfMora.append(phrases.count - 1)
        let place = phraseOfMora.count - 1
        if let consonant = mora.consonant { phones.append(Phone(name: consonant, mora: place)) }
        if let vowel = mora.vowel { phones.append(Phone(name: vowel, mora: place)) }
    }

    private mutating func append(_ name: String, _ phrase: Int) {
        phraseOfMora.append(phrase)
        phones.append(Phone(name: name, mora: phraseOfMora.count - 1))
    }

    /// Where a phone lies; nil for a pause and beyond the end.
    func position(_ index: Int) -> Position? {
        guard index < phones.count, let mora = phones[index].mora else { return nil }
        let phrase = phrases[phraseOfMora[mora]]
        let forward = mora - phrase.firstMora + 1
        let accent = phrase.accent == 0 ? phrase.moraCount : phrase.accent
        let most = Self.largestCount
        return Position(
            fromAccent: min(max(forward - accent, -most), most), forward: min(forward, most),
            backward: min(phrase.moraCount - forward + 1, most), count: min(phrase.moraCount, most))
    }

    /// The phones with marks: `^` and `$` or `?` around them, `_` for pauses, `#` between accent phrases, `[` where the pitch
    /// rises and `]` where it falls. Empty where nothing is spoken.
    func marked() -> [String] {
        guard let last = phrases.last else { return [] }
        var marked = ["^"]
        marked.reserveCapacity(2 * phones.count)
        var following = position(0)
        for (index, phone) in phones.enumerated() {
            let position = following
            following = self.position(index + 1)
            guard let here = position else {
                marked.append("_")
                continue
            }
            marked.append(phone.name)
            let next = following?.forward
            if here.backward == 1, next == 1, Self.endsMora(phone.name) {
                marked.append("#")
            } else if here.fromAccent == 0, next == here.forward + 1, here.forward != here.count {
                marked.append("]")
            } else if here.forward == 1, next == 2 {
                marked.append("[")
            }
        }
        marked.append(last.isQuestion ? "?" : "$")
        return marked
    }

    private static func endsMora(_ phone: String) -> Bool {
        switch phone {
        case "a", "i", "u", "e", "o", "N", "cl": true
        default: false
        }
    }
}
