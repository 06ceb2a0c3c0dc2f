/// A word of a Chinese text with its part of speech, in jieba's notation.
struct TaggedWord: Equatable {
    /// The word's characters in the text.
    var range: Range<Int>
    var tag: String
}

/// Splits normalised Chinese text (ideographs and the six marks) into words.
///
/// As jieba_fast 0.53, whose data are jieba 0.42.1's: the likeliest words of the dictionary, and in runs of single characters
/// the words that a hidden Markov model finds.
struct ChineseSegmenter: Sendable {
    private let dictionary: ChineseDictionary
    private let tagging: TaggingModel
    private let splitting: SplittingModel

    /// - Throws: `TextError` with `.resourceMissing` or `.resourceDamaged`.
    init(resources: TextResources) throws(TextError) {
        let file = try resources.open("chinese-words.bin")
        dictionary = try ChineseDictionary(file)
        tagging = try TaggingModel(file)
        splitting = try SplittingModel(file)
    }

    /// The words of a text with their parts of speech: jieba's `posseg.lcut`.
    func taggedWords(of text: [Unicode.Scalar]) -> [TaggedWord] {
        var words: [TaggedWord] = []
        forEachBlock(of: text[...]) { block, isWords in
            guard isWords else {
                words += block.indices.map { TaggedWord(range: $0..<$0 + 1, tag: ChineseDictionary.unknownTag) }
                return
            }
            forEachWord(of: block, preferring: .longest) { word, isKnown in
                if isKnown {
                    words.append(TaggedWord(range: word.indices, tag: dictionary.tag(of: word)))
                } else {
                    appendGuessed(word, to: &words)
                }
            }
        }
        return words
    }

    private func appendGuessed(_ text: ArraySlice<Unicode.Scalar>, to words: inout [TaggedWord]) {
        forEachRun(of: text) { run, isIdeographs in
            guard isIdeographs else {
                words.append(TaggedWord(range: run.indices, tag: "m"))
                return
            }
            for word in tagging.words(of: run) where dictionary.tags.indices.contains(word.tag) {
                words.append(TaggedWord(range: word.range, tag: dictionary.tags[word.tag]))
            }
        }
    }

    /// The first of the shortest words within a word: of those that jieba's `cut_for_search` names.
    ///
    /// It names the word's parts and, of parts of three characters and more, the words of two and three characters in them.
    func shortestWord(within word: [Unicode.Scalar]) -> ArraySlice<Unicode.Scalar> {
        var shortest: ArraySlice<Unicode.Scalar>?
        func consider(_ candidate: ArraySlice<Unicode.Scalar>) {
            if candidate.count < shortest?.count ?? .max { shortest = candidate }
        }
        func considerPart(_ part: ArraySlice<Unicode.Scalar>) {
            for length in 2...3 where part.count > length {
                for start in part.startIndex...part.endIndex - length {
                    let inner = part[start..<start + length]
                    if dictionary.contains(inner) { consider(inner) }
                }
            }
            consider(part)
        }
        forEachBlock(of: word[...]) { block, isWords in
            guard isWords else {
                block.indices.forEach { consider(block[$0..<$0 + 1]) }
                return
            }
            forEachWord(of: block, preferring: .shortest) { part, isKnown in
                guard !isKnown else { return considerPart(part) }
                forEachRun(of: part) { run, isIdeographs in
                    guard isIdeographs else { return considerPart(run) }
                    var start = run.startIndex
                    for end in splitting.ends(ofWordsIn: run) {
                        considerPart(run[start..<end])
                        start = end
                    }
                }
            }
        }
        return shortest ?? word[...]
    }

    /// The words of a block; single characters in a row are given whole as unknown, unless they are a word themselves.
    private func forEachWord(
        of block: ArraySlice<Unicode.Scalar>, preferring preference: ChineseDictionary.Preference,
        _ body: (ArraySlice<Unicode.Scalar>, _ isKnown: Bool) -> Void
    ) {
        var start = block.startIndex
        var singles = start..<start
        func flush() {
            guard !singles.isEmpty else { return }
            let run = block[singles]
            if run.count > 1, !dictionary.contains(run) {
                body(run, false)
            } else {
                run.indices.forEach { body(run[$0..<$0 + 1], true) }
            }
        }
        for end in dictionary.ends(ofWordsIn: block, preferring: preference) {
            if end - start == 1 {
                singles = singles.isEmpty ? start..<end : singles.lowerBound..<end
            } else {
                flush()
                singles = end..<end
                body(block[start..<end], true)
            }
            start = end
        }
        flush()
    }

    /// jieba takes ideographs and full stops for parts of words, the other marks stand alone.
    private func forEachBlock(
        of text: ArraySlice<Unicode.Scalar>, _ body: (ArraySlice<Unicode.Scalar>, _ isWords: Bool) -> Void
    ) {
        text.forEachRun(where: { Self.isIdeograph($0) || $0 == "." }, body)
    }

    private func forEachRun(
        of text: ArraySlice<Unicode.Scalar>, _ body: (ArraySlice<Unicode.Scalar>, _ isIdeographs: Bool) -> Void
    ) {
        text.forEachRun(where: Self.isIdeograph, body)
    }

    private static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x4E00 && scalar.value <= 0x9FD5
    }
}

extension ArraySlice where Element == Unicode.Scalar {
    /// The longest runs of characters that a test accepts or does not.
    func forEachRun(where accepts: (Element) -> Bool, _ body: (Self, _ isAccepted: Bool) -> Void) {
        var start = startIndex
        while start < endIndex {
            let isAccepted = accepts(self[start])
            var end = start + 1
            while end < endIndex, accepts(self[end]) == isAccepted {
                end += 1
            }
            body(self[start..<end], isAccepted)
            start = end
        }
    }
}
