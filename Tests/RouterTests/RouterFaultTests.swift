import FakeSupport
import TestSupport
import Testing
import Wire
import Worker

@testable import Router

/// Faults and load, over real sockets.
@Suite(.serialized) struct RouterFaultTests {
    private func held(_ synthesizer: FakeSynthesizer) {
        synthesizer.controls.update {
            $0.plan = { _ in
                var plan = FakePlan()
                plan.waitsForRelease = true
                return plan
            }
        }
    }

    /// Fifty requests while one of two workers dies with its slots full: all are answered.
    @Test func theDeathOfAWorkerLosesNothingThatHadNotBegun() async throws {
        let survivor = FakeSynthesizer()
        survivor.controls.update {
            $0.plan = { _ in
                var plan = FakePlan()
                plan.delay = .milliseconds(5)
                return plan
            }
        }
        try await RouterHarness.run(workers: ["survivor": survivor]) { router in
            let victim = try PuppetWorker("victim", router.endpoint)
            try await victim.join(slots: 8)
            victim.startBeating()
            try await router.waitFor([("victim", "ready")])
            let replies = try await withThrowingTaskGroup(of: HTTPConnection.Reply.self) { group in
                for seed in 0..<50 {
                    group.addTask { try await router.post("/tts", RouterHarness.speech(seed: seed)) }
                }
                // It takes work, says so, and dies without a word.
                for _ in 0..<8 {
                    let submit = try await victim.receive(.submit)
                    victim.send(.accept, request: submit.request)
                }
                await victim.close()
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(replies.count == 50)
            for reply in replies {
                #expect(reply.status == 200, "\(reply.text)")
                #expect(reply.isComplete)
                #expect(reply.body.count == 1000)
            }
        }
    }

    @Test func aSilentWorkerIsOutWithinTwoAndAHalfSecondsAndReturns() async throws {
        let other = FakeSynthesizer()
        try await RouterHarness.run(workers: ["other": other]) { router in
            let worker = try PuppetWorker("quiet", router.endpoint)
            try await worker.join()
            worker.startBeating()
            try await router.waitFor([("quiet", "ready")])
            // The faster of the two gets the request, and holds it.
            async let reply = router.post("/tts", RouterHarness.speech())
            let submit = try await worker.receive(.submit)
            worker.send(.accept, request: submit.request)

            worker.fallSilent()
            let start = ContinuousClock.now
            try await router.waitFor([("quiet", "silent")])
            let elapsed = ContinuousClock.now - start
            #expect(elapsed < .milliseconds(2500), "\(elapsed)")
            #expect(elapsed > .milliseconds(1500), "\(elapsed)")
            #expect(try await reply.status == 200)
            #expect(other.record.value.requests.count == 1)
            _ = try await worker.receive(.cancel)

            worker.startBeating()
            try await router.waitFor([("quiet", "ready")])
            await worker.close()
        }
    }

    /// Requests without pause while the weights are switched three times: none fails, and none has bytes of two sets.
    @Test func aSwitchUnderLoadFailsNoRequest() async throws {
        let workers = ["a": FakeSynthesizer(), "b": FakeSynthesizer()]
        for worker in workers.values {
            worker.controls.update {
                $0.plan = { _ in
                    var plan = FakePlan(pieces: Array(repeating: 500, count: 4))
                    plan.pattern = .epoch
                    plan.delay = .milliseconds(2)
                    return plan
                }
            }
        }
        try await RouterHarness.run(workers: workers) { router in
            let isOver = Observed(false)
            let epochs = try await withThrowingTaskGroup(of: Set<UInt8>.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        var seen: Set<UInt8> = []
                        while !isOver.value {
                            let reply = try await router.post("/tts", RouterHarness.speech())
                            #expect(reply.status == 200, "\(reply.text)")
                            #expect(reply.body.count == 2000)
                            let bytes = Set(reply.body)
                            #expect(bytes.count == 1, "two sets in one answer")
                            seen.formUnion(bytes)
                        }
                        return seen
                    }
                }
                for index in 1...3 {
                    let reply = try await router.get("/set_sovits_weights?weights_path=\(index).pth")
                    #expect(reply.status == 200, "\(reply.text)")
                    // What is sent after the answer is spoken by the new set.
                    let spoken = try await router.post("/tts", RouterHarness.speech())
                    #expect(Set(spoken.body) == [UInt8(index)])
                }
                for worker in workers.values {
                    worker.controls.update {
                        $0.prepareFailure = SynthesisFailure(code: .badCheckpoint, message: "broken")
                    }
                }
                #expect(try await router.get("/set_gpt_weights?weights_path=broken.ckpt").status == 400)
                isOver.update { $0 = true }
                return try await group.reduce(into: Set<UInt8>()) { $0.formUnion($1) }
            }
            #expect(epochs.isSubset(of: [0, 1, 2, 3]))
            #expect(epochs.contains(3))
        }
    }

    @Test func aFullQueueAnswers429() async throws {
        let synthesizer = FakeSynthesizer()
        held(synthesizer)
        try await RouterHarness.run(workers: ["a": synthesizer], slots: 1) { configuration, _ in
            configuration.policy.queueLimit = 3
        } _: { router in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask { try await router.post("/tts", RouterHarness.speech()).status }
                }
                try await synthesizer.record.wait { $0.active == 1 }
                while try await router.health()["queue"]?["depth"] != 3 { await Task.yield() }
                let refused = try await router.post("/tts", RouterHarness.speech())
                #expect(refused.status == 429)
                #expect(refused.headers["retry-after"].flatMap { Int($0) }.map { $0 >= 1 } == true)
                #expect(refused.text.contains(#""message":"tts failed""#))
                synthesizer.release()
                for try await status in group { #expect(status == 200) }
            }
        }
    }

    @Test func withoutAWorkerTheAnswerIs503() async throws {
        try await RouterHarness.run { router in
            let reply = try await router.post("/tts", RouterHarness.speech())
            #expect(reply.status == 503)
            #expect(reply.headers["retry-after"] == "5")
        }
    }

    @Test func afterTheDeadlineTheAnswerIs504() async throws {
        let synthesizer = FakeSynthesizer()
        held(synthesizer)
        try await RouterHarness.run(workers: ["a": synthesizer], slots: 1) { configuration, _ in
            configuration.policy.requestTimeout = .milliseconds(600)
        } _: { router in
            // One at the worker, one in the queue.
            async let first = router.post("/tts", RouterHarness.speech())
            async let second = router.post("/tts", RouterHarness.speech())
            #expect(try await first.status == 504)
            #expect(try await second.status == 504)
            try await synthesizer.record.wait { $0.active == 0 }
        }
    }

    @Test func aDrainFinishesWhatIsUnderWay() async throws {
        let synthesizer = FakeSynthesizer()
        held(synthesizer)
        try await RouterHarness.run(workers: ["a": synthesizer]) { router in
            async let running = router.post("/tts", RouterHarness.speech())
            try await synthesizer.record.wait { $0.active == 1 }
            await router.shutDown()
            // Whoever comes meanwhile is told, and not left before a closed door.
            while try await router.get("/readyz").status == 200 { await Task.yield() }
            let refusal = try await router.post("/tts", RouterHarness.speech())
            #expect(refusal.status == 503)
            #expect(refusal.headers["retry-after"] != nil)
            #expect(refusal.text.contains("about to stop"))
            synthesizer.release()
            let reply = try await running
            #expect(reply.status == 200)
            #expect(reply.isComplete)
        }
    }

    @Test func theDrainTimeEndsWhatDoesNotFinish() async throws {
        let synthesizer = FakeSynthesizer()
        held(synthesizer)
        try await RouterHarness.run(workers: ["a": synthesizer]) { configuration, _ in
            configuration.drainTimeout = .milliseconds(300)
        } _: { router in
            async let running = router.post("/tts", RouterHarness.speech())
            try await synthesizer.record.wait { $0.active == 1 }
            await router.shutDown()
            let reply = try await running
            #expect(reply.status == 503)
            #expect(reply.headers["retry-after"] != nil)
        }
    }

    @Test func settingsThatCannotWorkAreRefused() async throws {
        await #expect(throws: RouterError.self) {
            try await RouterHarness.run({ configuration, _ in configuration.workerEndpoints = [] }, { _ in })
        }
        try await RouterHarness.run { first in
            let error = await #expect(throws: RouterError.self) {
                try await RouterHarness.run({ configuration, _ in configuration.port = first.port }, { _ in })
            }
            #expect(error?.code == .badConfiguration)
            #expect(error?.message.contains("\(first.port)") == true)
        }
    }
}
