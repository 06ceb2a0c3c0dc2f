/// A run of a text in one language: its label and the positions of its scalars in the text.
///
/// Positions rise but may have gaps: what stands beside Chinese characters in an unknown language is dropped.
struct LanguageRun: Sendable, Equatable {
    var label: LanguageLabel
    var positions: [Int]

    fileprivate func replacing(_ label: LanguageLabel, with other: LanguageLabel) -> LanguageRun {
        LanguageRun(label: self.label == label ? other : self.label, positions: positions)
    }
}

/// Splits a text into runs of the languages that GPT-SoVITS speaks.
///
/// Upstream: `text/LangSegmenter/langsegmenter.py` on split-lang.
struct LanguageSegmenter: Sendable {
    let splitter: LanguageSplitter

    /// - Parameters:
    ///   - resources: the folder with the phrase models and the small identification model.
    /// - Throws: `TextError` with `.resourceMissing` or `.resourceDamaged`.
    init(resources: TextResources) throws(TextError) {
        let phrases = try resources.open("phrases.bin")
        splitter = LanguageSplitter(
            japanesePhrases: try PhraseSplitter(.japanese, in: phrases),
            chinesePhrases: try PhraseSplitter(.chinese, in: phrases),
            identifier: try LanguageIdentifier(path: resources.languageModelPath))
    }

    /// The parts that split-lang makes of a text.
    func parts(of text: [Unicode.Scalar]) -> [LabelledRange] {
        splitter.parts(of: text)
    }

    /// The runs of a text, in order. A blank text has none.
    ///
    /// - Parameter language: what everything but English is taken for; nil to find the language of each part.
    func runs(of text: [Unicode.Scalar], as language: LanguageLabel? = nil) -> [LanguageRun] {
        var runs: [LanguageRun] = []
        for part in splitter.parts(of: text) {
            if part.label == .digits {
                runs.join(LanguageRun(label: language ?? .digits, positions: Array(part.range)))
            } else if text[part.range].isEnglish {
                runs.join(LanguageRun(label: .english, positions: Array(part.range)))
            } else if let language {
                runs.join(LanguageRun(label: language, positions: Array(part.range)))
            } else {
                for run in Self.separatingScripts(part, text) { runs.join(run) }
            }
        }
        return Self.namingUnknown(Self.namingDigits(runs, text))
    }

    /// The runs of a text as a request's language asks for them: upstream's part of `get_phones_and_bert`.
    ///
    /// The modes that name one language take everything but English for it, since Chinese characters do not tell Chinese
    /// from Japanese.
    func runs(of text: [Unicode.Scalar], in mode: LanguageMode) -> [LanguageRun] {
        switch mode {
        case .english: [LanguageRun(label: .english, positions: Array(text.indices))]
        case .auto: runs(of: text)
        case .autoCantonese: runs(of: text).map { $0.replacing(.mandarin, with: .cantonese) }
        case .allMandarin: runs(of: text, as: .mandarin)
        case .allCantonese: runs(of: text, as: .mandarin).map { $0.replacing(.mandarin, with: .cantonese) }
        case .allJapanese: runs(of: text, as: .japanese)
        case .allKorean: runs(of: text, as: .korean)
        case .mandarin: joiningAllButEnglish(text, .mandarin)
        case .japanese: joiningAllButEnglish(text, .japanese)
        case .cantonese: joiningAllButEnglish(text, .cantonese)
        case .korean: joiningAllButEnglish(text, .korean)
        }
    }

    private func joiningAllButEnglish(_ text: [Unicode.Scalar], _ language: LanguageLabel) -> [LanguageRun] {
        var result: [LanguageRun] = []
        for var run in runs(of: text) {
            run.label = run.label == .english ? .english : language
            result.join(run)
        }
        return result
    }

    /// Kana and hangul within a part that is labelled otherwise become runs of their own; what stays unknown is Chinese if
    /// it has Chinese characters, and then only they and some marks are kept.
    private static func separatingScripts(_ part: LabelledRange, _ text: [Unicode.Scalar]) -> [LanguageRun] {
        var parts = [part]
        if part.label != .japanese { parts = parts.flatMap { $0.separating(.japanese, text, where: \.isSeparateKana) } }
        parts = parts.flatMap { part in
            part.label == .korean ? [part] : part.separating(.korean, text, where: \.isSeparateHangul)
        }
        // A part that is one script throughout keeps its label.
        if parts.count == 1 { parts = [part] }
        return parts.map { part in
            let positions = Array(part.range)
            guard part.label == .unknown else { return LanguageRun(label: part.label, positions: positions) }
            let chinese = positions.filter { text[$0].isKeptBesideChinese }
            return chinese.isEmpty
                ? LanguageRun(label: .unknown, positions: positions)
                : LanguageRun(label: .mandarin, positions: chinese)
        }
    }

