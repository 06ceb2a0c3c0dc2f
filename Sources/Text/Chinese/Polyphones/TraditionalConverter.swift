import COpenCC
import Synchronization

/// Writes simplified Chinese in the traditional characters of Taiwan, by OpenCC's phrases and characters.
///
/// `@unchecked Sendable`: the converter is created and freed by this object alone and used under the lock, because OpenCC
/// promises nothing about threads.
final class TraditionalConverter: @unchecked Sendable {
    private let converter: opencc_t
    private let lock = Mutex(())

    /// - Throws: `TextError` with `.resourceMissing` where OpenCC's dictionaries are missing or damaged.
    init(resources: TextResources) throws(TextError) {
        let configuration = resources.directory + "/opencc/s2tw.json"
        // OpenCC says by an address of -1 that it failed.
        guard let converter = opencc_open(configuration), Int(bitPattern: converter) != -1 else {
            let reason = opencc_error().map { String(cString: $0) } ?? "no reason given"
            throw TextError(
                .resourceMissing, "OpenCC cannot load \(configuration): \(reason); run cluster/setup, which makes it")
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
