import CYAML

/// Reads one YAML document through libyaml into a ``YAMLValue`` tree.
///
/// The text is not trusted: its size, its depth and the number of nodes after aliases are expanded are bounded, and tags
/// other than YAML's own scalar and collection ones are refused, so that nothing in a file can name code.
public enum YAMLReader {
    /// What a document may hold.
    public struct Limits: Sendable {
        /// The longest text, in bytes.
        public var bytes = 1 << 20
        /// The deepest nesting.
        public var depth = 64
        /// The most nodes, counting every use of an alias as the nodes that it stands for.
        public var nodes = 100_000

        /// The limits of a settings file.
        public init() {}
    }

    /// Parses one document.
    ///
    /// - Parameters:
    ///   - bytes: The document, in UTF-8 or UTF-16 with a byte order mark.
    ///   - name: What error messages call the text: its path.
    ///   - limits: What the document may hold.
    /// - Returns: The root; `null` for an empty document.
    /// - Throws: ``SettingsError/Code/syntax`` with the line for text that is not YAML or exceeds a limit.
    public static func parse(
        _ bytes: [UInt8], name: String, limits: Limits = Limits()
    ) throws(SettingsError) -> YAMLValue {
        guard bytes.count <= limits.bytes else {
            throw SettingsError(
                code: .syntax,
                message: "\(name): \(bytes.count) bytes are more than the \(limits.bytes) that a settings file may have"
            )
        }
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else {
            throw SettingsError(code: .syntax, message: "\(name): no memory for the YAML parser", isRetriable: true)
        }
        defer { yaml_parser_delete(parser) }
        // The parser keeps a pointer into the bytes, so everything happens inside this scope.
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<YAMLValue, SettingsError> in
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            var composer = YAMLComposer(parser: parser, name: name, limits: limits)
            do throws(SettingsError) {
                return .success(try composer.document())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// Turns libyaml's events into a tree, one document long.
private struct YAMLComposer {
    let parser: UnsafeMutablePointer<yaml_parser_t>
    let name: String
    let limits: YAMLReader.Limits
    private var nodes = 0
    private var anchors: [String: (value: YAMLValue, nodes: Int)] = [:]

    init(parser: UnsafeMutablePointer<yaml_parser_t>, name: String, limits: YAMLReader.Limits) {
        self.parser = parser
        self.name = name
        self.limits = limits
    }

    mutating func document() throws(SettingsError) -> YAMLValue {
        var root = YAMLValue(.null, line: 1)
        var documents = 0
        while true {
            let event = try next()
            switch event.kind {
            case .streamEnd:
                return root
            case .documentStart:
                documents += 1
                guard documents == 1 else { throw failure(event.line, "a second document begins; only one is allowed") }
            case .other:
                continue
            default:
                root = try value(event, depth: 0)
            }
        }
    }

    // MARK: - Nodes

    private mutating func value(_ event: Event, depth: Int) throws(SettingsError) -> YAMLValue {
        guard depth < limits.depth else {
            throw failure(event.line, "nesting is deeper than \(limits.depth) levels")
        }
        let before = nodes
        try count(1, event.line)
        let value: YAMLValue
        switch event.kind {
        case .alias(let anchor):
            guard let known = anchors[anchor] else {
                throw failure(event.line, "the alias *\(anchor) names no anchor that is complete before it")
            }
            try count(known.nodes, event.line)
            return known.value
        case .scalar(let text, let isPlain):
            value = YAMLValue(try scalar(text, isPlain: isPlain, event), line: event.line)
        case .sequenceStart:
            try check(event, allows: "seq")
            value = YAMLValue(.sequence(try sequence(depth: depth)), line: event.line)
        case .mappingStart:
            try check(event, allows: "map")
            value = YAMLValue(.mapping(try mapping(depth: depth)), line: event.line)
        default:
            throw failure(event.line, "a value was expected")
        }
        if let anchor = event.anchor { anchors[anchor] = (value, nodes - before) }
        return value
    }

    private mutating func sequence(depth: Int) throws(SettingsError) -> [YAMLValue] {
        var items: [YAMLValue] = []
        while true {
            let event = try next()
            if case .sequenceEnd = event.kind { return items }
            items.append(try value(event, depth: depth + 1))
        }
    }

    /// A mapping, with `<<` merged in below its own entries.
    private mutating func mapping(depth: Int) throws(SettingsError) -> YAMLMapping {
        var own = YAMLMapping()
        var merged: [YAMLMapping] = []
        while true {
            let event = try next()
            if case .mappingEnd = event.kind { break }
            if case .scalar("<<", isPlain: true) = event.kind, event.tag == nil {
                merged += try mergeSources(try value(try next(), depth: depth + 1))
                continue
            }
            let key = try value(event, depth: depth + 1)
            switch key.content {
            case .sequence, .mapping: throw failure(event.line, "\(key.summary) cannot be a key")
            default: own[key] = try value(try next(), depth: depth + 1)
            }
        }
        guard !merged.isEmpty else { return own }
        // Of several merged mappings the first one wins, and the mapping's own entries win over all.
        var result = YAMLMapping()
        for source in merged.reversed() + [own] {
            for entry in source.entries { result[entry.key] = entry.value }
        }
        return result
    }

    private func mergeSources(_ value: YAMLValue) throws(SettingsError) -> [YAMLMapping] {
        if let mapping = value.mapping { return [mapping] }
        if case .sequence(let items) = value.content {
            let mappings = items.compactMap(\.mapping)
            if mappings.count == items.count { return mappings }
        }
        throw failure(value.line, "<< takes a section or a list of sections, not \(value.summary)")
    }

    private func scalar(_ text: String, isPlain: Bool, _ event: Event) throws(SettingsError) -> YAMLValue.Content {
        switch event.tag {
        case nil:
            guard isPlain else { return .string(text) }
            guard let content = YAMLScalar.resolve(text) else {
                throw failure(event.line, "the number \(text) does not fit 64 bits")
            }
            return content
        case "!", YAML_STR_TAG:
            return .string(text)
        case YAML_NULL_TAG:
            return .null
        case YAML_BOOL_TAG:
            if case .bool(let value)? = YAMLScalar.resolve(text) { return .bool(value) }
            throw failure(event.line, "\"\(text)\" is not a truth value")
        case YAML_INT_TAG:
            if let value = YAMLScalar.explicitInteger(text) { return .int(value) }
            throw failure(event.line, "\"\(text)\" is not a whole number of 64 bits")
        case YAML_FLOAT_TAG:
            if let value = YAMLScalar.explicitFloat(text) { return .float(value) }
            throw failure(event.line, "\"\(text)\" is not a number")
        case let tag?:
            throw failure(event.line, "the tag \(tag) is not allowed; write the value without it")
        }
    }

    private func check(_ event: Event, allows kind: String) throws(SettingsError) {
        guard let tag = event.tag, tag != "!", tag != "tag:yaml.org,2002:" + kind else { return }
        throw failure(event.line, "the tag \(tag) is not allowed; write the value without it")
    }

    private mutating func count(_ more: Int, _ line: Int) throws(SettingsError) {
        nodes += more
        guard nodes <= limits.nodes else {
            throw failure(line, "more than \(limits.nodes) values, counting every use of an alias")
        }
    }

    private func failure(_ line: Int, _ problem: String) -> SettingsError {
        SettingsError(code: .syntax, message: "\(name):\(line): \(problem)")
    }

    // MARK: - Events

    private struct Event {
        enum Kind {
            case streamEnd, documentStart, sequenceStart, sequenceEnd, mappingStart, mappingEnd, other
            case alias(String)
            case scalar(String, isPlain: Bool)
        }
        var kind: Kind
        var line: Int
        var tag: String?
        var anchor: String?
    }

    private func next() throws(SettingsError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxFailure() }
        defer { yaml_event_delete(&event) }
        let line = Int(event.start_mark.line) + 1
        switch event.type {
        case YAML_STREAM_END_EVENT:
            return Event(kind: .streamEnd, line: line)
        case YAML_DOCUMENT_START_EVENT:
            return Event(kind: .documentStart, line: line)
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return Event(kind: .sequenceStart, line: line, tag: text(start.tag), anchor: text(start.anchor))
        case YAML_SEQUENCE_END_EVENT:
            return Event(kind: .sequenceEnd, line: line)
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return Event(kind: .mappingStart, line: line, tag: text(start.tag), anchor: text(start.anchor))
        case YAML_MAPPING_END_EVENT:
            return Event(kind: .mappingEnd, line: line)
        case YAML_ALIAS_EVENT:
            return Event(kind: .alias(text(event.data.alias.anchor) ?? ""), line: line)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let content = String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
            return Event(
                kind: .scalar(content, isPlain: isPlain), line: line, tag: text(scalar.tag), anchor: text(scalar.anchor)
            )
        default:
            return Event(kind: .other, line: line)
        }
    }

    private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private func syntaxFailure() -> SettingsError {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "this is not YAML"
        switch parser.pointee.error {
        case YAML_READER_ERROR:
            return SettingsError(
                code: .syntax,
                message: "\(name): byte \(parser.pointee.problem_offset): \(problem); the file has to be UTF-8 text")
        case YAML_MEMORY_ERROR:
            return SettingsError(code: .syntax, message: "\(name): no memory to read it", isRetriable: true)
        default:
            let mark = parser.pointee.problem_mark
            let context = parser.pointee.context.map { " " + String(cString: $0) } ?? ""
            return SettingsError(
                code: .syntax, message: "\(name):\(mark.line + 1): \(problem)\(context) (column \(mark.column + 1))")
        }
    }
}
