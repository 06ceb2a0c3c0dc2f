import Foundation
import Glibc

/// What a person who started a server wants to read: where it listens, and a line to copy, as soon as it can speak.
struct Announcement: Sendable {
    /// A recording that the copied line can use; nil leaves the line out.
    let reference: String?

    /// Prints where the server listens now, and the line to copy once `/readyz` says that a worker is ready.
    func announce(address: String, port: Int) {
        let host = ["0.0.0.0", "::", "127.0.0.1"].contains(address) ? "127.0.0.1" : address
        let base = "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        Self.say("Chorus listens at \(base); the voice is being loaded")
        Task.detached { [reference] in
            while !Task.isCancelled {
                if Self.isReady(host: host, port: port) { break }
                try? await Task.sleep(for: .milliseconds(200))
            }
            Self.say("Chorus is ready at \(base)")
            guard let reference else { return }
            Self.say(
                "curl -o hello.wav --get '\(base)/tts' --data-urlencode 'text=Hello there, it is good to hear you.' "
                    + "-d text_lang=en -d prompt_lang=en --data-urlencode 'ref_audio_path=\(reference)'")
        }
    }

    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    /// Asks `/readyz` over a plain socket: one short request to this very process, for which a client library would be much.
    private static func isReady(host: String, port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = in_port_t(UInt16(truncatingIfNeeded: port)).bigEndian
        // A name or an IPv6 address is not asked; its server is announced at once.
        guard inet_pton(AF_INET, host, &target.sin_addr) == 1 else { return true }
        let connected = withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return false }
        let request = Array("GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            return false
        }
        var answer = [UInt8](repeating: 0, count: 64)
        let count = recv(descriptor, &answer, answer.count, 0)
        return count > 12 && String(decoding: answer[9..<12], as: UTF8.self) == "200"
    }
}
