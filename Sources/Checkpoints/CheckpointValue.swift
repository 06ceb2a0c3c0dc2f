/// A value read from a checkpoint. Nothing of it was executed; what is not plain data is an ``OpaqueRecord``.
public enum CheckpointValue: Sendable {
    /// Python's `None`.
    case none
    /// A truth value.
    case bool(Bool)
    /// An integer of at most 64 bits.
    case int(Int64)
    /// A larger integer, in decimal digits.
    case bigInt(String)
    /// A floating-point number.
    case float(Double)
    /// Text; also the name of a PyTorch dtype (`torch.float16`) or device (`cuda:0`).
    case string(String)
    /// Raw bytes.
    case bytes([UInt8])
    /// A list or a set.
    case list([CheckpointValue])
    /// A tuple or a tensor shape.
    case tuple([CheckpointValue])
    /// A dictionary in the order of insertion; of equal keys the last value counts.
    case dictionary([(key: CheckpointValue, value: CheckpointValue)])
    /// A tensor.
    indirect case tensor(TensorRecord)
    /// An object of any other class.
    indirect case record(OpaqueRecord)
}

extension CheckpointValue {
    /// The value at a text key of a dictionary, or the field of a record; nil for everything else.
    public subscript(key: String) -> CheckpointValue? {
        switch self {
        case .dictionary(let entries):
            for (candidate, value) in entries {
                if case .string(key) = candidate { return value }
            }
            return nil
        case .record(let record): return record[key]
        default: return nil
        }
    }

    /// The text keys of a dictionary or a record's fields, in order; empty for everything else.
    public var keys: [String] { fieldEntries.map(\.key) }

    /// Text keys and values of a dictionary or of a record's fields, in order; empty for everything else.
    public var fieldEntries: [(key: String, value: CheckpointValue)] {
        switch self {
        case .dictionary(let entries):
            entries.compactMap { entry in entry.key.stringValue.map { ($0, entry.value) } }
        case .record(let record): record.fields
        default: []
        }
    }

    /// The number, if this is an integer of at most 64 bits, a truth value excluded.
    public var intValue: Int? {
        if case .int(let value) = self { Int(exactly: value) } else { nil }
    }

    /// The number, if this is an integer or a floating-point number.
    public var doubleValue: Double? {
        switch self {
        case .int(let value): Double(value)
        case .bigInt(let digits): Double(digits)
        case .float(let value): value
        default: nil
        }
    }

    /// The text, if this is text.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The truth value, if this is one.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements, if this is a list or a tuple.
    public var arrayValue: [CheckpointValue]? {
        switch self {
        case .list(let values), .tuple(let values): values
        default: nil
        }
    }

    /// The tensor, if this is one.
    public var tensorValue: TensorRecord? {
        if case .tensor(let value) = self { value } else { nil }
    }

    /// Whether this is `None`.
    public var isNone: Bool {
        if case .none = self { true } else { false }
    }

    /// What this is, in a word, for messages.
    public var kindName: String {
        switch self {
        case .none: "None"
        case .bool: "a truth value"
        case .int, .bigInt: "an integer"
        case .float: "a number"
        case .string: "text"
        case .bytes: "bytes"
        case .list: "a list"
        case .tuple: "a tuple"
        case .dictionary: "a dictionary"
        case .tensor: "a tensor"
        case .record(let record): "an object of \(record.typeName)"
        }
    }
}

/// What a pickle says about an object whose class is not known here.
///
/// The class was neither looked up nor run: these are only the arguments and the state that the file carries.
public struct OpaqueRecord: Sendable {
    /// How the pickle speaks of the object.
    public enum Kind: String, Sendable, Codable {
        /// An object, made by calling the class or function ``OpaqueRecord/typeName``.
        case instance
        /// The class or function itself.
        case reference
        /// A container that is being described already: the pickle refers to itself here.
        case cycle
    }

    /// How the pickle speaks of the object.
    public let kind: Kind
    /// Module and name of the class or function, such as `utils.HParams`.
    public let typeName: String
    /// Positional arguments of its construction.
    public let arguments: [CheckpointValue]
    /// Named arguments of its construction, or none.
    public let namedArguments: CheckpointValue
    /// The state set after construction: usually a dictionary of attributes; none where the pickle sets none.
    public let state: CheckpointValue
    /// Elements appended to it, where the class is a kind of list.
    public let elements: [CheckpointValue]
    /// Entries set on it, where the class is a kind of dictionary.
    public let entries: [(key: CheckpointValue, value: CheckpointValue)]

    /// The attributes: entries first, then state (slots included), then named arguments.
    public var fields: [(key: String, value: CheckpointValue)] {
        var sources: [CheckpointValue] = [.dictionary(entries)]
        // A class with slots has the state (attributes or none, slots).
        if case .tuple(let parts) = state, parts.count == 2 { sources += parts } else { sources.append(state) }
        sources.append(namedArguments)
        var result: [(key: String, value: CheckpointValue)] = []
        for case .dictionary(let entries) in sources {
            for (key, value) in entries {
                if let name = key.stringValue { result.append((name, value)) }
            }
        }
        return result
    }

    /// The attribute of a name.
    public subscript(name: String) -> CheckpointValue? { fields.first { $0.key == name }?.value }
}
