import TestSupport
import Testing

@testable import Models

@Suite struct SamplerTests {
    private typealias Arguments = Text2SemanticFixture.Case.Arguments

    private static let sets = Fixtures.modelGoldens(bundled: "models/t2s")

    @Test(arguments: sets) func everyCaseEqualsTheReference(_ set: GoldenSet) throws {
        let golden = try set.stage("sampling")
        for (name, arguments) in try set.manifest("sampling", as: [String: Arguments].self) {
            var sampler = try Sampler(
                SamplingOptions(
                    topK: arguments.topK, topP: arguments.topP, temperature: arguments.temperature ?? 1,
                    repetitionPenalty: try #require(arguments.repetitionPenalty)))
            let shape = try golden.shape("\(name).logits")
            let (rows, columns) = (shape[0], shape[1])
            let (logits, noise) = (try golden.floats("\(name).logits"), try golden.floats("\(name).noise"))
            let (after, probabilities) = (try golden.floats("\(name).logits_after"), try golden.floats("\(name).probs"))
            let previous = try golden.integers("\(name).previous").map(Int.init)
            let index = try golden.integers("\(name).index").map(Int.init)
            for row in 0..<rows {
                let range = row * columns..<(row + 1) * columns
                var seen = SeenTokens(vocabularySize: columns)
                let count = previous.count / rows
                for token in previous[row * count..<(row + 1) * count] { seen.insert(token) }

                var penalized = Array(logits[range])
                let likeliest = try penalized.withUnsafeMutableBufferPointer { try sampler.penalize($0, seen: seen) }
                #expect(largestDifference(penalized, Array(after[range])) <= 1e-5, "\(name)")

                var dense = Array(repeating: Float(0), count: columns)
                let candidates = penalized.withUnsafeMutableBufferPointer {
                    sampler.distribution($0, likeliest: likeliest)
                }
                for candidate in candidates { dense[candidate.token] = candidate.probability }
                #expect(largestDifference(dense, Array(probabilities[range])) <= 1e-5, "\(name)")
                #expect(dense.map { $0 > 0 } == probabilities[range].map { $0 > 0 }, "\(name)")

                var fresh = Array(logits[range])
                let choice = try fresh.withUnsafeMutableBufferPointer { logits in
                    try Array(noise[range]).withUnsafeBufferPointer { noise in
                        try sampler.choose(logits: logits, noise: noise, seen: seen)
                    }
                }
                #expect(choice.token == index[row], "\(name), row \(row)")
            }
        }
    }

    private func choose(
        _ logits: [Float], noise: [Float]? = nil, seen tokens: [Int] = [], _ options: SamplingOptions
    ) throws -> Sampler.Choice {
        var sampler = try Sampler(options)
        var logits = logits
        var seen = SeenTokens(vocabularySize: logits.count)
        for token in tokens { seen.insert(token) }
        return try logits.withUnsafeMutableBufferPointer { logits in
            try (noise ?? Array(repeating: 1, count: logits.count)).withUnsafeBufferPointer {
                try sampler.choose(logits: logits, noise: $0, seen: seen)
            }
        }
    }

    @Test func tiesAtTheEdgeOfTopKAreKept() throws {
        let options = SamplingOptions(topK: 2)
        // The third token ties with the second, and its small draw makes it win.
        #expect(try choose([3, 2, 2, 1], noise: [9, 9, 0.01, 0.01], options).token == 2)
        #expect(try choose([3, 2, 1.9, 1], noise: [9, 1, 0.01, 0.01], options).token == 1)
    }

    @Test func aPenaltyCountsOnceHoweverOftenATokenCame() throws {
        let options = SamplingOptions(topK: 1, repetitionPenalty: 1.5)
        #expect(try choose([3, 1.9], seen: [0], options).token == 0)
        #expect(try choose([3, 1.9], seen: [0, 0, 0], options).token == 0)
        #expect(try choose([3, 2.1], seen: [0], options).token == 1)
    }

    @Test func tokensOutsideAreNotRemembered() throws {
        #expect(try choose([1, 2], seen: [-1, 2, .max, .min], SamplingOptions()).likeliest == 1)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity]) func logitsThatAreNotNumbersAreAnError(_ bad: Float) throws {
        for place in 0..<3 {
            var logits: [Float] = [1, 2, 3]
            logits[place] = bad
            let error = #expect(throws: ModelError.self) { try choose(logits, SamplingOptions()) }
            #expect(error?.code == .notFinite)
        }
    }

    @Test func optionsThatMakeNoDistributionAreRefused() {
        for options in [
            SamplingOptions(topK: 0), SamplingOptions(topK: -1), SamplingOptions(topP: .nan),
            SamplingOptions(temperature: .nan), SamplingOptions(repetitionPenalty: 0),
            SamplingOptions(repetitionPenalty: -1), SamplingOptions(repetitionPenalty: .infinity),
            SamplingOptions(repetitionPenalty: .nan),
        ] {
            let error = #expect(throws: ModelError.self) { try Sampler(options) }
            #expect(error?.code == .input)
        }
    }

    @Test func extremeOptionsStillChoose() throws {
        for options in [
            SamplingOptions(topK: .max), SamplingOptions(topK: nil, topP: nil), SamplingOptions(topP: -1),
            SamplingOptions(topP: 0), SamplingOptions(topP: .infinity), SamplingOptions(temperature: 0),
            SamplingOptions(temperature: -3), SamplingOptions(temperature: .infinity),
            SamplingOptions(repetitionPenalty: 1e-30), SamplingOptions(topK: 1, topP: 0.5, temperature: 1e30),
        ] {
            #expect((0..<4).contains(try choose([1, 4, 2, 3], options).token))
        }
        #expect(try choose([1, 4, 2, 3], SamplingOptions(topP: 0)).token == 1)
    }

    @Test func noiseOfAnotherLengthIsRefused() {
        #expect(throws: ModelError.self) { try choose([1, 2, 3], noise: [1], SamplingOptions()) }
        #expect(throws: ModelError.self) { try choose([], SamplingOptions()) }
    }
}
