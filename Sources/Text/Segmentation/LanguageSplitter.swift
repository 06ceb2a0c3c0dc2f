/// Splits a text where its language changes.
///
/// Upstream: split-lang 2.1.1, `split/splitter.py`, with digits kept apart. The text falls into sections by script;
/// within a section each word or phrase gets the language that the identifier gives it, and rules then even out what
/// is short, unknown or ambiguous; at last marks, line breaks and blanks join the part before them.
struct LanguageSplitter: Sendable {
    let japanesePhrases: PhraseSplitter
    let chinesePhrases: PhraseSplitter
    let identifier: LanguageIdentifier

    /// The parts of a text in order. Blanks around the text are left out; a blank one has no parts.
    func parts(of text: [Unicode.Scalar]) -> [LabelledRange] {
        guard let first = text.firstIndex(where: { !$0.isPythonSpace }),
            let last = text.lastIndex(where: { !$0.isPythonSpace })
        else { return [] }
        var sections = Script.sections(of: text, first..<last + 1).map { section in
            ScriptSection(script: section.script, parts: parts(of: text, section.range, section.script))
        }
        sections = Self.joiningPunctuation(sections)
        sections = Self.joiningNewlines(sections)
        return sections.flatMap { section in
            section.script == .chineseOrJapanese ? Self.joiningIslands(section.parts) : section.parts
        }
    }

    /// The parts of one section.
    private func parts(of text: [Unicode.Scalar], _ range: Range<Int>, _ script: Script) -> [LabelledRange] {
        switch script {
        case .punctuation: [LabelledRange(label: .punctuation, range: range)]
        case .newline: [LabelledRange(label: .newline, range: range)]
        case .digits: [LabelledRange(label: .digits, range: range)]
        case .korean: [LabelledRange(label: .korean, range: range)]
        case .chineseOrJapanese: evened(text, phrases(of: text, range).map { phrase(text, $0) })
        case .others: evened(text, Self.words(of: text, range).map { word(text, $0) })
        }
    }

    // MARK: Words and phrases

    /// Words with the blanks behind them.
    private static func words(of text: [Unicode.Scalar], _ range: Range<Int>) -> [Range<Int>] {
        var words: [Range<Int>] = []
        var start = range.lowerBound
        for position in range.dropFirst() where text[position - 1].isPythonSpace && !text[position].isPythonSpace {
            words.append(start..<position)
            start = position
        }
        return words + [start..<range.upperBound]
    }

    /// Phrases of Chinese within phrases of Japanese; those with kana join each other, as do single Chinese characters with
    /// what is before them.
    private func phrases(of text: [Unicode.Scalar], _ range: Range<Int>) -> [Range<Int>] {
        let outer = japanesePhrases.phraseStarts(in: text, range) + [range.upperBound]
        let starts = zip(outer, outer.dropFirst()).flatMap { chinesePhrases.phraseStarts(in: text, $0..<$1) }
        var phrases: [(range: Range<Int>, hasKana: Bool)] = []
        for (start, end) in zip(starts, starts.dropFirst() + [range.upperBound]) {
            let hasKana = text[start..<end].contains(where: \.isKanaForSplitting)
            if let last = phrases.last, last.hasKana == hasKana, hasKana || end - start == 1 {
                phrases[phrases.count - 1].range = last.range.lowerBound..<end
            } else {
                phrases.append((start..<end, hasKana))
            }
        }
        if phrases.count >= 2, phrases[0].range.count == 1 {
            phrases[1].range = phrases[0].range.lowerBound..<phrases[1].range.upperBound
            phrases.removeFirst()
        }
        return phrases.map(\.range)
    }

    private func phrase(_ text: [Unicode.Scalar], _ range: Range<Int>) -> LabelledRange {
        if Self.hasKana(text, range) { return LabelledRange(label: .japanese, range: range) }
        return switch identifier.language(of: text[range])?.code {
        case "zh", "yue", "wuu", "zh-cn": LabelledRange(label: .mandarin, range: range)
        case "ja": LabelledRange(label: .japanese, range: range)
        default: LabelledRange(label: .unknown, range: range)
        }
    }

