import HTTPTypes
import Hummingbird
import Wire

/// `/livez`, `/readyz`, `/health`, `/metrics` and `/version`: how the server is.
struct StateRoutes: Sendable {
    let service: RouterService
    let softwareVersion: String
    let metricsText: @Sendable () -> String

    /// The process runs and answers.
    func live(_ request: Request, _ context: RouteContext, _ trace: String) async throws -> Response {
        Answer.json(.ok, ["status": "ok"])
    }

    /// A request that is sent now would be worked on.
    func ready(_ request: Request, _ context: RouteContext, _ trace: String) async throws -> Response {
        let snapshot = await service.snapshot
        switch snapshot.status {
        case "draining":
            throw RouterError(.draining, "this server is about to stop", isRetriable: true, retryAfter: 5)
        case "unavailable":
            throw RouterError(.noWorker, "no worker is ready", isRetriable: true, retryAfter: 5)
        default:
            return Answer.json(.ok, ["status": "ready"])
        }
    }

    func health(_ request: Request, _ context: RouteContext, _ trace: String) async throws -> Response {
        try Answer.json(.ok, encoding: await service.snapshot)
    }

    func metrics(_ request: Request, _ context: RouteContext, _ trace: String) async throws -> Response {
        Answer.text(metricsText(), type: "text/plain; version=0.0.4; charset=utf-8")
    }

    func version(_ request: Request, _ context: RouteContext, _ trace: String) async throws -> Response {
        Answer.json(
            .ok,
            [
                "name": "chorus", "version": .string(softwareVersion),
                "protocol": .string(ProtocolVersion.current.description),
            ])
    }
}
