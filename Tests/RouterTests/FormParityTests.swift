import Foundation
import TestSupport
import Testing
import Wire

@testable import Router

/// Compares the reading of forms with what FastAPI 0.115 and pydantic 2.10 say (`Tests/Fixtures/router/make_forms.py`):
/// types, messages and places exactly, values exactly.
@Suite struct FormParityTests {
    private static let cases: [JSONValue] = {
        let url = Fixtures.folder.appending(path: "router/forms.json")
        guard let text = try? String(contentsOf: url, encoding: .utf8),
            case .array(let cases)? = try? JSONParser.parse(text)
        else { return [] }
        return cases
    }()

    private func text(_ value: JSONValue?) -> String? {
        guard case .string(let text)? = value else { return nil }
        return text
    }

    /// What we say, without `input` and `ctx`, or the values.
    private func read(_ one: JSONValue) throws(RouterError) -> SpeechRequest {
        let parser = SpeechRequestParser()
        if let query = text(one["query"]) { return try parser.form(query: try QueryString(query)) }
        let body = text(one["body"]) ?? ""
        guard !body.isEmpty else { throw RouterError(issues: [.missingBody]) }
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONParser.parse(body)
        } catch {
            throw RouterError(issues: [.syntax(error)])
        }
        return try parser.form(body: value)
    }

    /// A field as the script tells it: its kind and its value.
    private func told(_ field: String, _ request: SpeechRequest) -> JSONValue {
        switch field {
        case "text": request.text.isEmpty ? ["null", nil] : ["str", .string(request.text)]
        case "top_k": ["int", .integer(Int64(request.topK))]
        case "top_p": ["float", .number(request.topP)]
        case "split_bucket": ["bool", .bool(request.splitBucket)]
        case "streaming_mode": ["int", .integer(Int64(request.streamingMode))]
        default: ["list", .array(request.auxRefAudioPaths.map(JSONValue.string))]
        }
    }

    /// The same for what the script says: floats from their text, booleans of `streaming_mode` as the numbers they stand for.
    private func expected(_ field: String, _ value: JSONValue) -> JSONValue {
        guard case .array(let pair) = value, pair.count == 2 else { return value }
        if field == "streaming_mode", case .bool(let flag) = pair[1] { return ["int", .integer(flag ? 1 : 0)] }
        if field == "text", pair[1] == "" { return ["null", nil] }
        guard pair[0] == "float", case .string(let number) = pair[1] else { return value }
        return ["float", .number(Double(number) ?? .nan)]
    }

    private func areEqual(_ first: JSONValue, _ second: JSONValue) -> Bool {
        if case .array(let one) = first, case .array(let two) = second, case .number(let left)? = one.last,
            case .number(let right)? = two.last, left.isNaN, right.isNaN
        {
            return true
        }
        return first == second
    }

    /// Where we differ on purpose: list entries have to be text, and `%ff` is refused rather than replaced.
    private func differs(_ one: JSONValue) -> Bool {
        let body = text(one["body"]) ?? ""
        return body == #"{"aux_ref_audio_paths": [1]}"# || text(one["query"]) == "text=%ff"
            || one["contentType"] != nil
    }

    @Test func everyFormIsReadAsThePythonServerReadsIt() throws {
        #expect(Self.cases.count > 300)
        var compared = 0
        for one in Self.cases where !differs(one) && one["status"] != .integer(500) {
            let name = text(one["query"]) ?? text(one["body"]) ?? ""
            do {
                let request = try read(one)
                #expect(one["status"] == .integer(200), "\(name)")
                if let value = one["value"], case .object(let members)? = try? JSONParser.parse(name),
                    let field = members.first?.name
                {
                    let (ours, theirs) = (told(field, request), expected(field, value))
                    #expect(areEqual(ours, theirs), "\(name): \(ours), not \(theirs)")
                    compared += 1
                }
                if case .object(let values)? = one["values"] {
                    for member in values {
                        let (ours, theirs) = (told(member.name, request), expected(member.name, member.value))
                        #expect(areEqual(ours, theirs), "\(name) \(member.name): \(ours), not \(theirs)")
                        compared += 1
                    }
                }
            } catch {
                #expect(one["status"] == .integer(422), "\(name): \(error)")
                guard case .array(let details)? = one["detail"] else { continue }
                let ours = error.issues.map(\.json).map { ["type": $0["type"], "loc": $0["loc"], "msg": $0["msg"]] }
                let theirs = details.map { ["type": $0["type"], "loc": $0["loc"], "msg": $0["msg"]] }
                #expect(ours == theirs, "\(name)")
                #expect(error.issues.first?.json["ctx"] == details.first?["ctx"], "\(name)")
                compared += 1
            }
        }
        #expect(compared > 350)
    }
}
