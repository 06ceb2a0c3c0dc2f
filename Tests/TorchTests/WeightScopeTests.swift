import Testing
import Torch

@Suite struct WeightScopeTests {
    private func scope(_ tensors: [String: Tensor]) -> WeightScope {
        WeightScope(tensors, dtype: .float32, device: .cpu)
    }

    private func record(_ values: [Float], _ shape: [Int]) throws -> Tensor { try Tensor(values, shape: shape) }

    @Test func namesAreRelativeToThePrefix() throws {
        let weights = scope([
            "encoder.layers.0.weight": try record([1, 2], [2]), "encoder.layers.1.weight": try record([3, 4], [2]),
        ])
        #expect(try weights["encoder"]["layers"][1].get("weight", [2]).floats() == [3, 4])
        #expect(weights["encoder"]["layers"].listCount() == 2)
        #expect(weights["encoder"].names.sorted() == ["layers.0.weight", "layers.1.weight"])
    }

    @Test func aListWithAGapIsNotCounted() throws {
        let weight = try record([1], [1])
        let whole = scope(["a.layers.0.weight": weight, "a.layers.1.weight": weight, "a.other": weight])
        #expect(try whole["a"]["layers"].completeListCount() == 2)
        let gap = scope(["a.layers.0.weight": weight, "a.layers.2.weight": weight])
        #expect(gap["a"]["layers"].listCount() == 1)
        for (weights, missing) in [(gap, "a.layers.1"), (scope([:]), "a.layers.0")] {
            let error = #expect(throws: TorchError.self) { try weights["a"]["layers"].completeListCount() }
            #expect(error?.message.hasSuffix(missing) == true)
        }
    }

    @Test func aMissingTensorIsNamedWhole() throws {
        let error = #expect(throws: TorchError.self) { try scope([:])["enc_p"]["proj"].get("weight", [1]) }
        #expect(error?.code == .weights)
        #expect(error?.message.contains("enc_p.proj.weight") == true)
    }

    @Test func aWrongShapeTellsBothShapes() throws {
        let weights = scope(["a.weight": try record([1, 2, 3, 4], [2, 2])])
        let error = #expect(throws: TorchError.self) { try weights["a"].get("weight", [4, nil]) }
        #expect(error?.message.contains("a.weight") == true)
        #expect(error?.message.contains("[4, any]") == true)
        #expect(error?.message.contains("[2, 2]") == true)
        #expect(try weights["a"].get("weight", [nil, 2]).shape == [2, 2])
    }

    @Test func weightNormIsFolded() throws {
        // v = (3, 4) has norm 5, so g = 10 doubles it.
        let weights = scope(["c.weight_g": try record([10], [1, 1, 1]), "c.weight_v": try record([3, 4], [1, 1, 2])])
        #expect(try weights["c"].foldedWeight([1, 1, 2]).floats() == [6, 8])
        let spelled = scope([
            "c.parametrizations.weight.original0": try record([5, 2], [1, 1, 2]),
            "c.parametrizations.weight.original1": try record([3, 1, 4, 0], [2, 1, 2]),
        ])
        #expect(try spelled["c"].foldedWeight([2, 1, 2], dimension: 2).floats() == [3, 2, 4, 0])
    }
}
