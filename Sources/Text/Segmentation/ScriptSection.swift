/// What kind of characters a section of a text has.
enum Script: Sendable {
    /// Chinese characters and kana.
    case chineseOrJapanese
    case korean
    case punctuation
    case newline
    case digits
    case others
}

/// A language label on a part of a text, as split-lang and the segmenter pass it on.
enum LanguageLabel: String, Sendable {
    case mandarin = "zh"
    case japanese = "ja"
    case korean = "ko"
    case english = "en"
    case cantonese = "yue"
    case unknown = "x"
    case digits = "digit"
    case punctuation
    case newline
}

extension Language {
    /// The language that a label names, or nil for one that names none.
    init?(_ label: LanguageLabel) {
        self.init(rawValue: label.rawValue)
    }
}

/// A part of a text with its label.
struct LabelledRange: Sendable, Equatable {
    var label: LanguageLabel
    var range: Range<Int>

    mutating func extend(to other: LabelledRange) {
        range = range.lowerBound..<other.range.upperBound
    }
}

/// A part of a text of one kind of characters, and the parts in it that differ in language.
struct ScriptSection: Sendable {
    var script: Script
    var parts: [LabelledRange]
}

extension Script {
    /// The sections of a range of a text, in order and without gap: split-lang's `pre_split`.
    ///
    /// Each punctuation mark and each line break begins a section of its own; blanks, and apostrophes behind anything but
    /// blanks, belong to what is before them.
    static func sections(of text: [Unicode.Scalar], _ range: Range<Int>) -> [(script: Script, range: Range<Int>)] {
        var sections: [(script: Script, range: Range<Int>)] = []
        var current = Script.others
        var start = range.lowerBound
        for position in range {
            let scalar = text[position]
            let next: Script?
            if scalar.isChineseOrKana {
                next = current == .chineseOrJapanese ? nil : .chineseOrJapanese
            } else if scalar.isModernHangul {
                next = current == .korean ? nil : .korean
            } else if scalar.isPythonDigit {
                next = current == .digits ? nil : .digits
            } else if marks.contains(scalar) {
                let isInner = scalar == "'" && position > range.lowerBound && !text[position - 1].isPythonSpace
                next = isInner ? nil : .punctuation
            } else if scalar.isPythonSpace {
                next = scalar == "\n" || scalar == "\r" ? .newline : nil
            } else {
                next = current == .others ? nil : .others
            }
            guard let next else { continue }
            if start < position { sections.append((current, start..<position)) }
            current = next
            start = position
        }
        if start < range.upperBound { sections.append((current, start..<range.upperBound)) }
        return sections
    }

    private static let marks = Set(
        "!\"#$%&'()*+,-.:;<=>?@[\\]^_`{|}~·—‘’“”…、。〈〉《》「」『』【】〜！（），：；？￥".unicodeScalars)
}

extension Unicode.Scalar {
    fileprivate var isChineseOrKana: Bool { value >= 0x4E00 && value <= 0x9FFF || isKanaForSplitting }

    /// What split-lang takes for kana: both blocks whole, and the mark that repeats a Chinese character.
    var isKanaForSplitting: Bool { value >= 0x3040 && value <= 0x30FF || value == 0x3005 }

    fileprivate var isModernHangul: Bool { value >= 0xAC00 && value <= 0xD7AF }
}
