/// 儿 at the end of a word joins the syllable before it and takes its tone.
///
/// Upstream: `_merge_erhua` of `text/chinese2.py`; models of version 1 were trained without it.
enum Erhua {
    /// - Parameters:
    ///   - syllables: one for each character of the word.
    ///   - tag: the word's part of speech.
    static func apply(to syllables: inout [PinyinSyllable], of word: ArraySlice<Unicode.Scalar>, tag: String) {
        guard word.last == "儿", syllables.count == word.count, let er = syllables.last, er.final == PinyinSyllable.er
        else { return }
        let last = syllables.count - 1
        if er.tone == 1 { syllables[last].setTone(2) }
        let isSeparate = SandhiWords.keepsEr(word) || tag == "a" || tag == "j" || tag == "nr"
        if isSeparate, !SandhiWords.joinsEr(word) { return }
        guard last > 0, [2, 5].contains(syllables[last].tone), !SandhiWords.keepsEr(word.suffix(2)) else { return }
        syllables[last].setTone(syllables[last - 1].tone)
    }
}
