// What is done with sections once their parts have languages: split-lang's merges across punctuation and line breaks, and
// the one of short parts in Chinese and Japanese.
extension LanguageSplitter {
    /// Marks join the part before them, or at the beginning the one behind.
    static func joiningPunctuation(_ sections: [ScriptSection]) -> [ScriptSection] {
        var result: [ScriptSection] = []
        for section in sections {
            guard let before = result.last?.script, before == .punctuation || section.script == .punctuation,
                let first = section.parts.first, var joined = result[result.count - 1].parts.popLast()
            else {
                result.append(section)
                continue
            }
            joined.extend(to: first)
            if before == .punctuation {
                joined.label = first.label
                result[result.count - 1].script = section.script
            }
            result[result.count - 1].parts.append(joined)
            result[result.count - 1].parts += section.parts.dropFirst()
        }
        return joiningAlike(result).map { section in
            ScriptSection(script: section.script, parts: joiningAcross(.punctuation, section.parts))
        }
    }

    /// Line breaks join the section before them, or at the beginning the one behind.
    static func joiningNewlines(_ sections: [ScriptSection]) -> [ScriptSection] {
        var result: [ScriptSection] = []
        for section in sections {
            guard let before = result.last?.script, before == .newline || section.script == .newline else {
                result.append(section)
                continue
            }
            if before == .newline {
                result[result.count - 1].script = section.script
            }
            result[result.count - 1].parts += section.parts
        }
        return joiningAlike(result).map { section in
            ScriptSection(script: section.script, parts: joiningAcross(.newline, section.parts))
        }
    }

    private static func joiningAlike(_ sections: [ScriptSection]) -> [ScriptSection] {
        var result: [ScriptSection] = []
        for section in sections {
            if result.last?.script == section.script {
                result[result.count - 1].parts += section.parts
            } else {
                result.append(section)
            }
        }
        return result
    }

    /// Joins parts that are labelled as punctuation (or line breaks) to those before them, and parts alike.
    private static func joiningAcross(_ label: LanguageLabel, _ parts: [LabelledRange]) -> [LabelledRange] {
        var result: [LabelledRange] = []
        var previous: LanguageLabel?
        for part in parts {
            if let last = result.last, part.label == label || part.label == previous {
                result[result.count - 1].extend(to: part)
                if part.label != label, last.label == label {
                    result[result.count - 1].label = part.label
                }
            } else {
                result.append(part)
            }
            previous = part.label
        }
        return result
    }

    /// Within Chinese and Japanese, parts that are short beside their neighbours join them: `_special_merge_for_zh_ja`.
    static func joiningIslands(_ parts: [LabelledRange]) -> [LabelledRange] {
        guard parts.count > 1 else { return parts }
        let isChineseOrJapanese = { (label: LanguageLabel) in label == .mandarin || label == .japanese }
        var result: [LabelledRange] = []
        // Parts that are joined from the right are left out of the count, as upstream has it.
        var lengths: [LanguageLabel: Int] = [:]
        var index = 0
        while index < parts.count {
            let part = parts[index]
            let next = index + 1 < parts.count ? parts[index + 1] : nil
            lengths[part.label, default: 0] += part.range.count
            index += 1
            guard let left = result.last else {
                result.append(part)
                if let next, isChineseOrJapanese(next.label), isChineseOrJapanese(part.label) || part.label == .unknown,
                    part.range.count * 10 < next.range.count
                {
                    result[0].extend(to: next)
                    result[0].label = next.label
                    index += 1
                }
                continue
            }
            let last = result.count - 1
            if let next {
                if left.label == next.label, isChineseOrJapanese(left.label), part.label != .english,
                    part.range.count * 10 < left.range.count + next.range.count
                {
                    result[last].extend(to: next)
                    index += 1
                } else {
                    result.append(part)
                }
            } else if isChineseOrJapanese(left.label), isChineseOrJapanese(part.label) || part.label == .unknown,
                part.range.count * 10 < left.range.count
            {
                result[last].extend(to: part)
            } else {
                result.append(part)
            }
        }
        return joiningAlike(relabelling(result, lengths))
    }

    /// What is unknown becomes what there is most of; where Japanese is ten times as long as Chinese, that is Japanese.
    private static func relabelling(
        _ parts: [LabelledRange], _ lengths: [LanguageLabel: Int]
    ) -> [LabelledRange] {
        let length = { (label: LanguageLabel) in lengths[label] ?? 0 }
        var most = LanguageLabel.mandarin
        for label in [LanguageLabel.japanese, .unknown, .digits, .punctuation, .newline]
        where length(label) > length(most) {
            most = label
        }
        let isJapanese = length(.japanese) >= length(.mandarin) * 10
        return parts.map { part in
            var part = part
            if part.label == .unknown, length(.unknown) > 0 { part.label = most }
            if part.label == .mandarin, isJapanese { part.label = .japanese }
            return part
        }
    }
}
