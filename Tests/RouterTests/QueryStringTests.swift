import Testing

@testable import Router

@Suite struct QueryStringTests {
    @Test func escapesSpacesAndRepetition() throws {
        let query = try QueryString("a=1&b=x+y%20z&a=2&c&=v&d=%e4%bd%a0&e=100%&f=%zz&&g=a=b")
        #expect(query["a"] == "2")
        #expect(query.all("a") == ["1", "2"])
        #expect(query["b"] == "x y z")
        #expect(query["c"] == "")
        #expect(query[""] == "v")
        #expect(query["d"] == "你")
        #expect(query["e"] == "100%")
        #expect(query["f"] == "%zz")
        #expect(query["g"] == "a=b")
        #expect(query["nothing"] == nil)
    }

    @Test(arguments: ["a=%ff", "%c3=1", "a=%e4%bd", "a=\u{FFFD}"])
    func whatIsNotUTF8IsRefused(text: String) {
        let error = #expect(throws: RouterError.self) { try QueryString(text) }
        #expect(error?.code == .badRequest)
    }
}
