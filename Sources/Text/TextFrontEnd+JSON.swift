import Foundation

extension TextFrontEnd {
    /// Reads one JSON line `{"text": …}` and writes one of `text`, `norm_text`, `phones`, `phone_ids` and `word2ph`.
    ///
    /// The text is read whole, uncut. `phones` is one string, the phones separated by blanks and aligned with `phone_ids`;
    /// `word2ph` is null but for Chinese.
    ///
    /// - Throws: `TextError`: `.invalidInput` for a line that is no such object, else as `phonemes(of:language:version:)`.
    public func phonemesLine(
        json line: String, mode: LanguageMode, version: SymbolVersion
    ) throws(TextError) -> String {
        struct Input: Decodable {
            let text: String
        }
        let input: Input
        do {
            input = try JSONDecoder().decode(Input.self, from: Data(line.utf8))
        } catch {
            throw TextError(
                .invalidInput, "a line must be a JSON object such as {\"text\": \"Hello.\"}", underlying: error)
        }
        try mode.requireSupported()
        let sequence = try phonemes(of: input.text, language: .english, version: version)
        let ids = Self.list(sequence.phoneIDs)
        return "{\"text\":\(Self.quoted(sequence.text)),\"norm_text\":\(Self.quoted(sequence.normText)),"
            + "\"phones\":\(Self.quoted(sequence.phones.joined(separator: " "))),\"phone_ids\":\(ids),"
            + "\"word2ph\":\(sequence.word2ph.map(Self.list) ?? "null")}"
    }

    private static func list(_ numbers: [Int]) -> String {
        "[" + numbers.map(String.init).joined(separator: ",") + "]"
    }

    private static func quoted(_ text: String) -> String {
        var output = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output + "\""
    }
}
