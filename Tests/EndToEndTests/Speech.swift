import Foundation

/// A request to `/tts`.
struct Speech: Sendable {
    /// The fields, as JSON writes them, by name.
    var fields: [String: Field]

    enum Field: Encodable, Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
        ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
    {
        case text(String)
        case integer(Int)
        case number(Double)
        case truth(Bool)
        case list([Field])

        init(stringLiteral value: String) { self = .text(value) }
        init(integerLiteral value: Int) { self = .integer(value) }
        init(floatLiteral value: Double) { self = .number(value) }
        init(booleanLiteral value: Bool) { self = .truth(value) }
        init(arrayLiteral elements: Field...) { self = .list(elements) }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let value): try container.encode(value)
            case .integer(let value): try container.encode(value)
            case .number(let value): try container.encode(value)
            case .truth(let value): try container.encode(value)
            case .list(let value): try container.encode(value)
            }
        }

        /// As a query has it.
        var queryValue: String {
            switch self {
            case .text(let value): value
            case .integer(let value): "\(value)"
            case .number(let value): "\(value)"
            case .truth(let value): value ? "true" : "false"
            case .list(let values): values.map(\.queryValue).joined(separator: ",")
            }
        }
    }

    /// An English text, spoken with the demo voice.
    init(_ text: String, seed: Int = 1, _ more: [String: Field] = [:]) {
        fields = [
            "text": .text(text), "text_lang": "en", "prompt_lang": "en", "ref_audio_path": .text(Workspace.reference),
            "seed": .integer(seed),
        ]
        fields.merge(more) { $1 }
    }

    /// The request as `POST` with JSON.
    func post() throws -> [UInt8] { Request.post("/tts", [UInt8](try JSONEncoder().encode(fields))) }

    /// The request as `GET` with a query.
    func get() -> [UInt8] { Request.get("/tts", fields.mapValues(\.queryValue)) }
}

/// The bytes of HTTP requests.
enum Request {
    static func get(_ path: String, _ query: [String: String] = [:]) -> [UInt8] {
        let pairs = query.map { "\(escaped($0.key))=\(escaped($0.value))" }
        let target = pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&")
        return Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
    }

    static func post(_ path: String, _ body: [UInt8], length: Int? = nil) -> [UInt8] {
        let head =
            "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(length ?? body.count)\r\n\r\n"
        return Array(head.utf8) + body
    }

    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}
