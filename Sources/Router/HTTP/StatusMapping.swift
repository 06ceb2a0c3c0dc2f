import HTTPTypes

extension RouterError.Code {
    /// The HTTP status of an error: the only place where one is chosen.
    ///
    /// What the Python server answers with 400 stays 400, a missing reference file among it. What it has no word for gets the
    /// status that load balancers and clients act on: 429 and 503 to come again, 502 and 504 for a lost or late worker,
    /// 500 for a fault that is not the client's.
    var status: HTTPResponse.Status {
        switch self {
        case .badRequest, .badCheckpoint, .notFound, .incompleteBody: .badRequest
        case .malformedField: .unprocessableContent
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .routeNotFound, .unknownModel: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .tooLarge: .contentTooLarge
        case .headerTooLarge: .requestHeaderFieldsTooLarge
        case .queueFull, .switchQueueFull: .tooManyRequests
        case .clientGone: HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request")
        case .workerLost: .badGateway
        case .noWorker, .draining, .outOfMemory: .serviceUnavailable
        case .deadline: .gatewayTimeout
        default: .internalServerError
        }
    }
}
