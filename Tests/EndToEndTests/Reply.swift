import Audio
import Foundation
import TestSupport

extension HTTPConnection {
    /// Waits for the first bytes of a response, whatever they are.
    func waitForBytes() throws {
        guard !receive().isEmpty else { throw EndToEndFailure("no response") }
    }
}

extension HTTPConnection.Reply {
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

    /// Whether this is a whole WAV: the status, the length that HTTP announced, and the length in the WAV's own header.
    var isWholeWave: Bool {
        guard status == 200, isComplete, body.count > 44, body.starts(with: Array("RIFF".utf8)) else { return false }
        let length = body[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        return length == body.count - 8 && headers["content-type"] == "audio/wav"
    }

    /// The audio.
    func decoded() throws -> AudioClip { try AudioDecoder().decode(body, name: "the answer") }
}
