import Testing
import Torch

/// Memory that is kept between operations must behave as if it were new.
@Suite struct HostMemoryTests {
    @Test func keptMemoryHoldsWhatIsWrittenLast() throws {
        try Library.prepare()
        // Blocks of about a megabyte come and go in several sizes, one kept alive over the others.
        let survivor = try Tensor.full([300_000], 7)
        for round in 0..<50 {
            let size = 200_000 + round % 5 * 40_000
            let first = try Tensor.full([size], Double(round))
            let second = try first + 1
            #expect(try second.sum().item() == Double(size * (round + 1)))
            #expect(try first.max().item() == Double(round) && first.min().item() == Double(round))
        }
        #expect(try survivor.min().item() == 7 && survivor.max().item() == 7)
    }

    @Test func emptyAndImpossibleSizes() throws {
        try Library.prepare()
        #expect(try Tensor.zeros([0, 5]).count == 0)
        let error = #expect(throws: TorchError.self) { try Tensor.empty([1 << 45]) }
        #expect(error?.code == .outOfMemory)
    }
}
