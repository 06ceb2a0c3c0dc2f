import Glibc
import Testing
import Torch

@Suite struct ConfinedThreadTests {
    private struct Refused: Error {}

    /// Counts what is alive of it.
    private final class Content {
        var calls = 0
        let thread = UInt(pthread_self())
    }

    @Test("content is made and used on the one thread, one call at a time")
    func confinement() async throws {
        let thread = ConfinedThread(name: "test confined") { Content() }
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try thread.run { content in
                        #expect(UInt(pthread_self()) == content.thread)
                        content.calls += 1
                        return content.calls
                    }
                }
            }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(counts == Set(1...50))
        #expect(try thread.run { $0.thread } != UInt(pthread_self()))
    }

    @Test("errors reach the caller, and the next call is served")
    func errors() throws {
        let thread = ConfinedThread(name: "test errors") { 0 }
        #expect(throws: Refused.self) { try thread.run { _ in throw Refused() } }
        #expect(
            try thread.run { value in
                value += 1
                return value
            } == 1)
    }

    /// Tells when it is gone.
    private final class Watched: Sendable {
        let onEnd: AsyncStream<Void>.Continuation
        init(_ onEnd: AsyncStream<Void>.Continuation) { self.onEnd = onEnd }
        deinit { onEnd.finish() }
    }

    @Test("the content goes with the last reference")
    func end() async throws {
        let (ended, continuation) = AsyncStream.makeStream(of: Void.self)
        do {
            let thread = ConfinedThread(name: "test end") { Watched(continuation) }
            #expect(try thread.run { _ in 7 } == 7)
        }
        for await _ in ended {}
    }
}
