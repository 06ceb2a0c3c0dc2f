import Testing
import Torch

@Suite struct TensorTests {
    @Test func valuesMakeTheRoundTrip() throws {
        let tensor = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
        #expect(tensor.shape == [2, 3])
        #expect(tensor.dtype == .float32)
        #expect(tensor.count == 6)
        #expect(try tensor.transpose(0, 1).floats() == [1, 4, 2, 5, 3, 6])
        #expect(try Tensor(ids: [3, -1]).ids() == [3, -1])
    }

    @Test func arithmeticReadsLikeTheFormula() throws {
        let a = try Tensor([1, 2, 3] as [Float])
        let b = try Tensor([4, 5, 6] as [Float])
        #expect(try (2 * a + b / 2 - 1).floats() == [3, 5.5, 8])
        #expect(try (1 - a).floats() == [0, -1, -2])
        #expect(try (6 / a).floats() == [6, 3, 2])
        #expect(try (-a).maximum(try a - 3).floats() == [-1, -1, 0])
    }

    @Test func slicesFollowPython() throws {
        let row = try Tensor.arange(0, 10)
        #expect(try row.slice(0, 2, 5).ids() == [2, 3, 4])
        #expect(try row.slice(0, -3).ids() == [7, 8, 9])
        #expect(try row.slice(0, 0, 100).count == 10)
        #expect(try row.slice(0, 8, 2).count == 0)
        #expect(try row.select(0, -1).item() == 9)
        #expect(try row.select(0, 4).item() == 4)
    }

    @Test func shapeErrorsNameTheOperationAndTheShapes() throws {
        let a = try Tensor.zeros([2, 3])
        let b = try Tensor.zeros([4, 5])
        let error = #expect(throws: TorchError.self) { try a.matmul(b) }
        #expect(error?.code == .shape)
        #expect(error?.message.contains("matmul") == true)
        #expect(error?.message.contains("[2, 3]") == true)
        #expect(error?.message.contains("[4, 5]") == true)
    }

    @Test func tooFewBytesAreRefused() throws {
        let error = #expect(throws: TorchError.self) { try Tensor([1, 2, 3] as [Float], shape: [2, 2]) }
        #expect(error?.message.contains("needs 4 elements") == true)
    }

    @Test func indicesOutsideATableAreRefused() throws {
        let table = try Tensor.zeros([5, 2])
        #expect(throws: TorchError.self) { try table.embedding(try Tensor(ids: [0, 5])) }
    }

    @Test func anImpossibleAllocationIsOutOfMemory() throws {
        let error = #expect(throws: TorchError.self) { try Tensor.zeros([1 << 40, 1 << 8]) }
        #expect(error?.code == .outOfMemory)
        #expect(error?.isRetriable == true)
    }

    @Test func aMissingDeviceIsAnErrorAndNotATrap() throws {
        guard Library.cudaDeviceCount == 0 else { return }
        let error = #expect(throws: TorchError.self) { try Tensor.zeros([1], device: .cuda(0)) }
        #expect(error != nil)
    }

    @Test func theElementTypeMustMatch() throws {
        #expect(throws: TorchError.self) { try Tensor.zeros([2], dtype: .float16).array(of: Float.self) }
        #expect(try Tensor.full([2], 1.5, dtype: .float16).floats() == [1.5, 1.5])
    }

    @Test func hostElementsAreTheTensorsOwnMemory() throws {
        let tensor = try Tensor.zeros([3])
        tensor.withUnsafeHostElements(of: Float.self) { $0[1] = 7 }
        #expect(try tensor.floats() == [0, 7, 0])
        let view: Void? = try tensor.reshape([3, 1]).expand([3, 2]).withUnsafeHostElements(of: Float.self) { _ in }
        #expect(view == nil)
    }

    @Test func devicesAreReadAsLibtorchWritesThem() {
        #expect(Device("cpu") == .cpu)
        #expect(Device("cuda") == .cuda(0))
        #expect(Device("cuda:3") == .cuda(3))
        #expect(Device("cuda:-1") == nil)
        #expect(Device("mps") == nil)
        #expect(Device.cuda(2).description == "cuda:2")
    }

    @Test func theLoadedLibraryIsTheOneCompiledAgainst() throws {
        try Library.prepare()
        #expect(Library.version.first?.isNumber == true)
    }
}
