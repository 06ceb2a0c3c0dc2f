import Logging

/// How a log line looks.
public enum LogLineFormat: Sendable {
    /// `2026-11-22T18:34:05.123Z warning router: message key=value`. Control characters are escaped, so that text from a
    /// request can neither forge lines nor drive a terminal.
    case text
    /// One object with the keys `time`, `level`, `logger`, `message`, `source`, then the metadata's keys in order. A metadata
    /// key that equals one of those has `meta_` put before it.
    case json

    func line(time: String, label: String, event: LogEvent, metadata: Logger.Metadata) -> String {
        let metadata = metadata.sorted { $0.key < $1.key }
        switch self {
        case .text:
            let pairs = metadata.map { " \(Self.plain($0.key))=\(Self.value($0.value.description))" }.joined()
            return "\(time) \(event.level) \(label): \(Self.plain(event.message.description))\(pairs)"
        case .json:
            var pairs = [
                ("time", JSONText.quoted(time)), ("level", JSONText.quoted(event.level.rawValue)),
                ("logger", JSONText.quoted(label)), ("message", JSONText.quoted(event.message.description)),
                ("source", JSONText.quoted(event.source)),
            ]
            let ownKeys = pairs.map(\.0)
            pairs += metadata.map { (ownKeys.contains($0.key) ? "meta_" + $0.key : $0.key, Self.json($0.value)) }
            return Self.object(pairs)
        }
    }

    // MARK: - JSON

    private static func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): JSONText.quoted(text)
        case .stringConvertible(let number as any FixedWidthInteger): "\(number)"
        case .stringConvertible(let truth as Bool): "\(truth)"
        case .stringConvertible(let number as Double) where number.isFinite: "\(number)"
        case .stringConvertible(let other): JSONText.quoted(other.description)
        case .array(let items): "[" + items.map(json).joined(separator: ",") + "]"
        case .dictionary(let entries): object(entries.sorted { $0.key < $1.key }.map { ($0.key, json($0.value)) })
        }
    }

    private static func object(_ pairs: [(String, String)]) -> String {
        "{" + pairs.map { "\(JSONText.quoted($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }

    // MARK: - Text

    private static func value(_ text: String) -> String {
        let needsQuotes = text.isEmpty || text.unicodeScalars.contains { $0.value <= 0x20 || $0 == "\"" || $0 == "=" }
        return needsQuotes ? JSONText.quoted(text) : plain(text)
    }

    private static func plain(_ text: String) -> String {
        func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.map { isControl($0) ? $0.escaped(asASCII: true) : String($0) }.joined()
    }
}
