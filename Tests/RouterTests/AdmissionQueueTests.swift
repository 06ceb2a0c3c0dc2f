import Testing

@testable import Router

@Suite struct AdmissionQueueTests {
    private func queue(limit: Int) -> AdmissionQueue {
        var policy = RouterPolicy()
        policy.queueLimit = limit
        return AdmissionQueue(policy: policy)
    }

    @Test func refusesWhenFullAndTellsWhenToComeAgain() throws {
        var queue = queue(limit: 3)
        for id in 1...3 { try queue.admit(UInt64(id), seconds: 10, hasProspect: true, rate: 2) }
        let error = #expect(throws: RouterError.self) {
            try queue.admit(4, seconds: 10, hasProspect: true, rate: 2)
        }
        #expect(error?.code == .queueFull)
        // Half of 30 waiting seconds at 2 seconds of audio a second.
        #expect(error?.retryAfter == 8)
        #expect(queue.depth == 3)
    }

    @Test func retryAfterStaysBetweenASecondAndAMinute() throws {
        var queue = queue(limit: 10)
        #expect(queue.retryAfter(rate: 1) == 1)
        try queue.admit(1, seconds: 100_000, hasProspect: true, rate: 1)
        #expect(queue.retryAfter(rate: 1) == 60)
        #expect(queue.retryAfter(rate: 0) == 60)
    }

    @Test func refusesWithoutAWorkerToWaitFor() {
        var queue = queue(limit: 3)
        let error = #expect(throws: RouterError.self) {
            try queue.admit(1, seconds: 1, hasProspect: false, rate: 0)
        }
        #expect(error?.code == .noWorker)
        #expect(error?.retryAfter == RouterPolicy().unavailableRetryAfter)
    }

    @Test func whatComesBackTakesItsOldPlace() throws {
        var queue = queue(limit: 3)
        for id in [1, 2, 3] as [UInt64] { try queue.admit(id, seconds: 1, hasProspect: true, rate: 1) }
        queue.remove(1)
        queue.remove(2)
        try queue.admit(4, seconds: 1, hasProspect: true, rate: 1)
        queue.insert(2, seconds: 1)
        queue.insert(1, seconds: 1)
        queue.insert(1, seconds: 1)
        #expect(queue.waiting == [1, 2, 3, 4])
        #expect(queue.waitingSeconds == 4)
    }
}
