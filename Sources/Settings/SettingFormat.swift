/// What values a setting allows and how one is read from YAML or from the text of a flag or an environment variable.
struct SettingFormat<Value: Sendable>: Sendable {
    /// The allowed values, as the end of the sentence "it has to be …".
    let allowed: String
    /// The value, or nil where it is not allowed. Relative paths begin in the second argument.
    let read: @Sendable (YAMLValue, _ folder: String) -> Value?
}

extension SettingFormat where Value == String {
    /// Text that is not empty.
    static let text = SettingFormat(allowed: "text that is not empty (in quotes where it looks like a number)") {
        value, _ in
        value.string.flatMap { $0.isEmpty || $0.utf8.contains(0) ? nil : $0 }
    }

    /// The path of a file or folder, made absolute.
    static let path = SettingFormat(allowed: "a path") { value, folder in
        text.read(value, folder).map { SettingsFile.absolute($0, in: folder) }
    }

    /// An endpoint that ZeroMQ can bind or dial. The address of a Unix socket has at most 107 bytes.
    static let endpoint = SettingFormat(
        allowed: "ipc:// and an absolute path of at most \(ipcPathLimit) bytes, or tcp:// with host and port"
    ) { value, _ in
        guard let text = value.string else { return nil }
        if text.hasPrefix("ipc:///") { return text.utf8.count - 6 <= ipcPathLimit ? text : nil }
        guard text.hasPrefix("tcp://"), let colon = text.lastIndex(of: ":") else { return nil }
        let host = text.dropFirst(6).prefix { $0 != "/" }
        guard host.endIndex == text.endIndex, colon > host.startIndex else { return nil }
        let port = text[text.index(after: colon)...]
        guard port == "*" || UInt16(port) != nil else { return nil }
        return text
    }

    /// `cpu`, `cuda:N` or a UUID, with `@` and the name of a model set where the worker is to serve that.
    static let device = SettingFormat(allowed: "cpu, cuda:N, or GPU- and a UUID, with @model where wanted") {
        value, _ in
        guard let text = value.string, text.last != "@" else { return nil }
        let entry = WorkerDevice(text)
        let isNumbered = entry.device.hasPrefix("cuda:") && UInt16(entry.device.dropFirst(5)) != nil
        let isDevice = entry.device == "cpu" || isNumbered || entry.device.hasPrefix("GPU-")
        return isDevice && entry.model.map(ModelSetSettings.isName) ?? true ? text : nil
    }

    /// The length of `sockaddr_un.sun_path` less its final zero.
    static let ipcPathLimit = 107
}

extension SettingFormat where Value == Int {
    /// A whole number of a range.
    static func integer(_ range: ClosedRange<Int>) -> SettingFormat {
        SettingFormat(allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)") { value, _ in
            let number: Int? =
                switch value.content {
                case .int(let number): number
                case .string(let text): Int(text)
                default: nil
                }
            return number.flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension SettingFormat where Value == Double {
    /// A time in seconds, fractions allowed.
    static func seconds(_ range: ClosedRange<Double>) -> SettingFormat {
        SettingFormat(allowed: "seconds from \(range.lowerBound) to \(range.upperBound)") { value, _ in
            let number: Double? =
                switch value.content {
                case .int(let number): Double(number)
                case .float(let number): number
                case .string(let text): Double(text)
                default: nil
                }
            return number.flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension SettingFormat where Value == Bool {
    /// `true` or `false`, with YAML's other words for them in the file.
    static let truth = SettingFormat(allowed: "true or false") { value, _ in
        switch value.content {
        case .bool(let truth): truth
        case .string("true"): true
        case .string("false"): false
        default: nil
        }
    }
}

extension SettingFormat where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the cases, by its raw name.
    static var choice: SettingFormat {
        SettingFormat(allowed: "one of " + Value.allCases.map(\.rawValue).joined(separator: ", ")) { value, _ in
            value.string.flatMap(Value.init(rawValue:))
        }
    }
}

extension SettingFormat {
    /// A YAML list, or text with commas between the items; empty text is an empty list.
    static func list<Item>(of item: SettingFormat<Item>) -> SettingFormat where Value == [Item] {
        SettingFormat(allowed: "a list, or text with commas, of items that are each \(item.allowed)") { value, folder in
            let items: [YAMLValue]
            switch value.content {
            case .sequence(let values):
                items = values
            case .string(let text):
                items = text.split(separator: ",").map { YAMLValue(.string(String($0.trimmed))) }
            default: return nil
            }
            let read = items.compactMap { item.read($0, folder) }
            return read.count == items.count ? read : nil
        }
    }
}

extension Substring {
    /// The text without the blanks around it.
    fileprivate var trimmed: Substring {
        var copy = drop { $0 == " " }
        while copy.last == " " { copy.removeLast() }
        return copy
    }
}
