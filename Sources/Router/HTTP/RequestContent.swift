import HTTPTypes
import Hummingbird

/// Reads what a request carries: its query and its body, within limits and as valid UTF-8.
enum RequestContent {
    /// The fields after `?`.
    static func query(of request: Request) throws(RouterError) -> QueryString {
        let target = request.head.path ?? ""
        guard let mark = target.firstIndex(of: "?") else { return try QueryString("") }
        let end = target.firstIndex(of: "#") ?? target.endIndex
        let start = target.index(after: mark)
        return try QueryString(start < end ? String(target[start..<end]) : "")
    }

    /// The body as the Python server's framework reads it: JSON where the type says so or there is none, and the plain text
    /// as one string otherwise, which no route takes.
    ///
    /// - Throws: `tooLarge`, `badRequest` for what is not UTF-8, `malformedField` for what is not JSON or not there.
    static func json(of request: Request, limit: Int) async throws -> JSONValue {
        let text = try await text(of: request, limit: limit)
        guard !text.isEmpty else { throw RouterError(issues: [.missingBody]) }
        guard isJSON(request.headers[.contentType]) else {
            throw RouterError(issues: [
                ValidationIssue(
                    type: "model_attributes_type", location: [.name("body")],
                    message: "Input should be a valid dictionary or object to extract fields from",
                    input: .string(text), context: "send the header Content-Type: application/json")
            ])
        }
        do throws(JSONSyntaxError) {
            return try JSONParser.parse(text)
        } catch {
            throw RouterError(issues: [.syntax(error)])
        }
    }

    private static func text(of request: Request, limit: Int) async throws -> String {
        if let announced = request.headers[.contentLength].flatMap(Int.init), announced > limit {
            throw tooLarge(limit)
        }
        var buffer = ByteBuffer()
        for try await var part in request.body {
            guard buffer.readableBytes + part.readableBytes <= limit else { throw tooLarge(limit) }
            buffer.writeBuffer(&part)
        }
        guard let text = String(validating: buffer.readableBytesView, as: UTF8.self) else {
            throw RouterError(.badRequest, "the body is not UTF-8; encode text as UTF-8")
        }
        return text
    }

    private static func tooLarge(_ limit: Int) -> RouterError {
        RouterError(.tooLarge, "the body is larger than \(limit) bytes, which is the limit; split the text")
    }

    /// `application/json` and `application/….+json`, with whatever parameters.
    private static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return true }
        let type = contentType.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
        return type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json"))
    }
}
