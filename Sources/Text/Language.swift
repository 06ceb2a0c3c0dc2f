/// A language with a front-end of its own.
public enum Language: String, Sendable, CaseIterable, Codable {
    case mandarin = "zh"
    case cantonese = "yue"
    case japanese = "ja"
    case korean = "ko"
    case english = "en"

    /// The name for messages.
    public var name: String {
        switch self {
        case .mandarin: "Chinese"
        case .cantonese: "Cantonese"
        case .japanese: "Japanese"
        case .korean: "Korean"
        case .english: "English"
        }
    }

    /// Whether models with this symbol table can speak the language.
    public func isSpoken(by version: SymbolVersion) -> Bool {
        switch self {
        case .mandarin, .japanese, .english: true
        case .cantonese, .korean: version == .v2
        }
    }
}

/// How a request's text is read: the values of `text_lang` and `prompt_lang`.
///
/// The plain codes of Asian languages read Latin words as English, the `all_` forms read everything as that one
/// language, and `auto` finds the language of each run. `en` reads everything as English.
public enum LanguageMode: String, Sendable, CaseIterable, Codable {
    case auto
    case autoCantonese = "auto_yue"
    case english = "en"
    case mandarin = "zh"
    case japanese = "ja"
    case cantonese = "yue"
    case korean = "ko"
    case allMandarin = "all_zh"
    case allJapanese = "all_ja"
    case allCantonese = "all_yue"
    case allKorean = "all_ko"

    /// The modes that models with this symbol table accept, in the order in which the Python server lists them
    /// (`TTS_Config`).
    public static func accepted(by version: SymbolVersion) -> [LanguageMode] {
        switch version {
        case .v1: [.auto, .english, .mandarin, .japanese, .allMandarin, .allJapanese]
        case .v2: allCases
        }
    }
}
