import Foundation
import Glibc

/// A TCP connection to this host under full control of a test: it can send anything, read slowly, and hang up at any time.
/// Its calls block.
public final class HTTPConnection: Sendable {
    /// What a test waited for did not come.
    public struct Failure: Error, CustomStringConvertible {
        /// What happened.
        public let description: String

        /// Makes an error.
        public init(description: String) { self.description = description }
    }

    /// A response as far as it came.
    public struct Reply: Sendable {
        /// The status line's number.
        public var status = 0
        /// By their names in lower case.
        public var headers: [String: String] = [:]
        /// Without the framing of chunks.
        public var body: [UInt8] = []
        /// Whether the body came to the end that its framing promised.
        public var isComplete = false

        /// The body as text.
        public var text: String { String(decoding: body, as: UTF8.self) }
    }

    private let descriptor: Int32

    /// Connects.
    ///
    /// - Parameter receiveBuffer: the kernel's buffer for what is not read yet, in bytes.
    /// - Throws: ``Failure`` where nobody listens.
    public init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(description: "port \(port): \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// Sends everything, or as much as the other side takes before it hangs up.
    public func send(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[sent...])
                let count = Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return }
                sent += count
            }
        }
    }

    /// Sends text.
    public func send(_ text: String) { send(Array(text.utf8)) }

    /// Reads what is there, waiting for the first byte; empty at the end of the stream.
    public func receive(_ maximum: Int = 65536) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: maximum)
        let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        return count > 0 ? Array(buffer[..<count]) : []
    }

    /// Hangs up.
    public func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Says that nothing more will be sent.
    public func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Sends a request and reads its response.
    public func request(
        _ method: String, _ target: String, headers: [String: String] = [:], body: [UInt8]? = nil
    ) throws -> Reply {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if let body { text += "Content-Length: \(body.count)\r\n" }
        send(Array((text + "\r\n").utf8) + (body ?? []))
        return try reply()
    }

    /// Reads one response.
    ///
    /// - Parameter hasBody: false for the answer to a HEAD.
    /// - Throws: ``Failure`` where the other side hangs up without one, or frames its body in no way.
    public func reply(hasBody: Bool = true) throws -> Reply {
        var bytes: [UInt8] = []
        var end = bytes.firstRange(of: Self.headEnd)
        while end == nil {
            guard append(to: &bytes) else { throw Failure(description: "no response, but \(bytes.count) bytes") }
            end = bytes.firstRange(of: Self.headEnd)
        }
        var reply = Reply()
        let lines = String(decoding: bytes[..<(end?.lowerBound ?? 0)], as: UTF8.self).components(separatedBy: "\r\n")
        reply.status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            reply.headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        guard hasBody else { return reply }
        let rest = Array(bytes[(end?.upperBound ?? 0)...])
        if reply.headers["transfer-encoding"] == "chunked" {
            readChunks(&reply, rest)
            return reply
        }
        guard let length = reply.headers["content-length"].flatMap({ Int($0) }) else {
            throw Failure(description: "\(reply.status) without a Content-Length and not in chunks")
        }
        reply.body = rest
        while reply.body.count < length, append(to: &reply.body) {}
        reply.isComplete = reply.body.count == length
        return reply
    }

    private func readChunks(_ reply: inout Reply, _ start: [UInt8]) {
        var rest = start
        while true {
            guard let line = rest.firstRange(of: [13, 10]),
                let size = Int(String(decoding: rest[..<line.lowerBound], as: UTF8.self), radix: 16),
                rest.count >= line.upperBound + size + 2
            else {
                guard append(to: &rest) else { return }
                continue
            }
            if size == 0 {
                reply.isComplete = true
                return
            }
            reply.body += rest[line.upperBound..<line.upperBound + size]
            rest.removeFirst(line.upperBound + size + 2)
        }
    }

    private static let headEnd: [UInt8] = [13, 10, 13, 10]

    private func append(to bytes: inout [UInt8]) -> Bool {
        let more = receive()
        bytes += more
        return !more.isEmpty
    }
}

/// Runs what blocks on a thread of its own, so that the tasks of the server under test and other tests are not held up.
public func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}
