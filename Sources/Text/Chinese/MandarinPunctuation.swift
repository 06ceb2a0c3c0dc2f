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

    /// Sentences joined to one text of ideographs and marks, and the ideographs without a reading that were left out.
    static func joined(_ sentences: [[Unicode.Scalar]]) -> (text: [Unicode.Scalar], skipped: [Unicode.Scalar]) {
        var output: [Unicode.Scalar] = []
        var skipped: [Unicode.Scalar] = []
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
                if let mark = mark(scalar) {
                    if let last = output.last, isMark(last) { continue }
                    output.append(mark)
                } else if isIdeograph(scalar) {
                    if let others = paraphrases[scalar] {
                        output.append(contentsOf: others.unicodeScalars)
                        if others.isEmpty { skipped.append(scalar) }
                    } else {
                        output.append(scalar)
                    }
                }
            }
        }
        return (output, skipped)
    }

    private static func mark(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar {
        case "：", "；", "，", "·", "、", "/": ","
        case "。", "\n", "$": "."
        case "！": "!"
        case "？": "?"
        case "~", "～": "…"
        default: isMark(scalar) ? scalar : nil
        }
    }

    /// What is said for characters without a syllable of Mandarin. The first two are upstream's; on the others, of which
    /// most write two syllables and two are not Chinese, it raises.
    private static let paraphrases: [Unicode.Scalar: String] = [
        "嗯": "恩", "呣": "母",
        "兙": "十克", "兡": "百克", "嗧": "加仑", "瓧": "十瓦", "瓰": "分瓦", "瓱": "毫瓦", "瓼": "百瓦", "甅": "厘瓦", "覅": "勿要", "桛": "",
        "烪": "",
    ]
}
