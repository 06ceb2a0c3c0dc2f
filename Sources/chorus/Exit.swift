import ArgumentParser
import Checkpoints
import Foundation
import Glibc
import Messaging
import Router
import Settings
import Supervision
import Synthesis
import Text
import Worker

/// Exit codes as `sysexits.h` numbers them.
extension ExitCode {
    /// The input data cannot be used.
    static let dataError = ExitCode(EX_DATAERR)
    /// An input file does not exist or cannot be read.
    static let noInput = ExitCode(EX_NOINPUT)
    /// An output file cannot be written.
    static let cannotCreate = ExitCode(EX_CANTCREAT)
    /// Trying again later may help.
    static let temporaryFailure = ExitCode(EX_TEMPFAIL)
    /// The configuration is wrong: starting again without a change cannot help.
    static let configurationError = ExitCode(EX_CONFIG)
}

/// Writes to standard error.
func printError(_ message: String) {
    FileHandle.standardError.write(Data((message + "\n").utf8))
}

/// Runs a command's body and turns an error into a message and an exit code.
func exitingWithMessage(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let error as ExitCode {
        throw error
    } catch {
        printError("chorus: \(message(for: error))")
        throw exitCode(for: error)
    }
}

private func message(for error: any Error) -> String {
    switch error {
    case let error as SynthesisError: error.message
    case let error as TextError: error.message
    case let error as CheckpointError: error.message
    default: "\(error)"
    }
}

private func exitCode(for error: any Error) -> ExitCode {
    switch error {
    case let error as SynthesisError:
        switch error.code {
        case .badRequest, .badCheckpoint: .dataError
        case .notFound: .noInput
        case .outOfMemory: .temporaryFailure
        default: .failure
        }
    case let error as TextError: error.code == .invalidInput ? .dataError : .configurationError
    case let error as CheckpointError: error.code == .fileNotFound ? .noInput : .dataError
    case is SettingsError: .configurationError
    case let error as RouterError where error.code == .badConfiguration: .configurationError
    case let error as WorkerError where !error.isRetriable: .configurationError
    case let error as MessagingError where [.badEndpoint, .badKey, .insecure].contains(error.code): .configurationError
    case is SupervisionError: .configurationError
    default: .failure
    }
}