    /// Digits are read in the language of a neighbour: where the two differ, of the one that no mark separates from them,
    /// else of the longer.
    private static func namingDigits(_ runs: [LanguageRun], _ text: [Unicode.Scalar]) -> [LanguageRun] {
        var result: [LanguageRun] = []
        for (index, run) in runs.enumerated() {
            var run = run
            if run.label == .digits {
                let next = index + 1 < runs.count ? runs[index + 1] : nil
                run.label =
                    switch (result.last, next) {
                    case (nil, nil): .mandarin
                    case (let before?, nil): before.label
                    case (nil, let next?): next.label
                    case (let before?, let next?):
                        joinsBefore(run, before, next, text) ? before.label : next.label
                    }
            }
            result.join(run)
        }
        return result
    }

    private static let marks = Set(",.!?，。！？".unicodeScalars)

    private static func joinsBefore(
        _ digits: LanguageRun, _ before: LanguageRun, _ next: LanguageRun, _ text: [Unicode.Scalar]
    ) -> Bool {
        let ends = { (position: Int?, marks: Set<Unicode.Scalar>) in position.map { marks.contains(text[$0]) } ?? false
        }
        if before.label == next.label { return true }
        if ends(before.positions.last, marks) { return false }
        if ends(next.positions.first, marks) || ends(digits.positions.last, ["。", "."]) { return true }
        return before.positions.count >= next.positions.count
    }

    /// What is unknown to the last is taken for the language before it, at the beginning for the one behind.
    private static func namingUnknown(_ runs: [LanguageRun]) -> [LanguageRun] {
        var result: [LanguageRun] = []
        for run in runs {
            var run = run
            if run.label == .unknown {
                run.label = result.last?.label ?? (runs.count > 1 ? runs[1].label : .mandarin)
            }
            result.join(run)
        }
        return result
    }
}

extension [LanguageRun] {
    /// Appends a run, or extends the last one if that is in the same language.
    fileprivate mutating func join(_ run: LanguageRun) {
        if last?.label == run.label {
            self[count - 1].positions += run.positions
        } else {
            append(run)
        }
    }
}

extension LabelledRange {
    /// Makes parts of their own of all runs that begin with a script's letter and go on with its letters, digits and some
    /// marks.
    fileprivate func separating(
        _ label: LanguageLabel, _ text: [Unicode.Scalar], where isLetter: (Unicode.Scalar) -> Bool
    ) -> [LabelledRange] {
        var result: [LabelledRange] = []
        var start = range.lowerBound
        var position = range.lowerBound
        while position < range.upperBound {
            guard isLetter(text[position]) else {
                position += 1
                continue
            }
            let end =
                text[position..<range.upperBound].firstIndex { !isLetter($0) && !$0.goesWithLetters }
                ?? range.upperBound
            if start < position { result.append(LabelledRange(label: self.label, range: start..<position)) }
            result.append(LabelledRange(label: label, range: position..<end))
            start = end
            position = end
        }
        if start < range.upperBound { result.append(LabelledRange(label: self.label, range: start..<range.upperBound)) }
        return result
    }
}

extension ArraySlice where Element == Unicode.Scalar {
    /// Whether this is written in ASCII, general and Chinese punctuation and full-width forms only, with an ASCII letter in
    /// the first line.
    fileprivate var isEnglish: Bool {
        prefix { $0 != "\n" }.contains(where: \.isASCIILetter)
            && allSatisfy { scalar in
                switch scalar.value {
                case 0x20...0x7E, 0x2000...0x206F, 0x3000...0x303F, 0xFF00...0xFFEF: true
                default: scalar.isPythonSpace
                }
            }
    }
}

extension Unicode.Scalar {
    fileprivate var isSeparateKana: Bool {
        switch value {
        case 0x3041...0x3096, 0x3099, 0x309A, 0x30A1...0x30FA, 0x30FC: true
        default: false
        }
    }

    fileprivate var isSeparateHangul: Bool {
        switch value {
        case 0x1100...0x11FF, 0x3130...0x318F, 0xAC00...0xD7AF: true
        default: false
        }
    }

    /// Digits, blanks and marks that kana or hangul take along. U+3001 to U+301C are meant as one range upstream.
    fileprivate var goesWithLetters: Bool {
        switch self {
        case "0"..."9", "\u{3001}"..."\u{301C}", "！", "？", ".", "!", "?", "…", " ": true
        default: false
        }
    }

    fileprivate var isKeptBesideChinese: Bool {
        switch value {
        case 0x4E00...0x9FFF, 0x3400...0x4DB5, 0x20000...0x2A6DD, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B820...0x2CEAF,
            0x2CEB0...0x2EBEF, 0x2EBF0...0x2EE5D, 0x30000...0x3134A, 0x31350...0x323AF:
            true
        default: goesWithLetters || self == "/"
        }
    }
}
