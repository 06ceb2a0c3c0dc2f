/// The last step of normalising Mandarin: punctuation becomes one of the marks that can be spoken, all that is neither such a
/// mark nor a Chinese character is dropped, and of several marks in a row the first stays.
///
/// Upstream: `replace_punctuation` and `replace_consecutive_punctuation` of `text/chinese2.py`.
enum MandarinPunctuation {
    /// Whether a character is one of the marks that are phones of their own.
    static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "!", "?", "…", ",", ".", "-": true
        default: false
        }
    }

    /// The CJK ideographs that are kept, which are those of Unicode 1.0.
    static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x4E00 && scalar.value <= 0x9FA5
    }

    /// Sentences joined to one text of ideographs and marks.
    static func joined(_ sentences: [[Unicode.Scalar]]) -> [Unicode.Scalar] {
        var output: [Unicode.Scalar] = []
        output.reserveCapacity(sentences.reduce(0) { $0 + $1.count })
        for sentence in sentences {
            var position = 0
            while position < sentence.count {
                var scalar = sentence[position]
                position += 1
                if scalar == ".", sentence.contains("..", at: position) {
                    scalar = "…"
                    position += 2
                }
                guard let spoken = spoken(scalar) else { continue }
                if isMark(spoken), let last = output.last, isMark(last) { continue }
                output.append(spoken)
            }
        }
        return output
    }

    private static func spoken(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar {
        case "：", "；", "，", "·", "、", "/": ","
        case "。", "\n", "$": "."
        case "！": "!"
        case "？": "?"
        case "~", "～": "…"
        // Two characters without a syllable that can be spoken give way to ones that sound alike.
        case "嗯": "恩"
        case "呣": "母"
        default: isIdeograph(scalar) || isMark(scalar) ? scalar : nil
        }
    }
}
