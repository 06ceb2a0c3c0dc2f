import Audio
import Checkpoints
import Models
import Text
import Torch

/// Runs work of the lower floors and turns whatever they throw into this target's one error type.
func translatingErrors<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
    do {
        return try await body()
    } catch {
        throw SynthesisError(translating: error)
    }
}

extension SynthesisError {
    /// Says of a lower floor's error what a caller of the synthesizer can do about it.
    init(translating error: any Error) {
        switch error {
        case let error as SynthesisError: self = error
        case let error as TextError:
            let code: Code =
                switch error.code {
                case .invalidInput: .badRequest
                default: .internal
                }
            self.init(code, error.message, underlying: error)
        case let error as AudioError:
            let code: Code =
                switch error.code {
                case .unreadable, .notRegularFile: .notFound
                case .unsupportedFormat, .empty, .tooLarge, .nonFinite, .invalidArgument, .referenceLength: .badRequest
                default: .internal
                }
            self.init(code, error.message, underlying: error)
        case let error as CheckpointError:
            self.init(error.code == .fileNotFound ? .notFound : .badCheckpoint, error.description, underlying: error)
        case let error as TorchError:
            let code: Code =
                switch error.code {
                case .outOfMemory: .outOfMemory
                case .weights: .badCheckpoint
                default: .internal
                }
            self.init(code, error.message, underlying: error)
        case let error as ModelError:
            let code: Code =
                switch error.code {
                case .weights: .badCheckpoint
                case .input: .badRequest
                case .cancelled: .cancelled
                case .device where error.isRetriable: .outOfMemory
                default: .internal
                }
            self.init(code, error.description, underlying: error)
        case is CancellationError: self.init(.cancelled, "the request was cancelled")
        default: self.init(.internal, "\(error)", underlying: error)
        }
    }
}
