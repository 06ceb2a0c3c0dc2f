import Torch

/// What went wrong while a model was built or run.
public struct ModelError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, as far as a caller can act on it.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, in logs.
        public let description: String

        /// The checkpoint's configuration or tensors do not describe a model of this kind.
        public static let weights = Code(description: "weights")
        /// The caller's input does not fit the model: an id outside a table, a length outside the limits, a wrong shape.
        public static let input = Code(description: "input")
        /// The model computed something that is not a number: the weights are damaged, or the precision is too low.
        public static let notFinite = Code(description: "not finite")
        /// The caller asked to stop.
        public static let cancelled = Code(description: "cancelled")
        /// libtorch refused an operation; see ``ModelError/underlying``.
        public static let device = Code(description: "device")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to what, and what to do about it.
    public let message: String
    /// The error that caused this one, if another did.
    public let underlying: (any Error)?

    /// Makes an error. `message` says what happened, to what, and what to do.
    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// Whether the same call can succeed later without a change.
    public var isRetriable: Bool { (underlying as? TorchError)?.isRetriable ?? false }

    /// The code and the message on one line.
    public var description: String {
        underlying.map { "model (\(code)): \(message): \($0)" } ?? "model (\(code)): \(message)"
    }
}
