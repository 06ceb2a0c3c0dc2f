import Foundation
import Glibc

/// A TCP connection under full control of a test: it can send anything, read slowly, and hang up.
final class HTTPConnection: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// A response as far as it came.
    struct Reply: Sendable {
        var status = 0
        var headers: [String: String] = [:]
        var body: [UInt8] = []
        /// Whether the body came to the end that its framing promised.
        var isComplete = false

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private let descriptor: Int32

    /// Connects to this host.
    ///
    /// - Parameter receiveBuffer: the kernel's buffer for what is not read yet, in bytes.
    init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(description: "connect: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// Sends everything, or as much as the other side takes before it hangs up.
    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Reads what is there, waiting for the first byte; empty at the end of the stream.
    func receive(_ maximum: Int = 65536) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: maximum)
        let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        return count > 0 ? Array(buffer[..<count]) : []
    }

    /// Hangs up.
    func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Says that nothing more will be sent.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Sends a request and reads its response.
    func request(
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
    func reply(hasBody: Bool = true) throws -> Reply {
        var bytes: [UInt8] = []
        var reply = Reply()
        let end: Int
        while true {
            if let found = Self.find([13, 10, 13, 10], in: bytes) {
                end = found
                break
            }
            let more = receive()
            guard !more.isEmpty else { throw Failure(description: "no response, but \(bytes.count) bytes") }
            bytes += more
        }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedBy: "\r\n")
        reply.status = lines.first.flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) } ?? 0
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            reply.headers[line[..<colon].lowercased()] =
                line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        guard hasBody else { return reply }
        var rest = Array(bytes[(end + 4)...])
        if reply.headers["transfer-encoding"] == "chunked" {
            readChunks(&reply, rest)
            return reply
        }
        let length = reply.headers["content-length"].flatMap { Int($0) } ?? 0
        while rest.count < length {
            let more = receive()
            if more.isEmpty { break }
            rest += more
        }
        reply.isComplete = rest.count >= length
        reply.body = Array(rest.prefix(length))
        return reply
    }

    private func readChunks(_ reply: inout Reply, _ start: [UInt8]) {
        var rest = start
        while true {
            guard let line = Self.find([13, 10], in: rest),
                let size = Int(String(decoding: rest[..<line], as: UTF8.self), radix: 16), rest.count >= line + size + 4
            else {
                let more = receive()
                if more.isEmpty { return }
                rest += more
                continue
            }
            if size == 0 {
                reply.isComplete = true
                return
            }
            reply.body += rest[(line + 2)..<(line + 2 + size)]
            rest = Array(rest[(line + size + 4)...])
        }
    }

    private static func find(_ pattern: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= pattern.count else { return nil }
        return (0...(bytes.count - pattern.count)).first { bytes[$0..<$0 + pattern.count].elementsEqual(pattern) }
    }
}

/// Runs what blocks on a thread of its own, so that the tasks of the server under test are not held up.
func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}
