import Foundation

/// A plain file of words with the readings that the user wants for them.
///
/// UTF-8, one word a line, three fields separated by tabs: language, word, reading. A reading's parts are separated by
/// blanks. Empty lines and lines that begin with `#` say nothing.
///
///     # language  word    reading
///     zh          银行    yin2 hang2
///     yue         行      hang4
///     ja          箸      はし1
///     ko          값      갑
///     en          Linux   L IH1 N AH0 K S
///
/// Readings are pinyin (`zh`, tones 1 to 5), jyutping (`yue`), kana with the number of the accented mora (`ja`; 0 is flat,
/// no number leaves the accent to the rules), hangul as it sounds (`ko`) and ARPAbet (`en`).
public struct UserDictionary: Sendable {
    struct Entry: Sendable, Equatable {
        let word: String
        let readings: [String]
        let line: Int
    }

    /// The file, for messages.
    let path: String
    private let entries: [Language: [Entry]]

    /// Reads the file.
    ///
    /// - Throws: `TextError` with `.invalidDictionary`, naming file, line and what is wrong.
    public init(path: String) throws(TextError) {
        let text: String
        do {
            text = try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8)
        } catch {
            throw TextError(
                .invalidDictionary, "cannot read the user dictionary \(path) as UTF-8 text", underlying: error)
        }
        try self.init(text: text, path: path)
    }

    init(text: String, path: String) throws(TextError) {
        self.path = path
        var entries: [Language: [Entry]] = [:]
        var lines: [Language: [String: Int]] = [:]
        for (index, content) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = index + 1
            guard content.contains(where: { !$0.isWhitespace }), !content.hasPrefix("#") else { continue }
            let fields = content.split(separator: "\t", omittingEmptySubsequences: true)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard fields.count == 3 else {
                throw Self.error(
                    path, line, "it has \(fields.count) fields, not language, word and reading with tabs between")
            }
            guard let language = Language(rawValue: fields[0]) else {
                let known = Language.allCases.map(\.rawValue).joined(separator: ", ")
                throw Self.error(path, line, "the language is '\(fields[0])'; it must be one of \(known)")
            }
            let readings = fields[2].split(separator: " ").map(String.init)
            guard !fields[1].isEmpty, !readings.isEmpty else {
                throw Self.error(path, line, "word or reading is empty")
            }
            if let other = lines[language]?[fields[1]] {
                throw Self.error(path, line, "'\(fields[1])' has a reading in line \(other) already")
            }
            lines[language, default: [:]][fields[1]] = line
            entries[language, default: []].append(Entry(word: fields[1], readings: readings, line: line))
        }
        self.entries = entries
    }

    /// The languages for which there are words.
    var languages: [Language] { Language.allCases.filter { entries[$0] != nil } }

    /// The words of a language, ready to be looked for; nil if it has none.
    ///
    /// - Throws: `TextError` with `.invalidDictionary` for a reading that the language does not have.
    func readings(for language: Language, of phonemizer: any Phonemizer) throws(TextError) -> WordReadings? {
        guard let entries = entries[language] else { return nil }
        var words: [(word: String, readings: [String])] = []
        for entry in entries {
            if let objection = phonemizer.objection(to: entry.readings, for: entry.word) {
                throw Self.error(path, entry.line, "'\(entry.word)' cannot be read so: \(objection)")
            }
            words.append((phonemizer.spelling(of: entry.word), entry.readings))
        }
        return WordReadings(words)
    }

    private static func error(_ path: String, _ line: Int, _ reason: String) -> TextError {
        TextError(.invalidDictionary, "the user dictionary \(path), line \(line): \(reason)")
    }
}
