import Testing
import Torch

@Suite struct GeneratorTests {
    @Test func theSameSeedGivesTheSameDraws() throws {
        let first = try Generator(seed: 1234)
        let second = try Generator(seed: 1234)
        let a = try first.normal([3, 5]).floats()
        #expect(try second.normal([3, 5]).floats() == a)
        #expect(try second.normal([3, 5]).floats() != a)
        try second.seed(1234)
        #expect(try second.normal([3, 5]).floats() == a)
    }
}
