import Testing
import Torch

/// LoRA factors on top of a base's tensors.
@Suite struct MergedWeightsTests {
    private static let layer = "cfm.base_model.model.estimator.0.to_q"

    private func scope(_ tensors: [String: Tensor], _ dtype: DType = .float32) -> WeightScope {
        WeightScope(tensors, dtype: dtype, device: .cpu)
    }

    private var base: WeightScope {
        get throws {
            scope([
                "cfm.estimator.0.to_q.weight": try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]),
                "cfm.estimator.0.to_q.bias": try Tensor([7, 8] as [Float]), "bridge.weight": try Tensor([1] as [Float]),
            ])
        }
    }

    private func factors(_ up: [Float], _ down: [Float], rank: Int = 1) throws -> [String: Tensor] {
        [
            "\(Self.layer).lora_A.default.weight": try Tensor(down, shape: [rank, down.count / rank]),
            "\(Self.layer).lora_B.default.weight": try Tensor(up, shape: [up.count / rank, rank]),
        ]
    }

    @Test func addsTheProductOfTheFactors() throws {
        let merged = try base.merging(scope(factors([10, 100], [1, 0, 2])))
        let layer = merged["cfm"]["estimator"][0]["to_q"]
        #expect(try layer.get("weight", [2, 3]).floats() == [11, 2, 23, 104, 5, 206])
        #expect(try layer.get("bias", [2]).floats() == [7, 8])
        // Read twice, and the base is as it was.
        #expect(try layer.get("weight", [2, 3]).floats() == [11, 2, 23, 104, 5, 206])
        #expect(try base["cfm"]["estimator"][0]["to_q"].get("weight").floats() == [1, 2, 3, 4, 5, 6])
    }

    @Test func sumsOverTheRank() throws {
        let merged = try base.merging(scope(factors([1, 2, 3, 4], [1, 0, 0, 0, 1, 0], rank: 2)))
        #expect(try merged.get("cfm.estimator.0.to_q.weight").floats() == [2, 4, 3, 7, 9, 6])
    }

    @Test func mergesBeforeRounding() throws {
        // 2048 + 0.75 + 0.75 rounds to 2050 in half precision; rounding either term first gives 2048.
        let halves = scope(["a.weight": try Tensor([2048.75] as [Float], shape: [1, 1])], .float16)
        let merged = try halves.merging(
            scope([
                "a.lora_A.x.weight": try Tensor([0.75] as [Float], shape: [1, 1]),
                "a.lora_B.x.weight": try Tensor([1] as [Float], shape: [1, 1]),
            ]))
        let weight = try merged.get("a.weight", [1, 1])
        #expect(weight.dtype == .float16)
        #expect(try weight.floats() == [2050])
    }

    @Test func wholeTensorsReplaceTheBases() throws {
        let merged = try base.merging(
            scope(["bridge.weight": try Tensor([5] as [Float]), "new.bias": try Tensor([6] as [Float])]))
        #expect(try merged.get("bridge.weight", [1]).floats() == [5])
        #expect(try merged.get("new.bias", [1]).floats() == [6])
        #expect(
            merged.names.sorted() == [
                "bridge.weight", "cfm.estimator.0.to_q.bias", "cfm.estimator.0.to_q.weight", "new.bias",
            ])
    }

    @Test func whatDoesNotFitIsNamed() throws {
        func message(_ adapter: [String: Tensor]) throws -> String {
            let error = #expect(throws: TorchError.self) { try base.merging(scope(adapter)) }
            #expect(error?.code == .weights)
            return error?.message ?? ""
        }
        func one(_ names: String...) throws -> [String: Tensor] {
            var tensors: [String: Tensor] = [:]
            for name in names { tensors[name] = try Tensor([1] as [Float], shape: [1, 1]) }
            return tensors
        }
        for wrong in [try factors([1, 2, 3], [1, 2, 3]), try factors([1, 2], [1, 2])] {
            #expect(try message(wrong).contains("cfm.estimator.0.to_q.weight"))
        }
        let replacement = try message(one("bridge.weight"))
        #expect(replacement.contains("bridge.weight"))
        var lonely = try factors([1, 2], [1, 2, 3])
        lonely["\(Self.layer).lora_B.default.weight"] = nil
        #expect(try message(lonely).contains("lora_A"))
        let unknown = try message(one("x.lora_A.d.weight", "x.lora_B.d.weight"))
        #expect(unknown.contains("x.weight"))
    }
}
