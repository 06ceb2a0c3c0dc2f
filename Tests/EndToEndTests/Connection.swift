import Foundation
import Glibc

/// A TCP connection to this host that can send anything and hang up at any time. Its calls block.
final class Connection: Sendable {
    /// A response as far as it came.
    struct Reply: Sendable {
        var status = 0
        var headers: [String: String] = [:]
        var body: [UInt8] = []
        /// Whether the body came to the end that its framing promised.
        var isComplete = false

        var text: String { String(decoding: body, as: UTF8.self) }

        /// The body as a JSON object; empty where it is none.
        var object: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
        }

        /// What the body says about an error, in any of the three forms that the server has.
        var message: String {
            let error = object["error"] as? [String: Any]
            if let text = (object["message"] ?? object["detail"] ?? error?["message"]) as? String { return text }
            let issues = object["detail"] as? [[String: Any]] ?? []
            return issues.compactMap { $0["msg"] as? String }.joined(separator: "; ")
        }
    }

    private let descriptor: Int32

    /// Connects.
    ///
    /// - Throws: ``EndToEndFailure`` where nobody listens.
    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            throw EndToEndFailure("port \(port): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// Sends everything, or as much as the other side takes before it hangs up.
    func send(_ bytes: [UInt8]) {
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

    /// Hangs up.
    func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Says that nothing more will be sent.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Reads one response.
    ///
    /// - Throws: ``EndToEndFailure`` where the other side hangs up without one.
    func reply() throws -> Reply {
        var bytes: [UInt8] = []
        var end = bytes.firstRange(of: Self.headEnd)
        while end == nil {
            guard receive(into: &bytes) else {
                throw EndToEndFailure("no response, but \(bytes.count) bytes")
            }
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
        if reply.headers["transfer-encoding"] == "chunked" {
            readChunks(&reply, Array(bytes[(end?.upperBound ?? 0)...]))
            return reply
        }
        guard let length = reply.headers["content-length"].flatMap({ Int($0) }) else {
            throw EndToEndFailure("\(reply.status) without a Content-Length and not in chunks")
        }
        reply.body = Array(bytes[(end?.upperBound ?? 0)...])
        while reply.body.count < length, receive(into: &reply.body) {}
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
                guard receive(into: &rest) else { return }
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

    /// Waits for the first bytes of a response, whatever they are.
    func waitForBytes() throws {
        var bytes: [UInt8] = []
        guard receive(into: &bytes) else { throw EndToEndFailure("no response") }
    }

    private static let headEnd: [UInt8] = [13, 10, 13, 10]

    private func receive(into bytes: inout [UInt8]) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { return false }
        bytes += buffer[..<count]
        return true
    }
}

/// Runs what blocks on a thread of its own, so that other tests are not held up.
func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}
