import Wire

extension RouterError {
    /// A failure that a worker reported.
    init(_ failure: Failure) {
        let code: Code =
            switch failure.code {
            case .badRequest: .badRequest
            case .forbidden: .forbidden
            case .notFound: .notFound
            case .deadline: .deadline
            case .outOfMemory: .outOfMemory
            case .overloaded: .noWorker
            case .badCheckpoint: .badCheckpoint
            default: .internal
            }
        let retryAfter: Int? = code == .noWorker || code == .outOfMemory ? 5 : nil
        self.init(code, failure.message, isRetriable: failure.retriable, retryAfter: retryAfter)
    }
}
