import Hummingbird
import Wire

/// `GET /set_gpt_weights`, `/set_sovits_weights` and `/set_refer_audio`: commands that concern every worker of a model, the
/// default one unless `model` names another.
struct WeightsRoute: Sendable {
    let service: RouterService
    let hooks: RouterHooks

    func setGPT(_ request: Request, _ context: RouteContext, _ trace: String) async throws -> Response {
        try await change(request, missing: "gpt weight path is required") { WeightChange(model: $0, gptPath: $1) }
    }

    func setSoVITS(_ request: Request, _ context: RouteContext, _ trace: String) async throws -> Response {
        try await change(request, missing: "sovits weight path is required") { WeightChange(model: $0, sovitsPath: $1) }
    }

    func setReference(_ request: Request, _ context: RouteContext, _ trace: String) async throws -> Response {
        let query = try RequestContent.query(of: request)
        guard let path = query["refer_audio_path"], !path.isEmpty else {
            throw RouterError(.badRequest, "refer_audio_path is required")
        }
        try await service.cacheReference(
            path: try RouterHooks.resolve(path, with: hooks.resolveReference), model: Self.model(query))
        return Answer.json(.ok, Answer.success)
    }

    private func change(
        _ request: Request, missing: String, _ change: (_ model: String, _ path: String) -> WeightChange
    ) async throws -> Response {
        let query = try RequestContent.query(of: request)
        guard let path = query["weights_path"], !path.isEmpty else {
            return Answer.failure(RouterError(.badRequest, missing), style: .message)
        }
        let resolved = try RouterHooks.resolve(path, with: hooks.resolveWeights)
        try await service.switchWeights(change(Self.model(query), resolved))
        return Answer.json(.ok, Answer.success)
    }

    private static func model(_ query: QueryString) -> String {
        query["model"].flatMap { $0.isEmpty ? nil : $0 } ?? ModelSetDescription.defaultName
    }
}
