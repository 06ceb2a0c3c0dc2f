import CYAML

/// Writes a ``YAMLValue`` tree as PyYAML's `yaml.dump(value)` does: block style, keys in order of their code points, lines
/// folded at 80 columns, everything beyond ASCII escaped, quotes only where the text would read as something else.
///
/// The emitter is libyaml's. It differs from PyYAML's own in where it folds a text of more than 80 columns that needs double
/// quotes; both read back as the same text.
public enum YAMLWriter {
    /// The document as text, ending in a newline.
    ///
    /// - Throws: ``SettingsError/Code/invalidValue`` for a tree deeper than the reader accepts.
    public static func text(_ value: YAMLValue) throws(SettingsError) -> String {
        let emitter = UnsafeMutablePointer<yaml_emitter_t>.allocate(capacity: 1)
        defer { emitter.deallocate() }
        guard yaml_emitter_initialize(emitter) == 1 else {
            throw SettingsError(code: .invalidValue, message: "no memory for the YAML writer", isRetriable: true)
        }
        defer { yaml_emitter_delete(emitter) }
        let output = Output()
        // `output` outlives the emitter: both end with this function, and the emitter calls back only from `emit`.
        yaml_emitter_set_output(
            emitter,
            { context, bytes, count in
                guard let context, let bytes else { return 0 }
                let output = Unmanaged<Output>.fromOpaque(context).takeUnretainedValue()
                output.bytes.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
                return 1
            }, Unmanaged.passUnretained(output).toOpaque())
        let writer = EventWriter(emitter: emitter)
        try writer.document(value)
        return withExtendedLifetime(output) { String(decoding: output.bytes, as: UTF8.self) }
    }

    private final class Output {
        var bytes: [UInt8] = []
    }
}

private struct EventWriter {
    let emitter: UnsafeMutablePointer<yaml_emitter_t>

    func document(_ value: YAMLValue) throws(SettingsError) {
        try emit { yaml_stream_start_event_initialize(&$0, YAML_UTF8_ENCODING) }
        try emit { yaml_document_start_event_initialize(&$0, nil, nil, nil, 1) }
        try node(value, depth: 0)
        try emit { yaml_document_end_event_initialize(&$0, 1) }
        try emit { yaml_stream_end_event_initialize(&$0) }
    }

    private func node(_ value: YAMLValue, depth: Int) throws(SettingsError) {
        guard depth < YAMLReader.Limits().depth else {
            throw SettingsError(code: .invalidValue, message: "the settings are nested too deeply to be written")
        }
        switch value.content {
        case .null: try scalar("null")
        case .bool(let value): try scalar(value ? "true" : "false")
        case .int(let value): try scalar(String(value))
        case .float(let value): try scalar(Self.float(value))
        case .timestamp(let text): try scalar(text)
        case .string(let text): try string(text)
        case .sequence(let items):
            try emit { yaml_sequence_start_event_initialize(&$0, nil, nil, 1, YAML_BLOCK_SEQUENCE_STYLE) }
            for item in items { try node(item, depth: depth + 1) }
            try emit { yaml_sequence_end_event_initialize(&$0) }
        case .mapping(let mapping):
            try emit { yaml_mapping_start_event_initialize(&$0, nil, nil, 1, YAML_BLOCK_MAPPING_STYLE) }
            for entry in Self.sorted(mapping.entries) {
                try node(entry.key, depth: depth + 1)
                try node(entry.value, depth: depth + 1)
            }
            try emit { yaml_mapping_end_event_initialize(&$0) }
        }
    }

    /// Python sorts keys that can be compared with each other and leaves a mixture as it is.
    private static func sorted(_ entries: [YAMLMapping.Entry]) -> [YAMLMapping.Entry] {
        let texts = entries.compactMap(\.key.string)
        if texts.count == entries.count {
            return zip(texts, entries)
                .sorted { $0.0.unicodeScalars.lexicographicallyPrecedes($1.0.unicodeScalars) }.map(\.1)
        }
        let numbers = entries.compactMap { entry -> Double? in
            switch entry.key.content {
            case .int(let value): Double(value)
            case .float(let value): value
            case .bool(let value): value ? 1 : 0
            default: nil
            }
        }
        guard numbers.count == entries.count else { return entries }
        return zip(numbers, entries).sorted { $0.0 < $1.0 }.map(\.1)
    }

    private static func float(_ value: Double) -> String {
        if value.isNaN { return ".nan" }
        if value.isInfinite { return value < 0 ? "-.inf" : ".inf" }
        let text = value.description
        guard !text.contains("."), let mark = text.firstIndex(of: "e") else { return text }
        return text[..<mark] + ".0" + text[mark...]
    }

    /// Text, plain where a reader takes it for text again.
    private func string(_ text: String) throws(SettingsError) {
        let readsAsText: Bool
        if case .string? = YAMLScalar.resolve(text) {
            readsAsText = text != "<<" && text != "="
        } else {
            readsAsText = false
        }
        try scalar(text, isPlainAllowed: readsAsText)
    }

    private func scalar(_ text: String, isPlainAllowed: Bool = true) throws(SettingsError) {
        var copy = text
        try copy.withUTF8Typed { bytes throws(SettingsError) in
            try emit {
                yaml_scalar_event_initialize(
                    &$0, nil, nil, bytes.baseAddress, Int32(clamping: bytes.count), isPlainAllowed ? 1 : 0, 1,
                    YAML_ANY_SCALAR_STYLE)
            }
        }
    }

    private func emit(_ initialize: (inout yaml_event_t) -> Int32) throws(SettingsError) {
        var event = yaml_event_t()
        // The emitter owns the event from here on, also when it fails.
        guard initialize(&event) == 1, yaml_emitter_emit(emitter, &event) == 1 else {
            let problem = emitter.pointee.problem.map { String(cString: $0) } ?? "no memory"
            throw SettingsError(code: .invalidValue, message: "the settings cannot be written as YAML: \(problem)")
        }
    }
}

extension String {
    /// `withUTF8` with a typed error.
    fileprivate mutating func withUTF8Typed(
        _ body: (UnsafeBufferPointer<UInt8>) throws(SettingsError) -> Void
    ) throws(SettingsError) {
        let result = withUTF8 { bytes -> Result<Void, SettingsError> in
            do throws(SettingsError) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        try result.get()
    }
}
