/// One thing that is wrong with a request's form, in the shape that FastAPI gives to clients of the Python server.
struct ValidationIssue: Error, Hashable, Sendable {
    /// A step of the way to the value.
    enum Step: Hashable, Sendable {
        case name(String)
        case index(Int)
    }

    /// The kind, such as `int_parsing`, as pydantic names it.
    let type: String
    /// The way to the value: `body` or `query`, then names and places.
    var location: [Step]
    /// What is wrong.
    let message: String
    /// The value as it came.
    let input: JSONValue
    /// More about it.
    var context: String?

    /// No body, or `null`.
    static let missingBody = ValidationIssue(
        type: "missing", location: [.name("body")], message: "Field required", input: nil)

    /// A body that is not JSON.
    static func syntax(_ error: JSONSyntaxError) -> ValidationIssue {
        ValidationIssue(
            type: "json_invalid", location: [.name("body"), .index(error.position)], message: "JSON decode error",
            input: [:], context: error.message)
    }

    /// The issue as one entry of `detail`.
    var json: JSONValue {
        let way = location.map { step -> JSONValue in
            switch step {
            case .name(let name): .string(name)
            case .index(let index): .integer(Int64(index))
            }
        }
        var members: [JSONValue.Member] = [
            .init(name: "type", value: .string(type)),
            .init(name: "loc", value: .array(way)),
            .init(name: "msg", value: .string(message)),
            .init(name: "input", value: input.abridged()),
        ]
        if let context { members.append(.init(name: "ctx", value: ["error": .string(context)])) }
        return .object(members)
    }
}

extension JSONValue {
    /// The value, cut to a size that is fit for an error message.
    func abridged(depth: Int = 0) -> JSONValue {
        switch self {
        case .string(let text) where text.utf8.count > 512:
            return .string(String(text.prefix(128)) + "…")
        case .hugeInteger(let text) where text.utf8.count > 64:
            return .string(String(text.prefix(64)) + "…")
        case .array(let values):
            guard depth < 3 else { return "…" }
            return .array(values.prefix(32).map { $0.abridged(depth: depth + 1) })
        case .object(let members):
            guard depth < 3 else { return "…" }
            return .object(
                members.prefix(64).map {
                    Member(name: String($0.name.prefix(128)), value: $0.value.abridged(depth: depth + 1))
                })
        default:
            return self
        }
    }
}
