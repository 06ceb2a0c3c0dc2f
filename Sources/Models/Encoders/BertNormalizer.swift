import Foundation

/// The text normalisation in front of WordPiece, scalar by scalar.
struct BertNormalizer: Sendable {
    /// Drops control characters and makes every white space a blank.
    var cleansText = true
    /// Puts blanks around Chinese characters, so that each is a word.
    var splitsChinese = true
    /// Drops combining accents.
    var stripsAccents = true
    /// Maps to lower case.
    var lowercases = true

    func normalize(_ text: String.UnicodeScalarView) -> [Unicode.Scalar] {
        var scalars = Array(text)
        if cleansText {
            scalars = scalars.compactMap { Self.isRemoved($0) ? nil : Self.isBlank($0) ? " " : $0 }
        }
        if splitsChinese {
            scalars = scalars.flatMap { Self.isChinese($0) ? [" ", $0, " "] : [$0] }
        }
        if stripsAccents {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars)
            scalars = String(view).decomposedStringWithCanonicalMapping.unicodeScalars.filter {
                Self.category($0) != .nonspacingMark
            }
        }
        if lowercases {
            scalars = scalars.flatMap { Array($0.properties.lowercaseMapping.unicodeScalars) }
        }
        return scalars
    }

    /// Splits at white space, and makes every punctuation character a word of its own.
    static func words(of text: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var words: [[Unicode.Scalar]] = []
        var word: [Unicode.Scalar] = []
        for scalar in text {
            let separates = scalar.properties.isWhitespace || isPunctuation(scalar)
            if separates, !word.isEmpty {
                words.append(word)
                word = []
            }
            if isPunctuation(scalar) {
                words.append([scalar])
            } else if !separates {
                word.append(scalar)
            }
        }
        return word.isEmpty ? words : words + [word]
    }

    /// The category in Unicode 8, which the reference's tables have: characters added later have none there.
    private static func category(_ scalar: Unicode.Scalar) -> Unicode.GeneralCategory {
        guard let age = scalar.properties.age, age.major <= 8 else { return .unassigned }
        return scalar.properties.generalCategory
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\t" || scalar == "\n" || scalar == "\r" || scalar.properties.isWhitespace
    }

    private static func isRemoved(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\0", "\u{fffd}": return true
        case "\t", "\n", "\r": return false
        default:
            switch category(scalar) {
            case .control, .format, .privateUse: return true
            default: return false
            }
        }
    }

    private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x4e00...0x9fff, 0x3400...0x4dbf, 0x20000...0x2a6df, 0x2a700...0x2b73f, 0x2b740...0x2b81f,
            0x2b920...0x2ceaf, 0xf900...0xfaff, 0x2f800...0x2fa1f:
            return true
        default:
            return false
        }
    }

    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e:
            return true
        default:
            switch category(scalar) {
            case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
                .finalPunctuation, .otherPunctuation:
                return true
            default:
                return false
            }
        }
    }
}
