import Foundation

/// How far `chorus phonemes` takes a text: the steps of the text front-end that can be looked at one by one.
public enum TextStage: String, Sendable, CaseIterable {
    /// One language's front-end on the whole text.
    case clean
    /// Language segmentation, then each run's front-end, on the whole text.
    case mixed
    /// The whole way of a request: marks collapsed, text cut, and each piece as `mixed`.
    case pieces
    /// Cutting alone.
    case cut
    /// Language segmentation alone.
    case segments
    /// The splitting in front of language segmentation.
    case split
    /// Phrases as the Japanese and the Chinese model see them.
    case phrases
    /// The language of the text as one whole, with its probability.
    case identify
}

extension TextFrontEnd {
    /// What is done with a line that does not say it itself.
    public struct LineDefaults: Sendable {
        /// How the text is read.
        public var mode: LanguageMode
        /// The symbol table.
        public var version: SymbolVersion
        /// How the text is cut.
        public var cut: CutMethod
        /// How far the text is taken; nil for `clean` where the mode is a language, else `mixed`.
        public var stage: TextStage?

        /// Names all of them.
        public init(
            mode: LanguageMode, version: SymbolVersion, cut: CutMethod = .cut5, stage: TextStage? = nil
        ) {
            self.mode = mode
            self.version = version
            self.cut = cut
            self.stage = stage
        }
    }

    /// Reads one JSON line `{"text": …}` and writes one of what a stage makes of it.
    ///
    /// The line may name `mode` or `lang`, `version` and `method` itself, and for the stage `segments` as `default_lang` the
    /// language that everything but English is taken for, or none if that is empty. Phones are one string, separated by
    /// blanks and aligned with `phone_ids`; `word2ph` is null but for Chinese.
    ///
    /// - Throws: `TextError`: `.invalidInput` for a line that is no such object or names what does not exist, else as
    ///   `phonemes(of:language:version:)`.
    public func line(json: String, _ defaults: LineDefaults) throws(TextError) -> String {
        let input: Line
        do {
            input = try JSONDecoder().decode(Line.self, from: Data(json.utf8))
        } catch {
            throw TextError(
                .invalidInput, "a line must be a JSON object such as {\"text\": \"Hello.\"}", underlying: error)
        }
        let output = try output(for: input, defaults)
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
            return String(decoding: try encoder.encode(output), as: UTF8.self)
        } catch {
            throw TextError(.invalidInput, "the text cannot be written as JSON", underlying: error)
        }
    }

    private func output(for input: Line, _ defaults: LineDefaults) throws(TextError) -> Output {
        switch defaults.stage {
        // These ask for no language, and a line may hold the answer that is hoped for.
        case .split, .phrases, .identify: return try detected(input.text, defaults.stage)
        default: break
        }
        let mode: LanguageMode = try Self.value(input.mode ?? input.lang, "language") ?? defaults.mode
        let version: SymbolVersion = try Self.value(input.version, "version") ?? defaults.version
        let cut: CutMethod = try Self.value(input.method, "method") ?? defaults.cut
        var output = Output(text: input.text)
        switch defaults.stage ?? (Language(rawValue: mode.rawValue) == nil ? .mixed : .clean) {
        case .clean:
            guard let language = Language(rawValue: mode.rawValue) else {
                throw TextError(.invalidInput, "the stage clean takes a language, not the mode \"\(mode.rawValue)\"")
            }
            let sequence = try phonemes(of: input.text, language: language, version: version)
            output.show(sequence.normText, sequence.phones, sequence.phoneIDs, sequence.warnings)
            output.word2ph = .some(sequence.word2ph)
        case .mixed:
            let piece = try piece(of: input.text, mode: mode, version: version)
            output.show(piece.normText, piece.phones, piece.phoneIDs, piece.warnings)
            output.segments = piece.segments.map { segment in
                .init(
                    lang: segment.label, text: segment.sequence.text, n: segment.sequence.phones.count,
                    normText: segment.sequence.normText)
            }
        case .pieces:
            let pieces = try preprocess(input.text, mode: mode, cut: cut, version: version)
            output.pieces = pieces.map { .spoken(.init(normText: $0.normText, phoneIDs: $0.phoneIDs)) }
            output.warn(pieces.flatMap(\.warnings))
        case .cut:
            output.cut = cut.cut(input.text)
            let collapsed = TextCutter.collapsingPunctuation(input.text)
            output.pieces = TextCutter.pieces(of: collapsed, mode: mode, method: cut).map { .text($0) }
        case .segments:
            let scalars = [Unicode.Scalar](input.text)
            output.segments = try segments(of: scalars, input.defaultLang, mode).map { run in
                .init(lang: run.label.rawValue, text: run.positions.map { scalars[$0] }.text)
            }
        case .split, .phrases, .identify: break
        }
        return output
    }

    private func detected(_ text: String, _ stage: TextStage?) throws(TextError) -> Output {
        var output = Output(text: text)
        let scalars = [Unicode.Scalar](text)
        let splitter = try segmenter().splitter
        switch stage {
        case .split:
            output.substrings = splitter.parts(of: scalars).map { [$0.label.rawValue, scalars[$0.range].text] }
        case .phrases:
            output.ja = splitter.japanesePhrases.phrases(of: scalars)
            output.zh = splitter.chinesePhrases.phrases(of: scalars)
        default:
            let found = splitter.identifier.language(of: scalars)
            output.lang = found?.code
            output.score = found?.probability
        }
        return output
    }

    private func segments(
        of text: [Unicode.Scalar], _ language: String?, _ mode: LanguageMode
    ) throws(TextError) -> [LanguageRun] {
        guard let language else { return try segmenter().runs(of: text, in: mode) }
        return try segmenter().runs(of: text, as: Self.value(language.isEmpty ? nil : language, "default_lang"))
    }

    private static func value<Value: RawRepresentable<String>>(
        _ name: String?, _ field: String
    ) throws(TextError) -> Value? {
        guard let name else { return nil }
        guard let value = Value(rawValue: name) else {
            throw TextError(.invalidInput, "the \(field) '\(name)' does not exist")
        }
        return value
    }
}

