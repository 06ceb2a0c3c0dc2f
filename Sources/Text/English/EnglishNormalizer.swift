import Foundation

/// Spells out what English text writes in digits and signs, and leaves letters, blanks and `' . , ? ! -` only.
///
/// The passes, their order and their oddities are those of GPT-SoVITS (`text/english.py`, `en_normalization/expend.py`):
/// `;` and `:` vanish, a capital that does not follow a blank is split off ("My G O"), a negative number swallows the
/// blank before it. Where upstream raises an error (`$,5`, numbers beyond a decillion), the number is read sensibly.
enum EnglishNormalizer {
    /// The normalised text as ASCII.
    static func normalize(_ text: String) -> [UInt8] {
        var scalars = replacingFullWidthStops([Unicode.Scalar](text))
        if scalars.contains(where: \.isASCIIDigit) {
            scalars = expandingListNumbers(scalars)
        }
        scalars = expandingArithmetic(scalars)
        scalars = expandingNegatives(scalars)
        if scalars.contains(where: \.isASCIIDigit) {
            scalars = expandingNumbers(scalars)
        }
        let ascii = replacingAbbreviations(speakable(scalars))
        return collapsingPunctuation(splittingCapitals(ascii))
    }

    private static func expandingNumbers(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var scalars = removingThousandsCommas(text)
        scalars = expandingTimes(scalars)
        scalars = expandingMeasurements(scalars)
        for currency in [Currency.pounds, .dollars] {
            scalars = expandingAmounts(scalars, signBefore: currency)
            scalars = expandingAmounts(scalars, signAfter: currency)
        }
        scalars = expandingDecimals(scalars)
        scalars = expandingFractions(scalars)
        scalars = expandingOrdinals(scalars)
        return expandingCardinals(scalars)
    }

    /// Chinese full stops become Western ones. Upstream means to map more, but its table's other keys are patterns that it
    /// escapes, so that they only match themselves.
    private static func replacingFullWidthStops(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        let literal = [("[;:：，；]", ","), ("[\"’]", "'")]
        return text.rewritten(where: { ["。", "！", "？", "["].contains($0) }) { position in
            switch text[position] {
            case "。": return .replace(to: position + 1, with: ".")
            case "！": return .replace(to: position + 1, with: "!")
            case "？": return .replace(to: position + 1, with: "?")
            default:
                for (key, value) in literal where text.contains(key, at: position) {
                    return .replace(to: position + key.unicodeScalars.count, with: value)
                }
                return .skip(to: position + 1)
            }
        }
    }

    /// Drops accents, reads percent signs, and removes what cannot be spoken.
    private static func speakable(_ text: [Unicode.Scalar]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        func append(_ scalar: Unicode.Scalar) {
            if scalar == "%" {
                output.append(contentsOf: " percent".utf8)
            } else if scalar.isASCIILetter || " '.,?!-".unicodeScalars.contains(scalar) {
                output.append(UInt8(truncatingIfNeeded: scalar.value))
            }
        }
        for scalar in text {
            if scalar.isASCII {
                append(scalar)
            } else if hasLatinBase(scalar) {
                String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars.forEach(append)
            }
        }
        return output
    }

    /// Whether the canonical decomposition can hold a Latin letter: accented letters, and the signs of kelvin and angstrom.
    private static func hasLatinBase(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xC0...0x24F, 0x1E00...0x1EFF, 0x212A, 0x212B: true
        default: false
        }
    }

    private static func replacingAbbreviations(_ text: [UInt8]) -> [UInt8] {
        let abbreviations = [
            (Array("i.e.".utf8), Array("that is".utf8)), (Array("e.g.".utf8), Array("for example".utf8)),
        ]
        return abbreviations.reduce(text) { text, abbreviation in
            var output: [UInt8] = []
            output.reserveCapacity(text.count)
            var position = 0
            while position < text.count {
                if text[position...].prefix(abbreviation.0.count).map(lowercased) == abbreviation.0 {
                    output.append(contentsOf: abbreviation.1)
                    position += abbreviation.0.count
                } else {
                    output.append(text[position])
                    position += 1
                }
            }
            return output
        }
    }

    /// Capitals within a word are spoken as letters.
    private static func splittingCapitals(_ text: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        var previous = UInt8(ascii: " ")
        for byte in text {
            if isCapital(byte), previous != UInt8(ascii: " ") {
                output.append(UInt8(ascii: " "))
            }
            output.append(byte)
            previous = byte
        }
        return output
    }

    /// Punctuation that follows punctuation or a blank is dropped.
    private static func collapsingPunctuation(_ text: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        for byte in text {
            let follows = output.last.map { isPause($0) || $0 == UInt8(ascii: " ") } ?? false
            if !(isPause(byte) && follows) {
                output.append(byte)
            }
        }
        return output
    }

    private static func isPause(_ byte: UInt8) -> Bool {
        "!?,.-".utf8.contains(byte)
    }

    private static func isCapital(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        isCapital(byte) ? byte | 0x20 : byte
    }
}
