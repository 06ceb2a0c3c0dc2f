import TestSupport
import Testing
import Torch

@testable import Models

@Suite struct SemanticChunkerTests {
    struct Stage: Decodable {
        struct Case: Decodable {
            struct Arguments: Decodable {
                var chunk: Int?
                var earlyStop: Int?
                var threshold: Float?
                enum CodingKeys: String, CodingKey {
                    case chunk
                    case earlyStop = "early_stop_num"
                    case threshold = "thr"
                }
            }
            var kind: String
            var prompt: Bool
            var args: Arguments
            var chunks: [Int]?
            var sameInFloat64: Bool?
            enum CodingKeys: String, CodingKey {
                case kind, prompt, args, chunks
                case sameInFloat64 = "same_in_float64"
            }
        }
        var cases: [String: Case]
        var seed: UInt64
    }

    /// Cases that cut at a fixed length; the manifest does not tell them from the others.
    static let fixedLength: Set<String> = ["stream_fixed", "stream_early"]

    @Test(arguments: Text2SemanticFixture.all) func chunksOfEveryStreamedCaseEqualTheReference(
        _ fixture: Text2SemanticFixture
    ) throws {
        let (model, golden) = (try fixture.model(), try fixture.golden())
        let stage = try fixture.set.manifest(fixture.stage, as: Stage.self)
        let similarity = try #require(try model.muteSimilarity())
        if golden.contains("mute_sim") {
            let wanted = try golden.floats("mute_sim")
            #expect(wanted.count == similarity.count)
            #expect((zip(wanted, similarity).map { abs($0 - $1) }.max() ?? 1) <= 1e-5)
        }
        var checked = 0
        for (name, values) in stage.cases
        where values.kind == "stream" && values.sameInFloat64 != false && golden.contains("\(name).chunk0") {
            let length = try #require(values.args.chunk)
            let rule: SemanticChunker.Rule =
                Self.fixedLength.contains(name)
                ? .fixedLength : .atPauses(similarity: similarity, threshold: values.args.threshold ?? 0)
            let session = try DecodeSession(
                model.configuration, inputs: golden.inputs(name == "stream_mute4" ? 1..<2 : 0..<1),
                prompt: values.prompt ? golden.prompt() : nil, options: SamplingOptions(topK: 1), order: .streamed,
                generator: Generator(seed: stage.seed + 7), earlyStop: values.args.earlyStop ?? .max)
            let output = try #require(try model.run(session).first)
            let isStopped = output.ending != .endOfSpeech
            var chunker = SemanticChunker(rule, length: length)
            var chunks = (isStopped ? output.tokens.dropLast() : output.tokens[...]).compactMap {
                chunker.append($0)
            }
            if let last = chunker.finish(isStopped ? output.tokens.last : nil) { chunks.append(last) }
            #expect(chunks.map(\.tokens.count) == values.chunks, "\(name)")
            for (index, chunk) in chunks.enumerated() where golden.contains("\(name).chunk\(index)") {
                #expect(try golden.integers("\(name).chunk\(index)").map(Int.init) == chunk.tokens, "\(name) \(index)")
                #expect(chunk.isFinal == (index == chunks.count - 1))
            }
            checked += 1
        }
        #expect(fixture.set.name != "shared" || checked > 0)
    }

    @Test func aTextThatIsStoppedAtAChunksEndHasOneLastChunk() {
        var chunker = SemanticChunker(.fixedLength, length: 2)
        #expect(chunker.append(7) == nil)
        let last = chunker.finish(8)
        #expect(last?.tokens == [7, 8] && last?.isFinal == true)
    }

    @Test func aPauseHandsOutAllAndMovesOnlyToItself() {
        // Token 0 is silence, 1 is not.
        var chunker = SemanticChunker(.atPauses(similarity: [1, -1], threshold: 0), length: 2)
        var chunks: [SemanticChunker.Chunk] = []
        for token in [1, 0, 0, 1, 1, 1, 1] {
            if let chunk = chunker.append(token) { chunks.append(chunk) }
        }
        #expect(chunks.map(\.tokens) == [[1, 0, 0, 1]])
        #expect(chunker.finish(nil)?.tokens == [0, 1, 1, 1, 1])
    }

    @Test func tokensOutsideTheTableAreNoPause() {
        var chunker = SemanticChunker(.atPauses(similarity: [], threshold: 0), length: 1)
        #expect((0..<50).allSatisfy { chunker.append($0) == nil })
        #expect(chunker.finish(nil)?.tokens.count == 50)
        #expect(SemanticChunker(.fixedLength, length: -3).emptyFinish == nil)
    }
}

extension SemanticChunker {
    /// The end of a text without tokens.
    fileprivate var emptyFinish: Chunk? {
        var copy = self
        return copy.finish(nil)
    }
}
