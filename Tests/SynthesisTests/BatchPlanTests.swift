import Synthesis
import TestSupport
import Testing

@Suite struct BatchPlanTests {
    struct Post: Decodable {
        struct Case: Decodable {
            let batches: [[Int]]
            let size: Int
            let lengths: [Int]
            let bucketed: Bool
            let threshold: Double
            enum CodingKeys: String, CodingKey {
                case batches = "batch_index_list"
                case size = "batch_size"
                case lengths = "norm_text_len"
                case bucketed = "split_bucket"
                case threshold
            }
        }
        let cases: [Case]
        enum CodingKeys: String, CodingKey { case cases = "to_batch" }
    }

    @Test(arguments: Fixtures.modelGoldens(bundled: "synthesis"))
    func batchesAreThoseOfThePythonServer(_ set: GoldenSet) throws {
        let cases = try set.manifest("post", as: Post.self).cases
        #expect(!cases.isEmpty)
        for item in cases {
            let batches = BatchPlan.batches(
                lengths: item.lengths, size: item.size, threshold: item.threshold, bucketed: item.bucketed)
            #expect(batches == item.batches)
        }
    }

    @Test func everyPieceIsInOneBatchWhateverTheOptions() {
        for size in [-3, 0, 1, 2, 7, 100] {
            for threshold in [-1, 0, 0.75, 1, 5, .infinity] {
                for bucketed in [false, true] {
                    let batches = BatchPlan.batches(
                        lengths: [3, 0, 9, 9, 1], size: size, threshold: threshold, bucketed: bucketed)
                    #expect(batches.flatMap { $0 }.sorted() == [0, 1, 2, 3, 4])
                    #expect(batches.allSatisfy { !$0.isEmpty && $0.count <= max(1, size) })
                }
            }
        }
        #expect(BatchPlan.batches(lengths: [], size: 4, threshold: 0.75, bucketed: true).isEmpty)
    }
}
