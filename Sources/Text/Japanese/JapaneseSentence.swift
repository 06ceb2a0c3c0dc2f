/// The words of a run of Japanese text, on which Open JTalk's passes work one after the other.
///
/// Upstream: Open JTalk 1.11, `njd/njd.c`, in the order of pyopenjtalk 0.4.1's `run_frontend`. A linked list, since numbers
/// grow and lose words in the middle of a sentence; an index stays the name of its word for good.
struct JapaneseSentence {
    /// All words that the sentence ever had, by index.
    var words: [JapaneseWord] = []
    private(set) var head: Int?
    private(set) var tail: Int?

    /// The indices of the sentence's words, in order.
    var order: some Sequence<Int> {
        sequence(state: head) { [words] (cursor: inout Int?) in
            guard let index = cursor else { return nil }
            cursor = words[index].next
            return index
        }
    }

    /// Applies all passes to words as the dictionary gives them.
    mutating func analyze() {
        setPronunciations()
        setDigits()
        setAccentPhrases()
        setAccentTypes()
        setUnvoicedVowels()
    }

    mutating func append(_ word: JapaneseWord) {
        var word = word
        word.previous = tail
        word.next = nil
        words.append(word)
        let index = words.count - 1
        if let tail {
            words[tail].next = index
        } else {
            head = index
        }
        tail = index
    }

    /// Puts a word behind another one, and tells its index.
    mutating func insert(_ word: JapaneseWord, after index: Int) -> Int {
        guard let next = words[index].next else {
            append(word)
            return words.count - 1
        }
        var word = word
        word.previous = index
        word.next = next
        words.append(word)
        words[index].next = words.count - 1
        words[next].previous = words.count - 1
        return words.count - 1
    }

    mutating func remove(_ index: Int) {
        let (previous, next) = (words[index].previous, words[index].next)
        if let previous { words[previous].next = next } else { head = next }
        if let next { words[next].previous = previous } else { tail = previous }
    }

    /// Takes out the words that have no pronunciation.
    mutating func removeSilentWords() {
        var cursor = head
        while let index = cursor {
            cursor = words[index].next
            if words[index].isSilent { remove(index) }
        }
    }

    /// The word before another one.
    func previous(of index: Int) -> JapaneseWord? {
        words[index].previous.map { words[$0] }
    }

    /// The word behind another one.
    func next(of index: Int) -> JapaneseWord? {
        words[index].next.map { words[$0] }
    }
}
