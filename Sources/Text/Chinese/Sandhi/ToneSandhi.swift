/// How tones change with their neighbours within a word.
///
/// Upstream: `text/tone_sandhi.py` (PaddleSpeech). The order of the steps is upstream's.
struct ToneSandhi: Sendable {
    let segmenter: ChineseSegmenter
    let lexicon: MandarinLexicon

    /// Gives a word's syllables the tones that they are spoken with.
    ///
    /// - Parameters:
    ///   - syllables: one for each character of the word.
    ///   - tag: the word's part of speech.
    func apply(to syllables: inout [PinyinSyllable], of word: ArraySlice<Unicode.Scalar>, tag: String) {
        guard syllables.count == word.count, !word.isEmpty else { return }
        let word = Array(word)
        var halves = WordHalves(of: word, segmenter)
        applyBu(to: &syllables, of: word)
        applyYi(to: &syllables, of: word)
        applyNeutral(to: &syllables, of: word, tag, &halves)
        applyThird(to: &syllables, of: word, &halves)
    }

    /// 不 is neutral between two characters, and rises before a falling tone.
    private func applyBu(to syllables: inout [PinyinSyllable], of word: [Unicode.Scalar]) {
        if word.count == 3, word[1] == "不" {
            syllables[1].setTone(5)
            return
        }
        for (index, character) in word.dropLast().enumerated()
        where character == "不" && syllables[index + 1].tone == 4 {
            syllables[index].setTone(2)
        }
    }

    /// 一 keeps its tone in numbers and behind 第, is neutral between repeated characters, rises before a falling tone and
    /// falls before the others.
    private func applyYi(to syllables: inout [PinyinSyllable], of word: [Unicode.Scalar]) {
        guard word.contains("一"), !word.allSatisfy({ $0 == "一" || $0.isChineseNumeral }) else { return }
        if word.count == 3, word[1] == "一", word[0] == word[2] {
            syllables[1].setTone(5)
        } else if word.starts(with: ["第", "一"]) {
            syllables[1].setTone(1)
        } else {
            for (index, character) in word.dropLast().enumerated() where character == "一" {
                if syllables[index + 1].tone == 4 {
                    syllables[index].setTone(2)
                } else if !Self.isPause(word[index + 1]) {
                    syllables[index].setTone(4)
                }
            }
        }
    }

    /// The marks at which a text pauses: upstream's list lacks the dash and the ellipsis.
    private static func isPause(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "," || scalar == "." || scalar == "?" || scalar == "!"
    }

    private func applyNeutral(
        to syllables: inout [PinyinSyllable], of word: [Unicode.Scalar], _ tag: String, _ halves: inout WordHalves
    ) {
        if let kind = tag.utf8.first, [UInt8(ascii: "n"), UInt8(ascii: "v"), UInt8(ascii: "a")].contains(kind) {
            for index in word.indices.dropFirst()
            where word[index] == word[index - 1] && !SandhiWords.keepsTones(word[...]) {
                syllables[index].setTone(5)
            }
        }
        let last = word.count - 1
        let measure = word.firstIndex(of: "个")
        if Self.isParticle(word[last]) || Self.isNeutralSuffix(word, tag) {
            syllables[last].setTone(5)
        } else if let measure, word.count == 1 || measure >= 1 && Self.countsMeasure(word[measure - 1]) {
            syllables[measure].setTone(5)
        } else if Self.isNeutralEnding(word[...]) {
            syllables[last].setTone(5)
        }
        guard word.indices.dropFirst().contains(where: { SandhiWords.isNeutralEnding(word[$0 - 1], word[$0]) }) else {
            return
        }
        let (first, second, length) = halves.value
        if Self.isNeutralEnding(first) { syllables[length - 1].setTone(5) }
        if Self.isNeutralEnding(second), length < word.count { syllables[last].setTone(5) }
    }

    private static func isNeutralEnding(_ word: ArraySlice<Unicode.Scalar>) -> Bool {
        word.count >= 2 && SandhiWords.isNeutralEnding(word[word.endIndex - 2], word[word.endIndex - 1])
    }

