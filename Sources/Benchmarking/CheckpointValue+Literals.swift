import Checkpoints

// Configurations read here as they do in the published files.

extension CheckpointValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// An integer.
    public init(integerLiteral value: Int64) { self = .int(value) }
    /// A floating-point number.
    public init(floatLiteral value: Double) { self = .float(value) }
    /// Text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A list.
    public init(arrayLiteral elements: CheckpointValue...) { self = .list(elements) }
    /// A dictionary in the order written.
    public init(dictionaryLiteral elements: (CheckpointValue, CheckpointValue)...) {
        self = .dictionary(elements.map { (key: $0.0, value: $0.1) })
    }

    /// An integer.
    init(_ value: Int) { self = .int(Int64(value)) }
    /// A list of integers.
    init(_ values: [Int]) { self = .list(values.map { CheckpointValue($0) }) }
}
