/// One node of a YAML document together with the line on which it begins.
///
/// Two values are equal when their content is; the line does not count.
public struct YAMLValue: Sendable, Hashable {
    /// What a node holds, after the YAML 1.1 rules that PyYAML's `FullLoader` applies to plain scalars.
    public enum Content: Sendable, Hashable {
        case null
        case bool(Bool)
        case int(Int)
        case float(Double)
        /// A date or a time, kept as it was written.
        case timestamp(String)
        case string(String)
        case sequence([YAMLValue])
        case mapping(YAMLMapping)
    }

    /// What the node holds.
    public var content: Content
    /// The line of the file, counted from 1; 0 for a value that was not read from a file.
    public var line: Int

    /// Creates a value.
    public init(_ content: Content, line: Int = 0) {
        self.content = content
        self.line = line
    }

    /// Whether two nodes hold the same; their lines do not count.
    public static func == (left: Self, right: Self) -> Bool { left.content == right.content }

    /// Hashes the content.
    public func hash(into hasher: inout Hasher) { hasher.combine(content) }

    /// The text of a string; nil for everything else.
    public var string: String? {
        if case .string(let text) = content { text } else { nil }
    }

    /// The entries of a mapping; nil for everything else.
    public var mapping: YAMLMapping? {
        if case .mapping(let mapping) = content { mapping } else { nil }
    }

    /// What the node is and holds, in the words of an error message: `the text "abc"`, `the number 3`, `a list`.
    public var summary: String {
        switch content {
        case .null: "nothing"
        case .bool(let value): "the truth value \(value)"
        case .int(let value): "the number \(value)"
        case .float(let value): "the number \(value)"
        case .timestamp(let text): "the date \(text)"
        case .string(let text): "the text \"\(text.count > 60 ? text.prefix(60) + "…" : text[...])\""
        case .sequence: "a list"
        case .mapping: "a section"
        }
    }
}

/// The entries of a YAML mapping in the order of their first appearance. A repeated key keeps its last value.
///
/// Two mappings are equal when they hold the same entries in any order.
public struct YAMLMapping: Sendable, Hashable {
    /// A key, which is always a scalar, with its value.
    public struct Entry: Sendable, Hashable {
        /// The key.
        public var key: YAMLValue
        /// The value.
        public var value: YAMLValue
    }

    /// The entries.
    public private(set) var entries: [Entry] = []
    private var positions: [YAMLValue: Int] = [:]

    /// Creates an empty mapping.
    public init() {}

    /// Whether two mappings hold the same entries in any order.
    public static func == (left: Self, right: Self) -> Bool {
        left.entries.count == right.entries.count && left.entries.allSatisfy { right[$0.key] == $0.value }
    }

    /// Hashes the entries without their order.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(Set(entries))
    }

    /// The value under a key; setting nil removes the entry.
    public subscript(key: YAMLValue) -> YAMLValue? {
        get { positions[key].map { entries[$0].value } }
        set {
            if let newValue {
                if let position = positions[key] {
                    entries[position].value = newValue
                } else {
                    positions[key] = entries.count
                    entries.append(Entry(key: key, value: newValue))
                }
            } else if let position = positions.removeValue(forKey: key) {
                entries.remove(at: position)
                for later in position..<entries.count { positions[entries[later].key] = later }
            }
        }
    }

    /// The value under a key that is text.
    public subscript(key: String) -> YAMLValue? {
        get { self[YAMLValue(.string(key))] }
        set { self[YAMLValue(.string(key))] = newValue }
    }
}
