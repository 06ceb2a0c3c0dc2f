import Messaging
import TestSupport
import Testing
import Wire

@testable import Router

@Suite struct DispatchStateMachineTests {
    // MARK: The way of one request

    @Test func aRequestGoesToAWorkerAndItsAnswerComesBack() throws {
        let scenario = Scenario()
        scenario.join("a")
        let id = scenario.submit()
        let sent = scenario.sent()
        let submit = try #require(sent.first)
        #expect(sent.count == 1)
        #expect(submit.incarnation == 1)
        guard case .submit(let message) = submit.message else {
            Issue.record("\(submit.message)")
            return
        }
        #expect(message.deadlineMilliseconds == 300_000)
        #expect(message.credit == UInt64(scenario.policy.creditWindow))

        scenario.receive(.accept, from: "a", attempt: submit.attempt)
        scenario.receive(.chunk(0, 10, length: 15), from: "a", attempt: submit.attempt)
        scenario.receive(.chunk(1, 5), from: "a", attempt: submit.attempt)
        scenario.receive(.end(chunks: 2, bytes: 15), from: "a", attempt: submit.attempt)
        let events = try #require(scenario.take().responses[id])
        #expect(
            events == [
                .head(StreamHead(contentType: "audio/wav", sampleRate: 32000, contentLength: 15)),
                .bytes([UInt8](repeating: 7, count: 10)), .bytes([UInt8](repeating: 7, count: 5)),
                .end(StreamEnd(audioSeconds: 1, chunks: 2, bytes: 15)),
            ])
        scenario.took(15, of: id)
        #expect(scenario.machine.dispatch.requests.isEmpty)
        #expect(scenario.machine.dispatch.loads[PeerID("a")]?.count == 0)
    }

    @Test func aWorkerGetsNoMoreThanItsSlots() throws {
        let scenario = Scenario()
        scenario.join("a", slots: 2)
        for _ in 0..<5 { scenario.submit() }
        let first = scenario.sent()
        #expect(first.count == 2)
        #expect(scenario.machine.dispatch.queue.depth == 3)
        scenario.receive(
            .error(Failure(code: .badRequest, message: "no", retriable: false)), from: "a", attempt: first[0].attempt)
        let next = scenario.sent().filter { $0.message.kind == .submit }
        #expect(next.count == 1)
        #expect(scenario.machine.dispatch.queue.depth == 2)
    }

    @Test func creditIsSentAsTheClientTakes() throws {
        let scenario = Scenario { $0.creditWindow = 100 }
        scenario.join("a")
        let id = scenario.submit()
        let attempt = try #require(scenario.submitted()).attempt
        scenario.receive(.chunk(0, 100), from: "a", attempt: attempt)
        scenario.took(10, of: id)
        #expect(scenario.sent().isEmpty)
        scenario.took(90, of: id)
        #expect(scenario.sent().map(\.message) == [.credit(Credit(bytes: 100))])
    }

    @Test func aStreamBeyondItsCreditIsBroken() throws {
        let scenario = Scenario { $0.creditWindow = 100 }
        scenario.join("a")
        let id = scenario.submit()
        let attempt = try #require(scenario.submitted()).attempt
        scenario.receive(.chunk(0, 100), from: "a", attempt: attempt)
        scenario.receive(.chunk(1, 1), from: "a", attempt: attempt)
        let actions = scenario.take()
        #expect(actions.failures[id] == .workerLost)
        #expect(actions.messages(.cancel) == ["a"])
    }

    @Test func aStreamThatEndsShortIsBroken() throws {
        let scenario = Scenario()
        scenario.join("a")
        let id = scenario.submit()
        let attempt = try #require(scenario.submitted()).attempt
        scenario.receive(.chunk(0, 10), from: "a", attempt: attempt)
        scenario.receive(.end(chunks: 2, bytes: 20), from: "a", attempt: attempt)
        #expect(scenario.take().failures[id] == .workerLost)
    }

    @Test func audioThatNeverCameIsAFailure() throws {
        let scenario = Scenario { $0.maximumAttempts = 1 }
        scenario.join("a")
        let id = scenario.submit()
        let attempt = try #require(scenario.submitted()).attempt
        scenario.receive(.end(chunks: 0, bytes: 0), from: "a", attempt: attempt)
        #expect(scenario.take().failures[id] == .workerLost)
    }

    @Test func aReferenceNeedsNoAudio() throws {
        let scenario = Scenario()
        scenario.join("a")
        let id = scenario.submit(.reference(path: "/ref.wav"), pinned: "a")
        let attempt = try #require(scenario.submitted()).attempt
        scenario.receive(.end(chunks: 0, bytes: 0, seconds: 0), from: "a", attempt: attempt)
        #expect(scenario.take().responses[id] == [.end(StreamEnd(audioSeconds: 0, chunks: 0, bytes: 0))])
    }

    // MARK: Placement

    @Test func unlikeWorkersShareByTheirSpeed() {
        let scenario = Scenario()
        scenario.join("fast", slots: 100, rate: 9)
        scenario.join("slow", slots: 100, rate: 1)
        for _ in 0..<100 { scenario.submit() }
        let workers = scenario.sent().map(\.worker)
        #expect(workers.count == 100)
        let slow = workers.count { $0 == "slow" }
        #expect((8...12).contains(slow), "\(slow)")
    }

    @Test func aFinishedRequestRefinesTheRate() throws {
        let scenario = Scenario()
        scenario.join("a", rate: 1)
        let id = scenario.submit()
        let attempt = try #require(scenario.submitted()).attempt
        scenario.pass(.seconds(1), heartbeats: ["a"])
        scenario.receive(.chunk(0, 10, length: 10), from: "a", attempt: attempt)
        scenario.pass(.seconds(1), heartbeats: ["a"])
        scenario.receive(.end(chunks: 1, bytes: 10, seconds: 6), from: "a", attempt: attempt)
        scenario.took(10, of: id)
        // Six seconds of audio in the one second until all of it was there.
        let rate = try #require(scenario.machine.registry.workers[PeerID("a")]?.rate)
        #expect(abs(rate - 2) < 0.01)
    }

    // MARK: Failing over

    @Test func lossBeforeTheFirstByteGoesToAnotherWorker() throws {
        let scenario = Scenario()
        scenario.join("a")
        scenario.join("b")
        let id = scenario.submit()
        let first = try #require(scenario.submitted())
        #expect(first.worker == "a")
        scenario.unroutable("a")
        let actions = scenario.take()
        #expect(actions.failures.isEmpty)
        #expect(actions.retries == 1)
        #expect(actions.messages(.submit) == ["b"])
        #expect(scenario.machine.dispatch.requests[id]?.attempts == 2)
    }

    @Test func lossAfterTheFirstByteIsVisible() throws {
        let scenario = Scenario()
        scenario.join("a")
        scenario.join("b")
        let id = scenario.submit()
        let attempt = try #require(scenario.submitted()).attempt
        scenario.receive(.chunk(0, 10), from: "a", attempt: attempt)
        scenario.unroutable("a")
        let actions = scenario.take()
        #expect(actions.failures[id] == .workerLost)
        #expect(actions.messages(.submit).isEmpty)
    }

    @Test func aRetriableErrorIsTriedThreeTimesInAll() throws {
        let scenario = Scenario()
        for name in ["a", "b", "c", "d"] { scenario.join(name) }
        let id = scenario.submit()
        var tried: [String] = []
        for _ in 0..<3 {
            let (worker, attempt) = try #require(scenario.submitted())
            tried.append(worker)
            scenario.receive(
                .error(Failure(code: .outOfMemory, message: "full", retriable: true)), from: worker, attempt: attempt)
        }
        #expect(Set(tried).count == 3)
        #expect(scenario.take().failures[id] == .outOfMemory)
    }

    @Test func anErrorThatNothingCanMendIsNotTriedAgain() throws {
        let scenario = Scenario()
        scenario.join("a")
        scenario.join("b")
        let id = scenario.submit()
        let (worker, attempt) = try #require(scenario.submitted())
        scenario.receive(
            .error(Failure(code: .badRequest, message: "too short", retriable: false)), from: worker,
            attempt: attempt)
        let actions = scenario.take()
        #expect(actions.failures[id] == .badRequest)
        #expect(actions.errors.first?.message == "too short")
        #expect(actions.retries == 0)
    }

    @Test func theBudgetBoundsRetries() throws {
        let scenario = Scenario {
            $0.retryBurst = 2
            $0.retryRatio = 0
        }
        scenario.join("a", slots: 5)
        scenario.join("b", slots: 5, rate: 0.01)
        for _ in 0..<5 { scenario.submit() }
        #expect(Set(scenario.sent().map(\.worker)) == ["a"])
        scenario.unroutable("a")
        let actions = scenario.take()
        #expect(actions.retries == 2)
        #expect(actions.failures.count == 3)
        #expect(actions.failures.values.allSatisfy { $0 == .workerLost })
    }

    @Test func aSilentWorkerLosesWhatHasNotBegunAndKeepsWhatHas() throws {
        let scenario = Scenario()
        scenario.join("a", slots: 2)
        let begun = scenario.submit()
        let begunAttempt = try #require(scenario.submitted()).attempt
        let waiting = scenario.submit()
        let waitingAttempt = try #require(scenario.submitted()).attempt
        scenario.receive(.accept, from: "a", attempt: waitingAttempt)
        scenario.receive(.chunk(0, 10), from: "a", attempt: begunAttempt)
        scenario.join("b", slots: 2)
        scenario.pass(.milliseconds(2200), heartbeats: ["b"])
        let actions = scenario.take()
        #expect(actions.failures.isEmpty)
        #expect(actions.messages(.cancel) == ["a"])
        #expect(actions.messages(.submit) == ["b"])

        // It comes back: the stream goes on, and what it makes of the other request is dropped.
        scenario.heartbeat("a")
        scenario.receive(.chunk(1, 10), from: "a", attempt: begunAttempt)
        scenario.receive(.chunk(0, 10), from: "a", attempt: waitingAttempt)
        scenario.receive(.end(chunks: 2, bytes: 20), from: "a", attempt: begunAttempt)
        let after = scenario.take()
        #expect(after.responses[begun]?.count == 2)
        #expect(after.responses[waiting] == nil)
        // Its slot is free again only when it says so.
        #expect(scenario.machine.dispatch.loads[PeerID("a")]?.count == 1)
        scenario.receive(.cancelled, from: "a", attempt: waitingAttempt)
        #expect(scenario.machine.dispatch.loads[PeerID("a")]?.count == 0)
    }

    @Test func aWorkerThatStaysSilentBreaksItsStreams() throws {
        let scenario = Scenario()
        scenario.join("a")
        let id = scenario.submit()
        let attempt = try #require(scenario.submitted()).attempt
        scenario.receive(.chunk(0, 10), from: "a", attempt: attempt)
        scenario.pass(.seconds(9))
        #expect(scenario.take().failures.isEmpty)
        scenario.pass(.seconds(2))
        #expect(scenario.take().failures[id] == .workerLost)
    }

    @Test func aHungDeviceLosesEverything() throws {
        let scenario = Scenario()
        scenario.join("a", slots: 2)
        let begun = scenario.submit()
        let attempt = try #require(scenario.submitted()).attempt
        scenario.submit()
        scenario.receive(.chunk(0, 10), from: "a", attempt: attempt)
        scenario.join("b")
        for _ in 0..<2 { scenario.heartbeat("a", progress: 9, busy: true, age: 40_000) }
        let actions = scenario.take()
        #expect(actions.failures == [begun: .workerLost])
        #expect(actions.messages(.submit) == ["b"])
        #expect(scenario.machine.registry.routable.map(\.hello.workerID) == ["b"])
    }

    @Test func aTaskThatIsNotAcceptedGoesElsewhere() throws {
        let scenario = Scenario()
        scenario.join("a")
        scenario.join("b")
        let id = scenario.submit()
        #expect(scenario.submitted()?.worker == "a")
        scenario.pass(.seconds(4), heartbeats: ["a", "b"])
        #expect(scenario.take().retries == 0)
        scenario.pass(.seconds(1), heartbeats: ["a", "b"])
        let actions = scenario.take()
        #expect(actions.messages(.cancel) == ["a"])
        #expect(actions.messages(.submit) == ["b"])
        #expect(actions.failures[id] == nil)
    }

    @Test func busyCostsNoAttempt() throws {
        let scenario = Scenario()
        scenario.join("a", slots: 4)
        let id = scenario.submit()
        for _ in 0..<10 {
            let attempt = try #require(scenario.submitted()).attempt
            scenario.receive(.busy(Busy(slotsFree: 0)), from: "a", attempt: attempt)
            // Not again before the worker says anew how many slots it has.
            #expect(scenario.sent().isEmpty)
            scenario.heartbeat("a")
        }
        #expect(scenario.machine.dispatch.requests[id]?.attempts == 1)
    }

    @Test func aBacklogThatIsFullFailsOver() throws {
        let scenario = Scenario()
        scenario.join("a")
        scenario.join("b")
        scenario.submit()
        let first = try #require(scenario.submitted())
        let actions = scenario.machine.undeliverable(
            PeerID(first.worker), requestID: first.attempt, at: scenario.now)
        #expect(actions.messages(.submit) == ["b"])
    }

    @Test func streamsThatNobodyKnowsAreCancelled() {
        let scenario = Scenario()
        scenario.join("a")
        scenario.receive(.chunk(0, 10), from: "a", attempt: 999)
        scenario.receive(.accept, from: "a", attempt: 998)
        scenario.receive(.end(chunks: 1, bytes: 10), from: "a", attempt: 997)
        #expect(scenario.take().messages(.cancel) == ["a", "a"])
    }

    @Test func anotherWorkersAttemptIsNotTouched() throws {
        let scenario = Scenario()
        scenario.join("a")
        let id = scenario.submit()
        let attempt = try #require(scenario.submitted()).attempt
        scenario.join("b")
        scenario.receive(.end(chunks: 0, bytes: 0), from: "b", attempt: attempt)
        scenario.receive(.error(Failure(code: .internal, message: "", retriable: false)), from: "b", attempt: attempt)
        #expect(scenario.take().failures.isEmpty)
        #expect(scenario.machine.dispatch.requests[id] != nil)
    }

    // MARK: Time

    @Test func theDeadlinePassesInTheQueueAndAtTheWorker() throws {
        let scenario = Scenario()
        scenario.join("a")
        let running = scenario.submit(timeout: .seconds(3))
        scenario.submit(timeout: .seconds(4))
        let submit = try #require(scenario.submitted())
        scenario.receive(.accept, from: "a", attempt: submit.attempt)
        scenario.pass(.milliseconds(2900), heartbeats: ["a"])
        #expect(scenario.take().failures.isEmpty)
        scenario.pass(.milliseconds(200), heartbeats: ["a"])
        let actions = scenario.take()
        #expect(actions.failures == [running: .deadline])
        #expect(actions.messages(.cancel) == ["a"])
        scenario.pass(.seconds(1), heartbeats: ["a"])
        #expect(scenario.take().failures == [running + 1: .deadline])
        #expect(scenario.machine.dispatch.requests.isEmpty)
    }

    @Test func theDeadlineDoesNotBreakAStream() throws {
        let scenario = Scenario()
        scenario.join("a")
        let id = scenario.submit(timeout: .seconds(3))
        let attempt = try #require(scenario.submitted()).attempt
        scenario.receive(.chunk(0, 10), from: "a", attempt: attempt)
        scenario.took(10, of: id)
        scenario.pass(.seconds(30), heartbeats: ["a"])
        #expect(scenario.take().failures.isEmpty)
    }

    @Test func aClientThatTakesNothingIsGivenUp() throws {
        let scenario = Scenario { $0.clientStallLimit = .seconds(5) }
        scenario.join("a")
        let id = scenario.submit()
        let attempt = try #require(scenario.submitted()).attempt
        scenario.receive(.chunk(0, 10), from: "a", attempt: attempt)
        scenario.pass(.seconds(4), heartbeats: ["a"])
        scenario.took(1, of: id)
        scenario.pass(.seconds(4), heartbeats: ["a"])
        #expect(scenario.take().failures.isEmpty)
        scenario.pass(.seconds(2), heartbeats: ["a"])
        let actions = scenario.take()
        #expect(actions.failures == [id: .clientGone])
        #expect(actions.messages(.cancel) == ["a"])
    }

    @Test func aClientThatLeavesCancels() throws {
        let scenario = Scenario()
        scenario.join("a")
        let running = scenario.submit()
        let attempt = try #require(scenario.submitted()).attempt
        let queued = scenario.submit()
        scenario.leave(queued)
        #expect(scenario.sent().isEmpty)
        scenario.leave(running)
        let sent = scenario.sent()
        #expect(sent.map(\.message.kind) == [.cancel])
        #expect(sent.first?.attempt == attempt)
        scenario.leave(running)
        #expect(scenario.sent().isEmpty)
        #expect(scenario.machine.dispatch.requests.isEmpty)
    }

    // MARK: Admission

    @Test func withoutAWorkerRequestsAreRefused() {
        let scenario = Scenario()
        let early = scenario.submit()
        #expect(scenario.take().failures[early] == .noWorker)
        scenario.hello("a")
        let starting = scenario.submit()
        #expect(scenario.take().failures[starting] == .noWorker)
        scenario.ready("a")
        let served = scenario.submit()
        #expect(scenario.take().failures[served] == nil)
        scenario.pass(.seconds(3))
        let silent = scenario.submit()
        #expect(scenario.take().failures[silent] == .noWorker)
    }

    @Test func whatWaitsAlreadyIsKeptForAWhileWhenAllWorkersAreGone() throws {
        let scenario = Scenario { $0.noWorkerGrace = .seconds(5) }
        scenario.join("a")
        let first = scenario.submit()
        let second = scenario.submit()
        scenario.unroutable("a")
        scenario.pass(.seconds(4))
        #expect(scenario.take().failures.isEmpty)
        // A worker comes back in time and takes the older one.
        scenario.hello("a")
        scenario.ready("a")
        let (_, attempt) = try #require(scenario.submitted())
        scenario.receive(.chunk(0, 1), from: "a", attempt: attempt)
        #expect(scenario.take().responses[first] != nil)
        scenario.unroutable("a")
        scenario.pass(.seconds(6))
        #expect(scenario.take().failures == [first: .workerLost, second: .noWorker])
    }

    @Test func aDrainingRouterFinishesWhatItHas() throws {
        let scenario = Scenario()
        scenario.join("a")
        let running = scenario.submit()
        let attempt = try #require(scenario.submitted()).attempt
        scenario.drain()
        let refused = scenario.submit()
        #expect(scenario.take().failures == [refused: .draining])
        scenario.receive(.chunk(0, 1), from: "a", attempt: attempt)
        #expect(scenario.take().responses[running] != nil)
        scenario.stop()
        #expect(scenario.take().failures == [running: .draining])
    }

    @Test func aDrainingWorkerGetsNothingNew() throws {
        let scenario = Scenario()
        scenario.join("a", slots: 2)
        let running = scenario.submit()
        let attempt = try #require(scenario.submitted()).attempt
        scenario.heartbeat("a", draining: true)
        let refused = scenario.submit()
        #expect(scenario.take().failures == [refused: .noWorker])
        scenario.receive(.chunk(0, 1), from: "a", attempt: attempt)
        #expect(scenario.take().responses[running] != nil)
    }

    // MARK: Chaos

    /// Random events in random order: every request gets exactly one end, nothing is sent to a worker that is not there,
    /// and nothing is left over.
    @Test(arguments: 0..<10)
    func everyRequestEndsOnce(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let scenario = Scenario {
            $0.queueLimit = 20
            $0.noWorkerGrace = .seconds(3)
        }
        var ends: [UInt64: Int] = [:]
        var open: Set<UInt64> = []
        var begun: [UInt64: UInt32] = [:]
        var attempts: [(worker: String, attempt: UInt64)] = []
        var left: Set<UInt64> = []
        let names = ["a", "b", "c"]
        func note(_ scenario: Scenario) {
            for action in scenario.take() {
                switch action {
                case .fail(let id, _), .respond(let id, .end): ends[id, default: 0] += 1
                case .respond(let id, .bytes(let bytes)): scenario.took(bytes.count, of: id)
                case .send(let peer, let incarnation, let id, let message):
                    #expect(scenario.machine.registry.workers[peer] != nil || message.kind == .reject)
                    if message.kind == .submit {
                        #expect(incarnation == scenario.incarnations[peer.description])
                        attempts.append((peer.description, id))
                    }
                default: break
                }
            }
        }
        for _ in 0..<1000 {
            let name = names[Int.random(in: 0..<3, using: &generator)]
            switch Int.random(in: 0..<20, using: &generator) {
            case 0:
                scenario.hello(name, slots: 3)
                scenario.ready(name)
            case 1: scenario.unroutable(name)
            case 2...6: open.insert(scenario.submit())
            case 7:
                if let id = open.randomElement(using: &generator), ends[id] == nil {
                    scenario.leave(id)
                    left.insert(id)
                }
            case 8: scenario.pass(.milliseconds(500), heartbeats: names)
            case 9: scenario.heartbeat(name)
            case 10: scenario.pass(.milliseconds(Int.random(in: 100...3000, using: &generator)), heartbeats: [name])
            default:
                guard let try1 = attempts.randomElement(using: &generator) else { continue }
                let sequence = begun[try1.attempt] ?? 0
                switch Int.random(in: 0..<8, using: &generator) {
                case 0: scenario.receive(.busy(Busy(slotsFree: 1)), from: try1.worker, attempt: try1.attempt)
                case 1: scenario.receive(.cancelled, from: try1.worker, attempt: try1.attempt)
                case 2:
                    scenario.receive(
                        .error(Failure(code: .internal, message: "x", retriable: Bool.random(using: &generator))),
                        from: try1.worker, attempt: try1.attempt)
                case 3, 4:
                    scenario.receive(.chunk(sequence, 10), from: try1.worker, attempt: try1.attempt)
                    begun[try1.attempt] = sequence + 1
                case 5: scenario.receive(.accept, from: try1.worker, attempt: try1.attempt)
                default:
                    scenario.receive(
                        .end(chunks: sequence, bytes: UInt64(sequence) * 10), from: try1.worker, attempt: try1.attempt)
                }
            }
            note(scenario)
        }
        // Everybody goes away; what has begun breaks, the rest gives up.
        for name in names { scenario.unroutable(name) }
        scenario.pass(.seconds(5))
        note(scenario)
        for id in open where !left.contains(id) { #expect(ends[id] == 1, "request \(id)") }
        for id in left { #expect((ends[id] ?? 0) <= 1) }
        #expect(scenario.machine.dispatch.queue.depth == 0)
        #expect(scenario.machine.dispatch.loads.values.allSatisfy { $0.count == 0 })
    }
}
