import FakeSupport
import Messaging
import Testing
import Wire
import Worker

@testable import Router

/// Workers that hold different model sets under one router: who gets a request, and who takes part in a switch.
@Suite struct ModelTests {
    private static let alice = ModelSetDescription(
        gptPath: "/alice.ckpt", sovitsPath: "/alice.pth", version: "v4", languages: ["en", "zh"])

    private static func cluster() -> Scenario {
        let scenario = Scenario()
        scenario.join("a")
        scenario.join("b", model: "alice", modelSet: alice)
        return scenario
    }

    // MARK: Requests

    @Test func aRequestGoesToAWorkerThatHoldsItsModel() throws {
        let scenario = Self.cluster()
        scenario.submit(Scenario.speech(model: "alice"))
        #expect(scenario.submitted()?.worker == "b")
        scenario.submit()
        #expect(scenario.submitted()?.worker == "a")
        // The holders are busy; nobody else helps out.
        scenario.submit(Scenario.speech(model: "alice"))
        scenario.submit()
        #expect(scenario.sent().isEmpty)
        #expect(scenario.machine.dispatch.queue.depth == 2)
    }

    /// A queue of requests for a busy model does not hold up those for another.
    @Test func waitingForOneModelHoldsUpNoOther() throws {
        let scenario = Self.cluster()
        for _ in 0..<5 { scenario.submit(Scenario.speech(model: "alice")) }
        _ = scenario.take()
        scenario.submit()
        #expect(scenario.submitted()?.worker == "a")
    }

    @Test func anUnknownModelIsRefusedWithTheKnownNames() throws {
        let scenario = Self.cluster()
        let id = scenario.submit(Scenario.speech(model: "bob"))
        let error = try #require(scenario.take().errors.first)
        #expect(error.code == .unknownModel)
        #expect(error.code.status.code == 404)
        #expect(error.message == "model: bob is not known here; there is alice, default")
        #expect(scenario.machine.dispatch.requests[id] == nil)
        #expect(throws: RouterError.self) { try scenario.switchWeights(gpt: "/x", model: "bob") }
    }

    /// The default model may be waited for before its first worker comes, another may not.
    @Test func aModelWhoseWorkersAreGoneIsNotUnknown() throws {
        let scenario = Self.cluster()
        scenario.unroutable("b")
        let id = scenario.submit(Scenario.speech(model: "alice"))
        #expect(scenario.take().failures == [id: .noWorker])
        let empty = Scenario()
        let early = empty.submit()
        let named = empty.submit(Scenario.speech(model: "alice"))
        #expect(empty.take().failures == [early: .noWorker, named: .unknownModel])
    }

    /// As after a start, while one worker is ready and another loads, or where it could not.
    @Test func aConfiguredModelIsNotUnknownBeforeItsWorkerComes() throws {
        let scenario = Scenario { $0.expectedModels = ["alice"] }
        scenario.join("a")
        let early = scenario.submit(Scenario.speech(model: "alice"))
        let unknown = scenario.submit(Scenario.speech(model: "bob"))
        let outcome = scenario.take()
        #expect(outcome.failures == [early: .noWorker, unknown: .unknownModel])
        #expect(outcome.errors.contains { $0.message == "model: bob is not known here; there is alice, default" })
        let error = #expect(throws: RouterError.self) { try scenario.switchWeights(gpt: "/x", model: "alice") }
        #expect(error?.code == .noWorker)
        scenario.join("b", model: "alice", modelSet: Self.alice)
        scenario.submit(Scenario.speech(model: "alice"))
        #expect(scenario.submitted()?.worker == "b")
    }

    @Test func requestsOfAModelWithoutWorkersEndAfterTheGrace() throws {
        let scenario = Self.cluster()
        scenario.submit(Scenario.speech(model: "alice"))
        let waiting = scenario.submit(Scenario.speech(model: "alice"))
        _ = scenario.take()
        scenario.unroutable("b")
        scenario.pass(scenario.policy.noWorkerGrace + .seconds(1), heartbeats: ["a"])
        #expect(scenario.take().failures[waiting] == .noWorker)
        #expect(scenario.machine.dispatch.queue.depth == 0)
    }

    @Test func aLostWorkersRequestIsRetriedOnTheSameModelOnly() throws {
        let scenario = Self.cluster()
        scenario.join("c", model: "alice", modelSet: Self.alice)
        scenario.submit(Scenario.speech(model: "alice"))
        let first = try #require(scenario.submitted())
        scenario.unroutable(first.worker)
        #expect(scenario.submitted()?.worker == (first.worker == "b" ? "c" : "b"))
    }

    // MARK: Forms and languages

    @Test func aFormGoesToAWorkerThatCanMakeIt() throws {
        let scenario = Scenario()
        scenario.join("a", encoders: EncoderList(mediaTypes: ["wav"], missing: ["aac": "no ffmpeg"]))
        scenario.join("b", encoders: EncoderList(mediaTypes: ["wav", "mp3"], missing: ["aac": "no ffmpeg"]))
        scenario.submit(Scenario.speech(mediaType: "mp3"))
        #expect(scenario.submitted()?.worker == "b")
        // It waits for the one that can, although another is free.
        scenario.submit(Scenario.speech(mediaType: "mp3"))
        #expect(scenario.sent().isEmpty)
        scenario.submit(Scenario.speech(mediaType: "aac"))
        let error = try #require(scenario.take().errors.first)
        #expect(error.code == .badRequest)
        #expect(error.message == "media_type: aac is not available: no ffmpeg")
    }

