import Checkpoints
import TestSupport
import Testing
import Torch

@testable import Models

/// A first-stage model and what the reference computed with it.
struct Text2SemanticFixture: Sendable, CustomStringConvertible {
    /// The arguments of one case in the manifest.
    struct Case: Decodable {
        struct Arguments: Decodable {
            var earlyStop: Int?
            var repetitionPenalty: Double?
            var temperature: Double?
            var topK: Int?
            var topP: Double?

            enum CodingKeys: String, CodingKey {
                case temperature
                case earlyStop = "early_stop_num"
                case repetitionPenalty = "repetition_penalty"
                case topK = "top_k"
                case topP = "top_p"
            }
        }
        var kind: String
        var prompt: Bool
        var args: Arguments
        var steps: Int
        var idx: [Int]?
        var sameInFloat64: Bool?

        /// Whether the odds are far enough apart for the tokens to be those of any right computation.
        var isSafe: Bool { sameInFloat64 ?? true }

        enum CodingKeys: String, CodingKey {
            case kind, prompt, args, steps, idx
            case sameInFloat64 = "same_in_float64"
        }

        /// The texts of a case with so many results: the first ones, but without a prompt the second.
        func texts(_ count: Int) -> Range<Int> { prompt ? 0..<count : 1..<1 + count }

        var options: SamplingOptions {
            SamplingOptions(
                topK: args.topK ?? 1, topP: args.topP ?? 1, temperature: args.temperature ?? 1,
                repetitionPenalty: args.repetitionPenalty ?? SamplingOptions.defaultRepetitionPenalty)
        }
    }

    struct Stage: Decodable {
        var cases: [String: Case]
        var seed: UInt64
    }

    let set: GoldenSet
    let stage: String
    let checkpoint: String

    var description: String { "\(set) \(stage)" }

    /// The sets with the stages that each has.
    static let all: [Text2SemanticFixture] = Fixtures.modelGoldens(bundled: "models/t2s").flatMap { set in
        let v2 = "fixtures/pretrained_models/gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt"
        let v1 = "fixtures/pretrained_models/s1bert25hz-2kh-longer-epoch=68e-step=50232.ckpt"
        let both = [
            Text2SemanticFixture(set: set, stage: "s1_v2", checkpoint: v2),
            Text2SemanticFixture(
                set: set, stage: "s1_short", checkpoint: "fixtures/user/GPT_weights_v2/short-e10.ckpt"),
        ]
        return set.name == "shared" ? both + [Text2SemanticFixture(set: set, stage: "s1_v1", checkpoint: v1)] : both
    }

    func model(_ dtype: DType = .float32) throws -> Text2Semantic {
        try Text2Semantic(GPTCheckpoint(CheckpointFile.open(path: set.url(checkpoint).path)), dtype: dtype)
    }

    func golden() throws -> Golden { try set.stage(stage) }

    /// Cases that do not stream, by name.
    func cases() throws -> [(name: String, values: Case)] {
        try set.manifest(stage, as: Stage.self).cases.filter { $0.value.kind != "stream" }.sorted { $0.key < $1.key }
            .map { ($0.key, $0.value) }
    }

    /// Largest difference of a case's logits where the set itself tells none.
    func tolerance(_ name: String) -> Float {
        switch (stage, name) {
        case ("s1_v1", "greedy_batch"): 5e-4
        case ("s1_v1", "greedy_naive_batched"): 2e-4
        case (_, "prefill_noprompt"), (_, "sampled_one"), (_, "early_stop_naive"): 1e-4
        case ("s1_v1", _): 1e-4
        default: 5e-5
        }
    }

    /// The seed of each case; the stage's own seed made the inputs.
    func seed() throws -> UInt64 { try set.manifest(stage, as: Stage.self).seed + 7 }
}

extension Golden {
    /// The texts of a stage; the last one has features of zeros, which may be left out.
    func inputs(_ range: Range<Int>, featuresOfZerosAsNone: Bool = false) throws -> [Text2SemanticInput] {
        try range.map { index in
            let values = try floats("in.bert\(index)")
            let isNone = featuresOfZerosAsNone && values.allSatisfy { $0 == 0 }
            return Text2SemanticInput(
                phonemes: try integers("in.x\(index)").map(Int.init),
                features: isNone ? nil : try Tensor(values, shape: try shape("in.bert\(index)")))
        }
    }

    func prompt() throws -> [Int] { try integers("in.prompt").map(Int.init) }

    /// The token sequences of a case, prompts included.
    func sequences(_ name: String) throws -> [[Int]] {
        var result: [[Int]] = []
        while contains("\(name).y\(result.count)") {
            result.append(try integers("\(name).y\(result.count)").map(Int.init))
        }
        return result
    }

    /// The steps whose logits a case has.
    func steps(_ name: String) -> [Int] {
        names.compactMap { tensor in
            guard tensor.hasPrefix("\(name).step"), tensor.hasSuffix(".logits") else { return nil }
            return Int(tensor.dropFirst(name.count + 5).dropLast(7))
        }.sorted()
    }
}
