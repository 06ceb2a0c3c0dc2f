import TestSupport
import Testing

@testable import Router

@Suite struct JSONParserTests {
    @Test func valuesKeepTheirKinds() throws {
        let value = try JSONParser.parse(
            #" {"a": [1, 1.0, -0.5e1, true, null, "x\n\u00e9\ud83d\ude00\/"], "b": {}, "a": 99999999999999999999} "#)
        #expect(
            value
                == .object([
                    .init(
                        name: "a",
                        value: .array([.integer(1), .number(1), .number(-5), .bool(true), .null, .string("x\né😀/")])),
                    .init(name: "b", value: .object([])),
                    .init(name: "a", value: .hugeInteger("99999999999999999999")),
                ]))
        #expect(value["a"] == .hugeInteger("99999999999999999999"))
    }

    @Test func writingIsReadBack() throws {
        let value: JSONValue = [
            "text": "a\"\\\n\r\t\u{1}é😀", "list": [1, nil, .bool(false), .number(0.25)], "": [:],
        ]
        let text = try #require(String(validating: value.encoded, as: UTF8.self))
        #expect(try JSONParser.parse(text) == value)
    }

    @Test func whatIsNotFiniteIsWrittenAsNull() {
        #expect(String(decoding: JSONValue.number(.nan).encoded, as: UTF8.self) == "null")
    }

    @Test(arguments: [#""\ud800""#, #""\ud800x""#, #""\udc00""#, #""\ud800\u0041""#])
    func loneSurrogatesAreNoText(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(text) }
    }

    @Test func nestingIsBounded() {
        let deep = String(repeating: "[", count: 100_000)
        let error = #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(deep) }
        #expect(error?.message == "Too deeply nested")
        #expect(throws: JSONSyntaxError.self) {
            try JSONParser.parse(String(repeating: #"{"a":"#, count: 100_000))
        }
    }

    /// Cut, changed and inserted bytes: an answer or an error, never a trap.
    @Test func mutationsDoNotTrap() throws {
        let seed = Array(
            #"{"text": "a\u00e9\n", "list": [1, -2.5e3, true, null, {"x": "\ud83d\ude00"}], "n": 12345678901234567890}"#
                .utf8)
        var generator = SplitMix64(seed: 42)
        var read = 0
        for _ in 0..<5_000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes.removeSubrange(place...)
                case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 2: bytes.insert(Array(#"{}[]",:\utn-e.0"#.utf8).randomElement(using: &generator) ?? 0, at: place)
                default: bytes.remove(at: place)
                }
                if bytes.isEmpty { bytes = [0x7B] }
            }
            guard let text = String(validating: bytes, as: UTF8.self) else { continue }
            if (try? JSONParser.parse(text)) != nil { read += 1 }
        }
        #expect(read > 0)
    }
}
