import Glibc

/// Splits what comes from a pipe into lines.
enum LineReader {
    /// Longer lines are handed out in pieces, so that no child can fill the supervisor's memory.
    static let longestLine = 8192

    /// Reads until the other end is closed, then closes this one. Bytes that are no UTF-8 are replaced.
    static func read(_ descriptor: Int32, onLine: (String) -> Void) {
        defer { close(descriptor) }
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            for byte in buffer.prefix(count) {
                if byte != UInt8(ascii: "\n") { line.append(byte) }
                guard byte == UInt8(ascii: "\n") || line.count == longestLine else { continue }
                onLine(String(decoding: line, as: UTF8.self))
                line.removeAll(keepingCapacity: true)
            }
        }
        if !line.isEmpty { onLine(String(decoding: line, as: UTF8.self)) }
    }
}