    @Test func aLanguageGoesToAWorkerThatSpeaksIt() throws {
        let scenario = Scenario()
        let english = Scenario.modelSet
        var both = english
        both.languages = ["en", "ja"]
        scenario.join("a", modelSet: english)
        scenario.join("b", modelSet: both)
        scenario.submit(Scenario.speech(language: "ja"))
        #expect(scenario.submitted()?.worker == "b")
        // What nobody speaks, a worker answers in its own words.
        scenario.submit(Scenario.speech(language: "ko"))
        #expect(scenario.submitted()?.worker == "a")
    }

    // MARK: Switching

    @Test func aSwitchConcernsTheWorkersOfOneModel() throws {
        let scenario = Self.cluster()
        let id = try scenario.switchWeights(sovits: "/new.pth", model: "alice")
        let asked = scenario.sent()
        #expect(asked.map(\.worker) == ["b"])
        #expect(asked.first?.message == .prepare(Prepare(epoch: 1, sovitsPath: "/new.pth")))
        scenario.receive(.prepared(Prepared(epoch: 1, ok: true, modelSet: Self.alice)), from: "b")
        #expect(scenario.take().messages(.commit) == ["b"])
        scenario.ready("b", epoch: 1, modelSet: Self.alice)
        #expect(scenario.take().outcomes == [id: .committed(epoch: 1, fellOut: [])])
        let registry = scenario.machine.registry
        #expect(
            registry.committed("alice") == CommittedSet(epoch: 1, gptPath: "/alice.ckpt", sovitsPath: "/new.pth"))
        #expect(registry.committed("default")?.epoch == 0)
        #expect(registry.routable.map(\.hello.workerID) == ["a", "b"])
    }

    @Test func aSwitchOfTheDefaultModelLeavesTheOthersAlone() throws {
        let scenario = Self.cluster()
        _ = try scenario.switchWeights(gpt: "/new.ckpt")
        #expect(scenario.sent().map(\.worker) == ["a"])
        scenario.receive(.prepared(Prepared(epoch: 1, ok: true, modelSet: Scenario.modelSet)), from: "a")
        scenario.ready("a", epoch: 1)
        _ = scenario.take()
        // Nobody asks the worker of the other model to catch up with it.
        scenario.pass(.seconds(3), heartbeats: ["a", "b"])
        #expect(scenario.sent().isEmpty)
        scenario.hello("c", model: "alice", modelSet: Self.alice)
        guard case .welcome(let welcome)? = scenario.sent().first?.message else {
            Issue.record("no WELCOME")
            return
        }
        #expect(welcome.committed.epoch == 0)
        #expect(welcome.committed.gptPath == "/alice.ckpt")
    }

    @Test func switchesOfTwoModelsRunOneAfterTheOther() throws {
        let scenario = Self.cluster()
        let first = try scenario.switchWeights(gpt: "/new.ckpt")
        let second = try scenario.switchWeights(gpt: "/newer.ckpt", model: "alice")
        #expect(scenario.sent().map(\.worker) == ["a"])
        scenario.receive(.prepared(Prepared(epoch: 1, ok: false, error: "broken")), from: "a")
        let actions = scenario.take()
        #expect(actions.outcomes == [first: .failed([WorkerReason(worker: "a", reason: "broken")])])
        #expect(actions.messages(.prepare) == ["b"])
        scenario.receive(.prepared(Prepared(epoch: 2, ok: true, modelSet: Self.alice)), from: "b")
        scenario.ready("b", epoch: 2, modelSet: Self.alice)
        #expect(scenario.take().outcomes == [second: .committed(epoch: 2, fellOut: [])])
    }

    // MARK: Over real sockets

    @Test func healthTellsWhoHoldsWhat() async throws {
        let workers = ["a": FakeSynthesizer(), "b": FakeSynthesizer(model: "alice")]
        try await RouterHarness.run(workers: workers) { router in
            let health = try await router.health()
            #expect(health["models"]?["alice"]?["ready"] == 1)
            #expect(health["models"]?["default"]?["ready"] == 1)
            guard case .array(let list)? = health["workers"] else {
                Issue.record("no workers")
                return
            }
            #expect(list.map { $0["model"] } == ["default", "alice"])
            let base = "/tts?text=x&text_lang=en&ref_audio_path=a&prompt_lang=en"
            for (query, name) in [("", "a"), ("&model=default", "a"), ("&model=alice", "b")] {
                let before = workers[name]?.record.value.requests.count ?? 0
                let reply = try await router.get(base + query)
                #expect(reply.status == 200)
                #expect(workers[name]?.record.value.requests.count == before + 1)
            }
            let unknown = try await router.get(base + "&model=bob")
            #expect(unknown.status == 404)
            #expect(unknown.text.contains("model: bob is not known here; there is alice, default"))
            let changed = try await router.get("/set_sovits_weights?weights_path=new.pth&model=alice")
            #expect(changed.status == 200)
            #expect(workers["b"]?.record.value.committed == [1])
            #expect(workers["a"]?.record.value.committed == [])
            let wrong = try await router.get("/set_gpt_weights?weights_path=new.ckpt&model=bob")
            #expect(wrong.status == 404)
            let reference = try await router.get("/set_refer_audio?refer_audio_path=x.wav&model=alice")
            #expect(reference.status == 200)
            #expect(workers["b"]?.record.value.references == ["x.wav"])
            #expect(workers["a"]?.record.value.references == [])
        }
    }
}
