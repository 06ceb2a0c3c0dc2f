import HTTPTypes
import Hummingbird
import Wire

/// `GET` and `POST /tts`: the request goes to a worker, and its audio comes back as the worker makes it.
struct SpeechRoute: Sendable {
    static let failed = Answer.ErrorStyle.exception("tts failed")

    let service: RouterService
    let resolveReference: @Sendable (String) throws -> String
    let maximumBodyBytes: Int
    let maximumTextCharacters: Int
    let metrics: RouterMetrics

    func get(_ request: Request, _ context: RouteContext, _ trace: String) async throws -> Response {
        let parser = await parser
        return try await speak(context, trace) { () async throws -> SpeechRequest in
            try parser.parse(query: try RequestContent.query(of: request))
        }
    }

    func post(_ request: Request, _ context: RouteContext, _ trace: String) async throws -> Response {
        let parser = await parser
        return try await speak(context, trace) {
            try parser.parse(body: try await RequestContent.json(of: request, limit: maximumBodyBytes))
        }
    }

    private var parser: SpeechRequestParser {
        get async {
            SpeechRequestParser(
                versions: await service.modelVersions, maximumTextCharacters: maximumTextCharacters)
        }
    }

    private func speak(
        _ context: RouteContext, _ trace: String, _ read: () async throws -> SpeechRequest
    ) async throws -> Response {
        var speech: SpeechRequest
        do {
            speech = try await read()
        } catch let error as RouterError {
            return Answer.failure(error, style: .message)
        }
        try resolve(&speech)
        let start = ContinuousClock.now
        let presence = try await context.presence()
        let exchange = await service.submit(.speech(speech), trace: trace)
        let service = service
        presence.watch { service.depart(exchange.id) }
        do {
            let head = try await firstEvent(of: exchange)
            metrics.began(after: .now - start)
            return Response(
                status: .ok, headers: Self.headers(head), body: body(of: exchange, head, presence, context, start))
        } catch {
            presence.unwatch()
            throw error
        }
    }

    /// The rate is what a client of bare PCM has to know, and the kind of streaming tells that modes 2 and 3 fell back to
    /// fragments.
    private static func headers(_ head: StreamHead) -> HTTPFields {
        var fields: HTTPFields = [.contentType: head.contentType]
        if let name = HTTPField.Name("X-Chorus-Sample-Rate") { fields[name] = "\(head.sampleRate)" }
        if let kind = head.streaming, let name = HTTPField.Name("X-Chorus-Streaming") { fields[name] = kind.rawValue }
        return fields
    }

    /// Resolves the paths of the request under the allowed roots. An auxiliary reference that does not exist is left out, as
    /// in the Python server.
    private func resolve(_ speech: inout SpeechRequest) throws {
        speech.refAudioPath = try RouterHooks.resolve(speech.refAudioPath, with: resolveReference)
        var paths: [String] = []
        for path in speech.auxRefAudioPaths {
            do throws(RouterError) {
                paths.append(try RouterHooks.resolve(path, with: resolveReference))
            } catch {
                guard error.code == .notFound else { throw error }
            }
        }
        speech.auxRefAudioPaths = paths
    }

    private func firstEvent(of exchange: SpeechExchange) async throws -> StreamHead {
        var iterator = exchange.events.makeAsyncIterator()
        guard case .head(let head)? = try await iterator.next() else {
            throw RouterError(.clientGone, "the request was given up before its answer began")
        }
        return head
    }

    private func body(
        of exchange: SpeechExchange, _ head: StreamHead, _ presence: ClientPresence, _ context: RouteContext,
        _ start: ContinuousClock.Instant
    ) -> ResponseBody {
        let service = service
        let metrics = metrics
        let channel = context.channel
        return ResponseBody(contentLength: head.contentLength) { writer in
            var isComplete = false
            // However this ends, the request is over.
            defer {
                presence.unwatch()
                service.depart(exchange.id)
                metrics.ended(after: .now - start, isComplete: isComplete)
            }
            await service.begin(exchange.id) { channel.close(promise: nil) }
            for try await event in exchange.events {
                switch event {
                case .head: break
                case .bytes(let bytes):
                    try await writer.write(ByteBuffer(bytes: bytes))
                    await service.took(bytes.count, of: exchange.id)
                case .end: isComplete = true
                }
            }
            // Without its last chunk, or short of its announced length, the client sees that the answer is broken.
            guard isComplete else { throw RouterError(.clientGone, "the answer was given up half-way") }
            try await writer.finish(nil)
        }
    }
}

extension RouterHooks {
    /// Resolves a path; an error of another kind means that the path may not be used.
    static func resolve(
        _ path: String, with resolver: @Sendable (String) throws -> String
    ) throws(RouterError) -> String {
        do {
            return try resolver(path)
        } catch let error as RouterError {
            throw error
        } catch {
            throw RouterError(.forbidden, "\(error)", underlying: error)
        }
    }
}
