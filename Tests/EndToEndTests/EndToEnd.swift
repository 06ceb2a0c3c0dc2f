import Testing

/// Tests of the finished program: real processes, real sockets, real models of the demo voice. One after the other, because
/// they measure seconds and end processes.
@Suite(
    .serialized, .timeLimit(.minutes(5)),
    .enabled(if: Installation.missing == nil, Comment(rawValue: Installation.missing ?? "")))
enum EndToEnd {}

/// A test waited in vain, or a process did what it should not.
struct EndToEndFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Asks `probe` again and again until it gives a value.
///
/// - Parameters:
///   - what: What is waited for, for the error.
///   - limit: For how long.
/// - Throws: ``EndToEndFailure`` when the time is over, and what `probe` throws.
func eventually<Value: Sendable>(
    _ what: String, within limit: Duration = .seconds(30), _ probe: @Sendable () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while true {
        if let value = try await probe() { return value }
        guard ContinuousClock.now < deadline else { throw EndToEndFailure("after \(limit) still not: \(what)") }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// Tells a measured figure to whoever reads the tests' output.
func report(_ what: String, _ duration: Duration) {
    print("measured: \(what): \((duration / .milliseconds(1)).rounded() / 1000) s")
}
