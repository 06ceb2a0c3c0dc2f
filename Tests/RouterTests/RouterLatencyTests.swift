import FakeSupport
import TestSupport
import Testing
import Wire
import Worker

@testable import Router

/// What the router adds to a request: HTTP, admission, dispatch, ZeroMQ both ways, the worker's service.
@Suite(.serialized) struct RouterLatencyTests {
    private func quantiles(_ durations: [Duration]) -> (median: Duration, p95: Duration) {
        let sorted = durations.sorted()
        return (sorted[sorted.count / 2], sorted[sorted.count * 95 / 100])
    }

    @Test func theRouterAddsLittle() async throws {
        let synthesizer = FakeSynthesizer()
        let count = 400
        let request = SpeechRequest(text: "Hello.", textLang: "en", refAudioPath: "/ref.wav", promptLang: "en")
        try await RouterHarness.run(workers: ["a": synthesizer]) { router in
            let port = router.port
            let through = try await blocking {
                let connection = try HTTPConnection(port: port)
                let body = Array(RouterHarness.speech().utf8)
                return try (0..<count).map { _ in
                    let start = ContinuousClock.now
                    let reply = try connection.request(
                        "POST", "/tts", headers: ["Content-Type": "application/json"], body: body)
                    #expect(reply.status == 200)
                    return ContinuousClock.now - start
                }
            }
            var direct: [Duration] = []
            for id in 0..<count {
                let start = ContinuousClock.now
                let context = SynthesisContext(
                    requestID: UInt64(id), deadline: .now + .seconds(10), cancellation: CancellationFlag())
                _ = try await synthesizer.synthesize(request, context: context) { _ in }
                direct.append(.now - start)
            }
            let added = quantiles(through)
            let inside = quantiles(direct)
            print(
                "router latency: median \(added.median), p95 \(added.p95); the call itself: median \(inside.median), "
                    + "p95 \(inside.p95)")
            #if DEBUG
                let limit = Duration.milliseconds(50)
            #else
                let limit = Duration.milliseconds(5)
            #endif
            #expect(added.median - inside.median < limit)
        }
    }
}
