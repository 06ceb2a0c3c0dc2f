/// Files with CURVE keys as `chorus keys` writes them: 40 characters of Z85, one key a line; a line that begins with `# ` is a comment.
public enum CurveKeyFile {
    /// The one key of a file.
    public static func key(at path: String) throws(SettingsError) -> String {
        let keys = try keys(at: path)
        guard keys.count == 1, let key = keys.first else {
            throw SettingsError(code: .invalidValue, message: "\(path) has to hold one key; it holds \(keys.count)")
        }
        return key
    }

    /// All keys of a file.
    public static func keys(at path: String) throws(SettingsError) -> [String] {
        let text = String(decoding: try SettingsFile.read(path, limit: 1 << 20), as: UTF8.self)
        var keys: [String] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            var key = line.drop { $0.isWhitespace }
            while key.last?.isWhitespace == true { key.removeLast() }
            if key.isEmpty || key.hasPrefix("# ") || key == "#" { continue }
            guard key.utf8.count == 40, key.utf8.allSatisfy(alphabet.contains) else {
                throw SettingsError(
                    code: .invalidValue,
                    message:
                        "\(path):\(index + 1): a CURVE key has 40 characters of Z85; this line has \(key.utf8.count)")
            }
            keys.append(String(key))
        }
        return keys
    }

    private static let alphabet = Set(
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#".utf8)
}
