// Words that change each other's tones are put together first, so that the rules within words apply to them.
extension ToneSandhi {
    /// The words of a text with those merged that are spoken as one: upstream's `pre_merge_for_modify`.
    ///
    /// - Parameter words: consecutive words that cover the text.
    func merged(_ words: [TaggedWord], of text: [Unicode.Scalar]) -> [TaggedWord] {
        var words = mergingBu(words, text)
        words = mergingYi(words, text)
        words = mergingRepetitions(words, text)
        words = mergingThirdTones(words, text) { $0.allSatisfy(\.isThird) && $1.allSatisfy(\.isThird) }
        words = mergingThirdTones(words, text) { $0.last?.isThird == true && $1.first?.isThird == true }
        return mergingEr(words, text)
    }

    private static func isWord(_ word: TaggedWord, _ character: Unicode.Scalar, in text: [Unicode.Scalar]) -> Bool {
        word.range.count == 1 && text[word.range.lowerBound] == character
    }

    /// 不 joins the word behind it.
    private func mergingBu(_ words: [TaggedWord], _ text: [Unicode.Scalar]) -> [TaggedWord] {
        var output: [TaggedWord] = []
        output.reserveCapacity(words.count)
        var pending: Range<Int>?
        for var word in words {
            if let bu = pending { word.range = bu.lowerBound..<word.range.upperBound }
            pending = Self.isWord(word, "不", in: text) ? word.range : nil
            if pending == nil { output.append(word) }
        }
        if let pending { output.append(TaggedWord(range: pending, tag: "d")) }
        return output
    }

    /// 一 joins the verb on both sides of it, as in 听一听, else the word behind it.
    private func mergingYi(_ words: [TaggedWord], _ text: [Unicode.Scalar]) -> [TaggedWord] {
        var output: [TaggedWord] = []
        output.reserveCapacity(words.count)
        var index = 0
        while index < words.count {
            if Self.isWord(words[index], "一", in: text), index + 1 < words.count, let last = output.last,
                last.tag == "v", words[index + 1].tag == "v",
                text[last.range].elementsEqual(text[words[index + 1].range])
            {
                output[output.count - 1].range = last.range.lowerBound..<words[index + 1].range.upperBound
                index += 2
            } else {
                output.append(words[index])
                index += 1
            }
        }
        return output.merging { last, _ in Self.isWord(last, "一", in: text) }
    }

    /// A word joins the same word before it.
    private func mergingRepetitions(_ words: [TaggedWord], _ text: [Unicode.Scalar]) -> [TaggedWord] {
        words.merging { text[$0.range].elementsEqual(text[$1.range]) }
    }

    /// 儿 joins the word before it.
    private func mergingEr(_ words: [TaggedWord], _ text: [Unicode.Scalar]) -> [TaggedWord] {
        words.merging { Self.isWord($1, "儿", in: text) }
    }

    /// Two words of at most three characters together become one where a rule says so of their readings. A word that was
    /// merged itself takes no further one.
    private func mergingThirdTones(
        _ words: [TaggedWord], _ text: [Unicode.Scalar], where meet: ([PinyinSyllable], [PinyinSyllable]) -> Bool
    ) -> [TaggedWord] {
        guard words.count > 1 else { return words }
        let readings = words.map { lexicon.read(text[$0.range]) }
        var output: [TaggedWord] = []
        output.reserveCapacity(words.count)
        var isMerged = false
        for (index, word) in words.enumerated() {
            if index > 0, !isMerged, meet(readings[index - 1], readings[index]),
                !Self.isRepetition(text[words[index - 1].range]),
                words[index - 1].range.count + word.range.count <= 3
            {
                output[output.count - 1].range = output[output.count - 1].range.lowerBound..<word.range.upperBound
                isMerged = true
            } else {
                output.append(word)
                isMerged = false
            }
        }
        return output
    }

    /// The second of two equal characters will be neutral and changes nothing.
    private static func isRepetition(_ word: ArraySlice<Unicode.Scalar>) -> Bool {
        word.count == 2 && word.first == word.last
    }
}

extension [TaggedWord] {
    /// Words joined to the one before them, as it has become, where a rule says so.
    fileprivate func merging(where joins: (_ last: TaggedWord, _ word: TaggedWord) -> Bool) -> [TaggedWord] {
        var output: [TaggedWord] = []
        output.reserveCapacity(count)
        for word in self {
            if let last = output.last, joins(last, word) {
                output[output.count - 1].range = last.range.lowerBound..<word.range.upperBound
            } else {
                output.append(word)
            }
        }
        return output
    }
}
