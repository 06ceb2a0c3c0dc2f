/// The last step of normalising Cantonese: punctuation becomes one of the marks that can be spoken, and all that is neither
/// such a mark nor a Chinese character is dropped. Unlike Mandarin's, several marks in a row all stay.
///
/// Upstream: `replace_punctuation` of `text/cantonese.py`.
enum CantonesePunctuation {
    /// A sentence of ideographs and marks.
    static func cleaned(_ sentence: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var output: [Unicode.Scalar] = []
        output.reserveCapacity(sentence.count)
        var position = 0
        while position < sentence.count {
            var scalar = sentence[position]
            position += 1
            if scalar == ".", sentence.contains("..", at: position) {
                scalar = "…"
                position += 2
            }
            let spoken = spoken(scalar)
            if MandarinPunctuation.isMark(spoken) || MandarinPunctuation.isIdeograph(spoken) {
                output.append(spoken)
            }
        }
        return output
    }

    private static func spoken(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "：", "；", "，", "·", "、": ","
        case "。", "\n", "$": "."
        case "！": "!"
        case "？": "?"
        case "—", "～", "~": "-"
        // Quotation marks and brackets become apostrophes upstream, and those are dropped.
        default: scalar
        }
    }
}