    /// Particles at the end of sentences and phrases.
    private static func isParticle(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "吧", "呢", "哈", "啊", "呐", "噻", "嘛", "吖", "嗨", "哦", "哒", "额", "滴", "哩", "哟", "喽", "啰", "耶", "喔", "诶", "的",
            "地",
            "得":
            true
        default: false
        }
    }

    /// 走了, 我们, 桌上, 下去: endings that lose their tone, by the word's part of speech or what stands before.
    private static func isNeutralSuffix(_ word: [Unicode.Scalar], _ tag: String) -> Bool {
        switch word[word.count - 1] {
        case "了", "着", "过":
            return word.count == 1 && (tag == "ul" || tag == "uz" || tag == "ug")
        case "们", "子":
            return word.count > 1 && (tag == "r" || tag == "n") && !SandhiWords.keepsTones(word[...])
        case "上", "下", "里":
            return word.count > 1 && (tag == "s" || tag == "l" || tag == "f")
        case "来", "去":
            guard word.count > 1 else { return false }
            switch word[word.count - 2] {
            case "上", "下", "进", "出", "回", "过", "起", "开": return true
            default: return false
            }
        default:
            return false
        }
    }

    /// Whether 个 behind this is a measure word.
    private static func countsMeasure(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "几", "有", "两", "半", "多", "各", "整", "每", "做", "是": true
        default: scalar.isChineseNumeral
        }
    }

    /// Of third tones in a row all but the last rise.
    private func applyThird(
        to syllables: inout [PinyinSyllable], of word: [Unicode.Scalar], _ halves: inout WordHalves
    ) {
        switch word.count {
        case 2 where syllables.allSatisfy(\.isThird):
            syllables[0].setTone(2)
        case 3 where syllables.allSatisfy(\.isThird):
            let length = halves.value.length
            if length == 2 { syllables[0].setTone(2) }
            if length <= 2 { syllables[1].setTone(2) }
        case 3 where syllables.contains(where: \.isThird):
            let length = halves.value.length
            if length == 2, syllables[0].isThird, syllables[1].isThird {
                syllables[0].setTone(2)
            }
            guard length < 3 else { return }
            if length == 1, syllables[1].isThird, syllables[2].isThird {
                syllables[1].setTone(2)
            } else if !syllables[length...].allSatisfy(\.isThird), syllables[length].isThird,
                syllables[length - 1].isThird
            {
                syllables[length - 1].setTone(2)
            }
        case 4:
            for start in [0, 2] where syllables[start].isThird && syllables[start + 1].isThird {
                syllables[start].setTone(2)
            }
        default:
            break
        }
    }
}

/// A word cut in two at its shortest part, found when first asked for.
struct WordHalves {
    private let word: [Unicode.Scalar]
    private let segmenter: ChineseSegmenter
    private var found: (ArraySlice<Unicode.Scalar>, ArraySlice<Unicode.Scalar>, Int)?

    init(of word: [Unicode.Scalar], _ segmenter: ChineseSegmenter) {
        self.word = word
        self.segmenter = segmenter
    }

    /// The halves and the length of the first. Upstream takes the shortest part for the second half, wherever it stands, if
    /// the word does not begin with it.
    var value: (first: ArraySlice<Unicode.Scalar>, second: ArraySlice<Unicode.Scalar>, length: Int) {
        mutating get {
            if let found { return found }
            let shortest = segmenter.shortestWord(within: word)
            let length = shortest.count
            let halves =
                word.starts(with: shortest)
                ? (word[..<length], word[length...], length)
                : (word[..<(word.count - length)], shortest, word.count - length)
            found = halves
            return halves
        }
    }
}

extension Unicode.Scalar {
    /// `str.isnumeric` for CJK ideographs up to U+9FA5, as in Unicode 14.
    var isChineseNumeral: Bool {
        value >= 0x4E00 && Self.chineseNumerals.contains(self)
    }

    private static let chineseNumerals = Set(
        "一七万三九二五亖亿什仟仨伍佰億兆兩八六十千卄卅卌叁参參叄四壱壹幺廾廿弌弍弎弐拾捌柒漆玖百肆萬貮貳贰阡陆陌陸零".unicodeScalars)
}