/// A line of input.
private struct Line: Decodable {
    let text: String
    let lang: String?
    let mode: String?
    let version: String?
    let method: String?
    let defaultLang: String?

    enum CodingKeys: String, CodingKey {
        case text, lang, mode, version, method
        case defaultLang = "default_lang"
    }
}

/// A line of output; what a stage does not make is left out.
private struct Output: Encodable {
    struct Segment: Encodable {
        let lang: String
        let text: String
        var n: Int?
        var normText: String?

        enum CodingKeys: String, CodingKey {
            case lang, text, n
            case normText = "norm_text"
        }
    }

    struct Spoken: Encodable {
        let normText: String
        let phoneIDs: [Int]

        enum CodingKeys: String, CodingKey {
            case normText = "norm_text"
            case phoneIDs = "phone_ids"
        }
    }

    enum Piece: Encodable {
        case spoken(Spoken)
        case text(String)

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .spoken(let piece): try piece.encode(to: encoder)
            case .text(let text): try text.encode(to: encoder)
            }
        }
    }

    let text: String
    var segments: [Segment]?
    var normText: String?
    var phones: String?
    var phoneIDs: [Int]?
    /// Two layers: what has no such list says so, in other stages than `clean` it is left out.
    var word2ph: [Int]??
    var cut: String?
    var pieces: [Piece]?
    var substrings: [[String]]?
    var ja: [String]?
    var zh: [String]?
    var lang: String?
    var score: Float?
    /// What was skipped or read by a guess; left out where there is nothing to say.
    var warnings: [String]?

    enum CodingKeys: String, CodingKey {
        case text, segments, phones, word2ph, cut, pieces, substrings, ja, zh, lang, score, warnings
        case normText = "norm_text"
        case phoneIDs = "phone_ids"
    }

    init(text: String) {
        self.text = text
    }

    mutating func show(_ normText: String, _ phones: [String], _ phoneIDs: [Int], _ warnings: [String]) {
        warn(warnings)
        self.normText = normText
        self.phones = phones.joined(separator: " ")
        self.phoneIDs = phoneIDs
    }

    mutating func warn(_ warnings: [String]) {
        self.warnings = warnings.isEmpty ? nil : warnings
    }
}
