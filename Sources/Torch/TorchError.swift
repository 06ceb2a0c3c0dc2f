import CTorch

/// What went wrong in libtorch, or between libtorch and us.
public struct TorchError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, as far as a caller can act on it.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, in logs.
        public let description: String

        /// The device has no memory left. The work may succeed later, or in smaller pieces.
        public static let outOfMemory = Code(description: "out of memory")
        /// Shapes, ranks or indices do not fit the operation.
        public static let shape = Code(description: "shape")
        /// The device is missing, faulty, or two tensors live on different ones.
        public static let device = Code(description: "device")
        /// This build of libtorch cannot do it.
        public static let unavailable = Code(description: "unavailable")
        /// A checkpoint lacks a tensor, or it has another shape than the model needs.
        public static let weights = Code(description: "weights")
        /// Anything else that libtorch refused.
        public static let other = Code(description: "other")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to which operation with which shapes, and what to do where there is something to do.
    public let message: String

    /// Makes an error. `message` names the operation and its operands.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the same call can succeed later without a change.
    public var isRetriable: Bool { code == .outOfMemory }

    /// The code and the message on one line.
    public var description: String { "libtorch (\(code)): \(message)" }

    /// Takes the message out of `status` and frees it.
    init(taking status: inout ct_status) {
        let text = status.message.map { String(cString: $0) } ?? "no message"
        switch ct_error_kind(UInt32(bitPattern: status.kind)) {
        case CT_OUT_OF_MEMORY: self.init(.outOfMemory, text)
        case CT_SHAPE: self.init(.shape, text)
        case CT_DEVICE: self.init(.device, text)
        case CT_UNAVAILABLE: self.init(.unavailable, text)
        default: self.init(.other, text)
        }
        ct_status_clear(&status)
    }
}
