import COpenCC
import Synchronization

/// Writes simplified Chinese in the traditional characters of Taiwan, by OpenCC's phrases and characters.
///
/// `@unchecked Sendable`: the converter is created and freed by this object alone and used under the lock, because OpenCC
/// promises nothing about threads.
final class TraditionalConverter: @unchecked Sendable {
    private let converter: opencc_t
    private let lock = Mutex(())

    private static let configuration = "s2tw.json"

    /// - Throws: `TextError` with `.resourceMissing` where OpenCC's data are not installed.
    init() throws(TextError) {
        // OpenCC says by an address of -1 that it failed.
        guard let converter = opencc_open(Self.configuration), Int(bitPattern: converter) != -1 else {
            let reason = opencc_error().map { String(cString: $0) } ?? "no reason given"
            throw TextError(
                .resourceMissing,
                "OpenCC cannot load \(Self.configuration): \(reason); install the Debian package libopencc-data")
        }
        self.converter = converter
    }

    deinit {
        opencc_close(converter)
    }

    /// The text in traditional characters, as many as there were; nil where OpenCC cannot say.
    func convert(_ text: [Unicode.Scalar]) -> [Unicode.Scalar]? {
        var utf8 = Array(text.text.utf8)
        guard !utf8.isEmpty else { return [] }
        let converted = lock.withLock { _ -> [Unicode.Scalar]? in
            utf8.withUnsafeMutableBytes { bytes -> [Unicode.Scalar]? in
                guard let output = opencc_convert_utf8(converter, bytes.baseAddress, bytes.count) else { return nil }
                defer { opencc_convert_utf8_free(output) }
                return Array(String(cString: output).unicodeScalars)
            }
        }
        return converted?.count == text.count ? converted : nil
    }
}
