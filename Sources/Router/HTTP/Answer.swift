import Foundation
import HTTPTypes
import Hummingbird

/// Builds responses and the bodies of errors.
enum Answer {
    /// How the body of an error looks.
    enum ErrorStyle {
        /// As the Python server's `check_params` has it: `{"message": …}`.
        case message
        /// As the Python server's handlers have it: `{"message": what, "Exception": …}`.
        case exception(String)
        /// As FastAPI has it: `{"detail": …}`.
        case detail
        /// As the newer routes have it: `{"error": {"message", "type", "code", "param"}}`.
        case envelope
    }

    static func json(_ status: HTTPResponse.Status, _ value: JSONValue) -> Response {
        json(status, value.encoded)
    }

    static func json(_ status: HTTPResponse.Status, _ bytes: [UInt8]) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func json(_ status: HTTPResponse.Status, encoding value: some Encodable) throws(RouterError) -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return json(status, [UInt8](try encoder.encode(value)))
        } catch {
            throw RouterError(.internal, "the answer could not be written as JSON", underlying: error)
        }
    }

    static func text(_ text: String, type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// The body of the Python server's answer to a command that succeeded.
    static let success: JSONValue = ["message": "success"]

    /// The response to an error.
    static func failure(_ error: RouterError, style: ErrorStyle) -> Response {
        var response = json(error.code.status, body(error, style))
        if let seconds = error.retryAfter { response.headers[.retryAfter] = String(seconds) }
        if error.code == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
        return response
    }

    /// The body of the response to an error.
    static func body(_ error: RouterError, _ style: ErrorStyle) -> JSONValue {
        guard error.issues.isEmpty else { return ["detail": .array(error.issues.map(\.json))] }
        switch style {
        case .message: return ["message": .string(error.message)]
        case .exception(let what): return ["message": .string(what), "Exception": .string(error.message)]
        case .detail: return ["detail": .string(error.message)]
        case .envelope:
            let kind = error.code.status.kind == .serverError ? "server_error" : "invalid_request_error"
            return [
                "error": [
                    "message": .string(error.message), "type": .string(kind),
                    "code": .string(error.code.description), "param": nil,
                ]
            ]
        }
    }
}
