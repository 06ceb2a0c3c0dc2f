import Hummingbird

/// `GET /set_gpt_weights`, `/set_sovits_weights` and `/set_refer_audio`: commands that concern every worker.
struct WeightsRoute: Sendable {
    let service: RouterService
    let hooks: RouterHooks

    func setGPT(_ request: Request, _ context: RouteContext, _ trace: String) async throws -> Response {
        try await change(request, missing: "gpt weight path is required") { WeightChange(gptPath: $0) }
    }

    func setSoVITS(_ request: Request, _ context: RouteContext, _ trace: String) async throws -> Response {
        try await change(request, missing: "sovits weight path is required") { WeightChange(sovitsPath: $0) }
    }

    func setReference(_ request: Request, _ context: RouteContext, _ trace: String) async throws -> Response {
        guard let path = try RequestContent.query(of: request)["refer_audio_path"], !path.isEmpty else {
            throw RouterError(.badRequest, "refer_audio_path is required")
        }
        try await service.cacheReference(path: try RouterHooks.resolve(path, with: hooks.resolveReference))
        return Answer.json(.ok, Answer.success)
    }

    private func change(
        _ request: Request, missing: String, _ change: (String) -> WeightChange
    ) async throws -> Response {
        guard let path = try RequestContent.query(of: request)["weights_path"], !path.isEmpty else {
            return Answer.failure(RouterError(.badRequest, missing), style: .message)
        }
        try await service.switchWeights(change(try RouterHooks.resolve(path, with: hooks.resolveWeights)))
        return Answer.json(.ok, Answer.success)
    }
}
