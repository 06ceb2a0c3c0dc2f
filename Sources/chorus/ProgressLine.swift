import Foundation
import Glibc

/// A line on standard error for work that takes longer than two seconds: what it is, and for how long it has been going on.
enum ProgressLine {
    /// Runs `body`; after two seconds shows `what` with the seconds, once a second, until it ends. Only on a terminal.
    static func showing<Result: Sendable>(
        _ what: String, _ body: @Sendable @escaping () async throws -> Result
    ) async throws -> Result {
        guard isatty(STDERR_FILENO) == 1 else { return try await body() }
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                let start = ContinuousClock.now
                try? await Task.sleep(for: .seconds(2))
                while !Task.isCancelled {
                    let seconds = (ContinuousClock.now - start).components.seconds
                    FileHandle.standardError.write(Data("\r\(what): \(seconds) s ".utf8))
                    try? await Task.sleep(for: .seconds(1))
                }
                return nil
            }
            defer { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
            while let finished = try await group.next() {
                if let result = finished {
                    group.cancelAll()
                    return result
                }
            }
            throw CancellationError()
        }
    }
}
