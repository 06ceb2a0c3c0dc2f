import Glibc

/// A failed system call's `errno`, with the system's words for it.
public struct SystemError: Error, CustomStringConvertible, Hashable, Sendable {
    /// The value of `errno` right after the call.
    public let code: Int32

    /// Wraps an `errno` value, by default the calling thread's current one.
    public init(code: Int32 = errno) {
        self.code = code
    }

    /// The system's words, such as `Permission denied`.
    public var description: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "errno \(code)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
