import HTTPTypes
import Hummingbird

/// `GET` and `POST /control`: `restart` and `exit`, for whoever has the admin key and for this host.
struct ControlRoute: Sendable {
    let adminKey: String?
    let maximumBodyBytes: Int
    let control: @Sendable (ControlCommand) async -> Void

    func get(_ request: Request, _ context: RouteContext, _ trace: String) async throws -> Response {
        try authorize(request, context)
        return try perform(try RequestContent.query(of: request)["command"])
    }

    func post(_ request: Request, _ context: RouteContext, _ trace: String) async throws -> Response {
        try authorize(request, context)
        let body = try await RequestContent.json(of: request, limit: maximumBodyBytes)
        guard case .string(let command)? = body["command"] else { return try perform(nil) }
        return try perform(command)
    }

    private func perform(_ name: String?) throws(RouterError) -> Response {
        guard let name else { throw RouterError(.badRequest, "command is required") }
        guard let command = ControlCommand(rawValue: name) else {
            let known = ControlCommand.allCases.map(\.rawValue).joined(separator: " or ")
            throw RouterError(.badRequest, "command: \(name.prefix(64)) is not supported; send \(known)")
        }
        let control = control
        var response = Answer.json(.ok, Answer.success)
        let bytes = ByteBuffer(bytes: Answer.success.encoded)
        response.body = ResponseBody(contentLength: bytes.readableBytes) { writer in
            try await writer.write(bytes)
            try await writer.finish(nil)
            // Only now, so that whoever asked is answered before the server stops.
            await control(command)
        }
        return response
    }

    // MARK: Admission

    private func authorize(_ request: Request, _ context: RouteContext) throws(RouterError) {
        if let offered = Self.key(of: request) {
            guard let adminKey, Self.areEqual(offered, adminKey) else {
                throw RouterError(.forbidden, "this admin key is not valid here")
            }
            return
        }
        // A proxy on this host speaks for others, and so does a browser that a foreign page sends here.
        guard context.isLocal, !Self.isForwarded(request), !Self.isForeignPage(request) else {
            throw adminKey == nil
                ? RouterError(
                    .forbidden, "only this host may do that; set an admin key to allow it from elsewhere")
                : RouterError(.unauthorized, "send the admin key as Authorization: Bearer … or X-Admin-Key: …")
        }
    }

    private static func key(of request: Request) -> String? {
        if let name = HTTPField.Name("X-Admin-Key"), let key = request.headers[name] { return key }
        guard let value = request.headers[.authorization] else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    private static func isForwarded(_ request: Request) -> Bool {
        ["Forwarded", "X-Forwarded-For", "X-Real-IP"].contains { name in
            HTTPField.Name(name).map { request.headers.contains($0) } ?? false
        }
    }

    private static func isForeignPage(_ request: Request) -> Bool {
        if request.headers.contains(.origin) { return true }
        guard let name = HTTPField.Name("Sec-Fetch-Site"), let site = request.headers[name] else { return false }
        return site != "none" && site != "same-origin"
    }

    /// Compares in a time that does not tell how much of the key was right.
    private static func areEqual(_ first: String, _ second: String) -> Bool {
        let first = Array(first.utf8)
        let second = Array(second.utf8)
        var difference = first.count ^ second.count
        for (index, byte) in second.enumerated() {
            difference |= Int(byte ^ (index < first.count ? first[index] : ~byte))
        }
        return difference == 0
    }
}
