/// A configuration value in a form that can be printed and written as JSON.
public enum InspectedValue: Sendable, Hashable, Codable {
    /// No value.
    case null
    /// A truth value.
    case bool(Bool)
    /// An integer.
    case int(Int64)
    /// A finite number.
    case number(Double)
    /// Text, or a description of what is not plain data.
    case text(String)
    /// A list or a tuple.
    case list([InspectedValue])
    /// A dictionary, or the fields of an object; an object's class is under `__class__`.
    case object([Field])

    /// A field of an object.
    public struct Field: Sendable, Hashable, Codable {
        /// The name.
        public let name: String
        /// The value.
        public let value: InspectedValue
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Reads any JSON value.
    public init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: Key.self) {
            self = .object(
                try container.allKeys.sorted { $0.stringValue < $1.stringValue }.map {
                    Field(name: $0.stringValue, value: try container.decode(InspectedValue.self, forKey: $0))
                })
            return
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else {
            self = .list(try container.decode([InspectedValue].self))
        }
    }

    /// Writes plain JSON.
    public func encode(to encoder: any Encoder) throws {
        if case .object(let fields) = self {
            var container = encoder.container(keyedBy: Key.self)
            for field in fields { try container.encode(field.value, forKey: Key(stringValue: field.name)) }
            return
        }
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let values): try container.encode(values)
        case .object: break
        }
    }
}

extension InspectedValue {
    /// Longest text that is kept, in Unicode scalars.
    private static let maxTextLength = 500
    /// Most values of a configuration that are kept.
    private static let maxValues = 4096

    /// Describes a value; a very large one is cut.
    public init(_ value: CheckpointValue) {
        var budget = Self.maxValues
        self.init(value, budget: &budget)
    }

    private init(_ value: CheckpointValue, budget: inout Int) {
        guard budget > 0 else {
            self = .text("…")
            return
        }
        budget -= 1
        switch value {
        case .none: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .bigInt(let digits): self = .text(digits.printable(maxLength: Self.maxTextLength))
        // JSON has no infinity and no NaN.
        case .float(let value): self = value.isFinite ? .number(value) : .text("\(value)")
        case .string(let text): self = .text(text.printable(maxLength: Self.maxTextLength))
        case .bytes(let bytes): self = .text("\(bytes.count) bytes")
        case .list(let values), .tuple(let values): self = .list(Self.cut(values, budget: &budget))
        case .dictionary(let entries): self = .object(Self.fields(entries, budget: &budget))
        case .tensor(let tensor): self = .text("tensor \(tensor.dtype.rawValue) \(tensor.shape)")
        case .record(let record):
            let typeName = record.typeName.printable(maxLength: Self.maxTextLength)
            guard record.kind == .instance else {
                self = .text("<\(typeName)>")
                return
            }
            var fields = [Field(name: "__class__", value: .text(typeName))]
            if !record.arguments.isEmpty {
                fields.append(Field(name: "__arguments__", value: .list(Self.cut(record.arguments, budget: &budget))))
            }
            if !record.elements.isEmpty {
                fields.append(Field(name: "__elements__", value: .list(Self.cut(record.elements, budget: &budget))))
            }
            fields += Self.fields(record.fields.map { (.string($0.key), $0.value) }, budget: &budget)
            self = .object(fields)
        }
    }

    private static func cut(_ values: [CheckpointValue], budget: inout Int) -> [InspectedValue] {
        var result: [InspectedValue] = []
        for value in values {
            result.append(InspectedValue(value, budget: &budget))
            if budget <= 0 { break }
        }
        return result
    }

    private static func fields(
        _ entries: [(key: CheckpointValue, value: CheckpointValue)], budget: inout Int
    ) -> [Field] {
        var result: [Field] = []
        for (key, value) in entries {
            let name = key.stringValue ?? key.intValue.map { "\($0)" } ?? key.kindName
            result.append(
                Field(
                    name: name.printable(maxLength: maxTextLength),
                    value: InspectedValue(value, budget: &budget)))
            if budget <= 0 { break }
        }
        return result
    }
}
