/// Dividing Japanese text into what is analysed and what is punctuation.
///
/// Upstream: `text_normalize`, `preprocess_jap` and `post_replace_ph` of `text/japanese.py`, and Open JTalk 1.11's
/// `text2mecab.c`.
enum JapaneseText {
    enum Part {
        case run(Run)
        /// Any other character.
        case mark(Unicode.Scalar)
    }

    /// Letters, digits and kana that follow each other.
    struct Run {
        /// In full width, UTF-8.
        var text: [UInt8] = []
        /// Words with a reading of the user's, by their bytes.
        var readings: [(range: Range<Int>, reading: JapaneseReading)] = []
    }

    /// Of punctuation that follows on punctuation, only the first remains.
    static func collapsingPunctuation(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var output: [Unicode.Scalar] = []
        output.reserveCapacity(text.count)
        var followsPunctuation = false
        for scalar in text {
            let isPunctuation = isPunctuation(scalar)
            if !isPunctuation || !followsPunctuation {
                output.append(scalar)
            }
            followsPunctuation = isPunctuation
        }
        return output
    }

    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "!", "?", "…", ",", ".", "-": true
        default: false
        }
    }

    /// Runs and marks in order, in small letters. Blanks only part runs.
    ///
    /// - Parameter matches: words with a reading of the user's, in order.
    static func parts(of text: [Unicode.Scalar], matches: [ReadingMatch] = []) -> [Part] {
        var parts: [Part] = []
        var run = Run()
        func closeRun() {
            guard !run.text.isEmpty else { return }
            parts.append(.run(run))
            run = Run()
        }
        func add(_ scalars: ArraySlice<Unicode.Scalar>) {
            for scalar in scalars {
                if append(scalar, to: &run.text) { continue }
                closeRun()
                if scalar != " " {
                    parts.append(.mark(scalar))
                }
            }
        }
        var place = 0
        for match in matches {
            guard let reading = match.readings.first.flatMap(JapaneseReading.init) else { continue }
            add(lowercased(text[place..<match.range.lowerBound])[...])
            place = match.range.upperBound
            let start = run.text.count
            let isAnalysed =
                match.range.count <= longestWord
                && lowercased(text[match.range]).allSatisfy { append($0, to: &run.text) }
            if !isAnalysed {
                // MeCab would divide such a word; the reading stands for it.
                run.text.removeSubrange(start...)
                run.text += reading.pronunciation
            }
            run.readings.append((start..<run.text.count, reading))
        }
        add(lowercased(text[place...])[...])
        closeRun()
        return parts
    }

    /// In code points; words with a reading of the user's.
    private static let longestWord = 1_000

    /// Adds a character in full width; false for one that is a mark.
    private static func append(_ scalar: Unicode.Scalar, to text: inout [UInt8]) -> Bool {
        guard isAnalysed(scalar) else { return false }
        text += UTF8.encode(fullWidth(scalar)).map(Array.init) ?? []
        return true
    }

    /// In small letters as Python makes them, and with the one sign that is a word.
    private static func lowercased(_ text: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
        var output: [Unicode.Scalar] = []
        output.reserveCapacity(text.count)
        for scalar in text {
            if scalar == "％" {
                output += percent
            } else if scalar.isASCII {
                output.append(lowercased(scalar))
            } else if scalar.properties.changesWhenLowercased {
                output += scalar.properties.lowercaseMapping.unicodeScalars
            } else {
                output.append(scalar)
            }
        }
        return output
    }

    /// An ASCII letter in small.
    static func lowercased(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        scalar.value >= 0x41 && scalar.value <= 0x5A ? Unicode.Scalar(UInt8(scalar.value | 0x20)) : scalar
    }

    private static let percent = [Unicode.Scalar]("パーセント")

    /// The phone that stands for a mark; most have none in the symbol tables.
    static func phone(for mark: Unicode.Scalar) -> String {
        switch mark {
        case "：", "；", "，", "·", "、": ","
        case "。", "\n": "."
        case "！": "!"
        case "？": "?"
        default: String(mark)
        }
    }

    private static func isAnalysed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x00...0x7F: false
        case 0x3005, 0x3040...0x30FF, 0x4E00...0x9FFF, 0xFF11...0xFF19, 0xFF21...0xFF3A, 0xFF41...0xFF5A,
            0xFF66...0xFF9D:
            true
        default: scalar.isPythonDecimal
        }
    }

    private static func fullWidth(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar.isASCII {
            return Unicode.Scalar(scalar.value + 0xFEE0) ?? scalar
        }
        guard scalar.value >= 0xFF66, scalar.value <= 0xFF9D else { return scalar }
        return halfWidthKana[Int(scalar.value) - 0xFF66]
    }

    /// What the half-width kana from U+FF66 on are in full width.
    private static let halfWidthKana = [Unicode.Scalar](
        "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン")
}
