import Foundation
import Testing

@testable import Settings

@Suite struct YAMLWriterTests {
    private struct Row: Decodable {
        let value: YAMLValue
        let text: String?

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            value = try container.decode(Encoded.self).value
            text = try container.decodeIfPresent(String.self)
        }
    }

    /// A value as `make.py` encodes it.
    private struct Encoded: Decodable {
        let value: YAMLValue

        init(from decoder: any Decoder) throws {
            let single = try decoder.singleValueContainer()
            if single.decodeNil() {
                value = YAMLValue(.null)
            } else if let text = try? single.decode(String.self) {
                value = YAMLValue(.string(text))
            } else if let truth = try? single.decode(Bool.self) {
                value = YAMLValue(.bool(truth))
            } else if let number = try? single.decode(Int.self) {
                value = YAMLValue(.int(number))
            } else if let items = try? single.decode([Encoded].self) {
                value = YAMLValue(.sequence(items.map(\.value)))
            } else if let float = try? single.decode([String: String].self), let number = Double(float["float"] ?? "") {
                value = YAMLValue(.float(number))
            } else {
                var mapping = YAMLMapping()
                for pair in try single.decode([String: [[Encoded]]].self)["map"] ?? [] {
                    mapping[pair[0].value] = pair[1].value
                }
                value = YAMLValue(.mapping(mapping))
            }
        }
    }

    @Test func dumpsAreThoseOfPyYAML() throws {
        let data = try Data(contentsOf: fixtures.appending(path: "dumps.json"))
        let rows = try JSONDecoder().decode([Row].self, from: data)
        #expect(rows.count > 500)
        for row in rows {
            guard let text = row.text else { continue }
            #expect(try YAMLWriter.text(row.value) == text, "\(row.value)")
        }
    }

    @Test func whatIsWrittenReadsBack() throws {
        let data = try Data(contentsOf: fixtures.appending(path: "dumps.json"))
        for row in try JSONDecoder().decode([Row].self, from: data) {
            #expect(try parse(YAMLWriter.text(row.value)) == row.value, "\(row.value)")
        }
    }

    @Test func whatIsTooDeepIsRefused() throws {
        var value = YAMLValue(.null)
        for _ in 0..<70 { value = YAMLValue(.sequence([value])) }
        #expect(try settingsError { _ = try YAMLWriter.text(value) }.code == .invalidValue)
    }
}
