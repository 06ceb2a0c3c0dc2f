/// What went wrong with a request, a weight switch, or the router itself.
public struct RouterError: Error, CustomStringConvertible {
    /// The reason, as a value that can be compared. New codes may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's name, as it appears in logs and in the `code` of error bodies.
        public let description: String

        /// A value of the request cannot be used.
        public static let badRequest = Code(description: "bad_request")
        /// A field of the request has the wrong type; `message` names each.
        public static let malformedField = Code(description: "malformed_field")
        /// A path is outside of the allowed roots, or a key is wrong.
        public static let forbidden = Code(description: "forbidden")
        /// A key is needed and none came.
        public static let unauthorized = Code(description: "unauthorized")
        /// The request names a model that no worker holds.
        public static let unknownModel = Code(description: "unknown_model")
        /// What the request names does not exist.
        public static let notFound = Code(description: "not_found")
        /// There is no such route.
        public static let routeNotFound = Code(description: "route_not_found")
        /// The route exists, but not with this verb.
        public static let methodNotAllowed = Code(description: "method_not_allowed")
        /// The body is larger than the limit.
        public static let tooLarge = Code(description: "too_large")
        /// The header is larger than the limit.
        public static let headerTooLarge = Code(description: "header_too_large")
        /// The body did not come in time or broke off.
        public static let incompleteBody = Code(description: "incomplete_body")
        /// The queue is full.
        public static let queueFull = Code(description: "queue_full")
        /// No worker is ready.
        public static let noWorker = Code(description: "no_worker")
        /// The router is about to stop.
        public static let draining = Code(description: "draining")
        /// The deadline passed before the first byte.
        public static let deadline = Code(description: "deadline")
        /// The worker was lost and the retries are spent.
        public static let workerLost = Code(description: "worker_lost")
        /// A worker ran out of memory.
        public static let outOfMemory = Code(description: "out_of_memory")
        /// Something went wrong that the client has no part in.
        public static let `internal` = Code(description: "internal")
        /// The client went away, or took nothing for too long.
        public static let clientGone = Code(description: "client_gone")
        /// A checkpoint cannot be used.
        public static let badCheckpoint = Code(description: "bad_checkpoint")
        /// Other weight switches are waiting already.
        public static let switchQueueFull = Code(description: "switch_queue_full")
        /// The router's own settings cannot work.
        public static let badConfiguration = Code(description: "bad_configuration")
    }

    /// The reason.
    public let code: Code
    /// What happened, to what, and what to do.
    public let message: String
    /// The error that lies below, where there is one.
    public let underlying: (any Error)?
    /// Whether the same request can succeed when it is sent again.
    public let isRetriable: Bool
    /// After how many seconds a retry makes sense, where that is known.
    public let retryAfter: Int?
    /// What is wrong with the form of the request, field by field.
    let issues: [ValidationIssue]

    /// Creates an error.
    public init(
        _ code: Code, _ message: String, underlying: (any Error)? = nil, isRetriable: Bool = false,
        retryAfter: Int? = nil
    ) {
        self.code = code
        self.message = message
        self.underlying = underlying
        self.isRetriable = isRetriable
        self.retryAfter = retryAfter
        issues = []
    }

    /// Creates an error about the form of a request.
    init(issues: [ValidationIssue]) {
        code = .malformedField
        message = issues.map { issue in
            let way = issue.location.dropFirst().map { step in
                switch step {
                case .name(let name): name
                case .index(let index): String(index)
                }
            }
            return (way.isEmpty ? "" : way.joined(separator: ".") + ": ") + issue.message
        }.joined(separator: "; ")
        underlying = nil
        isRetriable = false
        retryAfter = nil
        self.issues = issues
    }

    /// The code, the message, and the error below.
    public var description: String {
        guard let underlying else { return "\(code): \(message)" }
        return "\(code): \(message) (\(underlying))"
    }
}
