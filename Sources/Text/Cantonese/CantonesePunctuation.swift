/// The last step of normalising Cantonese: punctuation becomes one of the marks that can be spoken, and all that is neither
/// such a mark nor a Chinese character is dropped.
///
/// Upstream: `replace_punctuation` of `text/cantonese.py`.
enum CantonesePunctuation {
    /// The marks that are phones of their own.
    static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "!", "?", "…", ",", ".", "-": true
        default: false
        }
    }

    /// The characters that are kept: CJK ideographs up to U+9FA5, the end of the block as Unicode 1.0 had it.
    static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x4E00 && scalar.value <= 0x9FA5
    }

    /// The text with marks replaced and the rest dropped.
    static func clean(_ text: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var pendingStops = 0
        func flushStops() {
            for _ in 0..<pendingStops { result.append(".") }
            pendingStops = 0
        }
        for scalar in text {
            if scalar == "." {
                pendingStops += 1
                if pendingStops == 3 {
                    result.append("…")
                    pendingStops = 0
                }
                continue
            }
            flushStops()
            let replaced = replacement(of: scalar)
            if isMark(replaced) || isIdeograph(replaced) {
                result.append(replaced)
            }
        }
        flushStops()
        return result
    }

    private static func replacement(of scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "：", "；", "，", "·", "、": ","
        case "。", "\n", "$": "."
        case "！": "!"
        case "？": "?"
        case "—", "～", "~": "-"
        // Quotation marks and brackets become apostrophes upstream, which are dropped after that.
        default: scalar
        }
    }
}
