import HTTPTypes
import Hummingbird
import Telemetry

/// Finds the route of a request, and turns every error into a response.
struct RouteTable: HTTPResponder {
    typealias Context = RouteContext
    typealias Handler = @Sendable (Request, RouteContext, _ traceparent: String) async throws -> Response

    /// One path.
    struct Route: Sendable {
        let handlers: [HTTPRequest.Method: Handler]
        /// How errors look that a handler throws.
        let style: Answer.ErrorStyle
        /// How a wrong verb is answered.
        let verbStyle: Answer.ErrorStyle
    }

    private let routes: [String: Route]
    private let metrics: RouterMetrics

    init(routes: [String: Route], metrics: RouterMetrics) {
        self.routes = routes
        self.metrics = metrics
    }

    func respond(to request: Request, context: RouteContext) async throws -> Response {
        let start = ContinuousClock.now
        let trace = Self.trace(of: request)
        let path = String((request.head.path ?? "/").prefix { $0 != "?" && $0 != "#" })
        let route = routes[path]
        var response = await answer(request, context, trace, path, route)
        response.headers[Self.traceparent] = trace
        // Paths that do not exist share one label, so that a scanner does not fill the memory with them.
        if request.method == .head { response = response.createHeadResponse() }
        metrics.answered(
            route: route == nil ? "other" : path, status: Int(response.status.code), after: .now - start)
        return response
    }

    /// The caller's trace with a span of our own, or a new trace.
    private static func trace(of request: Request) -> String {
        let caller = request.headers[traceparent].flatMap { TraceContext(traceparent: $0) }
        return (caller?.child() ?? .random()).traceparent
    }

    private static let traceparent = HTTPField.Name("traceparent") ?? .from

    private func answer(
        _ request: Request, _ context: RouteContext, _ trace: String, _ path: String, _ route: Route?
    ) async -> Response {
        guard let route else {
            return Answer.failure(
                RouterError(.routeNotFound, "there is no route \(path.prefix(128)); see the README for those that are"),
                style: .envelope)
        }
        guard let handler = route.handlers[request.method] else {
            var response = Answer.failure(
                RouterError(.methodNotAllowed, "Method Not Allowed"), style: route.verbStyle)
            response.headers[.allow] = route.handlers.keys.map(\.rawValue).sorted().joined(separator: ", ")
            return response
        }
        do {
            return try await handler(request, context, trace)
        } catch let error as RouterError {
            context.logger.debug("a request failed", metadata: ["path": "\(path)", "error": "\(error)"])
            return Answer.failure(error, style: route.style)
        } catch {
            context.logger.warning("a request failed", metadata: ["path": "\(path)", "error": "\(error)"])
            let failure = RouterError(.incompleteBody, "the request could not be read to its end", underlying: error)
            return Answer.failure(failure, style: route.style)
        }
    }
}