    private func word(_ text: [Unicode.Scalar], _ range: Range<Int>) -> LabelledRange {
        return switch identifier.language(of: text[range])?.code {
        case "zh", "yue", "wuu", "zh-cn": LabelledRange(label: .mandarin, range: range)
        case "ko": LabelledRange(label: .korean, range: range)
        case "ja": LabelledRange(label: .japanese, range: range)
        case "en": LabelledRange(label: .english, range: range)
        default: LabelledRange(label: .unknown, range: range)
        }
    }

    // MARK: Evening out

    /// split-lang's `_smart_merge`.
    private func evened(_ text: [Unicode.Scalar], _ parts: [LabelledRange]) -> [LabelledRange] {
        var parts = Self.joiningAlike(parts)
        for _ in 0..<2 {
            adoptNeighbours(&parts, text)
            parts = Self.joiningAlike(parts)
        }
        Self.fillUnknown(&parts)
        adoptAtEnds(&parts, text)
        parts = Self.joiningAlike(parts)
        adoptNeighbours(&parts, text)
        return Self.joiningAlike(parts)
    }

    /// A part between two of one language becomes theirs if it may be in that language, is unknown, or is short.
    private func adoptNeighbours(_ parts: inout [LabelledRange], _ text: [Unicode.Scalar]) {
        for middle in parts.indices.dropFirst().dropLast() {
            let left = parts[middle - 1]
            let right = parts[middle + 1]
            guard left.label == right.label, left.label != .unknown, left.label != .newline else { continue }
            let range = parts[middle].range
            if parts[middle].label == .unknown
                || !Self.hasKana(text, range)
                    && (range.count <= 4 && left.range.count + right.range.count >= 6
                        || identifier.candidates(for: text[range]).contains(left.label.rawValue))
            {
                parts[middle].label = left.label
            }
        }
    }

    /// Unknown parts take the label of the longer neighbour, the first and the last that of their only one.
    private static func fillUnknown(_ parts: inout [LabelledRange]) {
        for index in parts.indices where parts[index].label == .unknown {
            let looksLeft =
                index == parts.count - 1
                || index > 0 && parts[index - 1].range.count >= parts[index + 1].range.count
            parts[index].label = nearestLabel(parts, index, looksLeft: looksLeft && index > 0)
        }
    }

    /// The first and the last part become their neighbour's language if they may be in it.
    private func adoptAtEnds(_ parts: inout [LabelledRange], _ text: [Unicode.Scalar]) {
        if !parts.isEmpty, adopts(parts[0], parts.count > 1 ? parts[1] : nil, text) {
            parts[0].label = Self.nearestLabel(parts, 0, looksLeft: false)
        }
        let last = parts.count - 1
        if !parts.isEmpty, adopts(parts[last], last > 0 ? parts[last - 1] : nil, text) {
            parts[last].label = Self.nearestLabel(parts, last, looksLeft: true)
        }
    }

    private func adopts(_ part: LabelledRange, _ neighbour: LabelledRange?, _ text: [Unicode.Scalar]) -> Bool {
        if part.label == .unknown { return true }
        guard let neighbour else { return false }
        let isBesideLongChinese =
            neighbour.range.count > part.range.count && neighbour.range.count >= 6 && neighbour.label == .mandarin
        let hasNoKana = !Self.hasKana(text, part.range) && !Self.hasKana(text, neighbour.range)
        if isBesideLongChinese, hasNoKana { return true }
        return (hasNoKana || neighbour.range.count <= 5)
            && identifier.candidates(for: text[part.range]).contains(neighbour.label.rawValue)
    }

    private static func nearestLabel(_ parts: [LabelledRange], _ index: Int, looksLeft: Bool) -> LanguageLabel {
        let isKnown = { (part: LabelledRange) in part.label != .unknown && part.label != .digits }
        let found = looksLeft ? parts[..<index].last(where: isKnown) : parts[(index + 1)...].first(where: isKnown)
        return found?.label ?? parts[index].label
    }

    private static func hasKana(_ text: [Unicode.Scalar], _ range: Range<Int>) -> Bool {
        text[range].contains(where: \.isKanaForSplitting)
    }

    static func joiningAlike(_ parts: [LabelledRange]) -> [LabelledRange] {
        var result: [LabelledRange] = []
        for part in parts {
            if result.last?.label == part.label {
                result[result.count - 1].extend(to: part)
            } else {
                result.append(part)
            }
        }
        return result
    }
}
