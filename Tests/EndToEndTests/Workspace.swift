import Foundation
import Glibc

/// A folder of a test's own with a copy of the demo voice in `voice`; the working directory of the processes started there.
struct Workspace: Sendable {
    /// The folder, without symbolic links. Its path is short, because sockets lie in it.
    let root: URL

    /// The recording to speak from, as requests name it.
    static let reference = "voice/reference.wav"
    /// The SoVITS checkpoint, as requests name it.
    static let sovits = "voice/gsv-v2final-pretrained/s2G2333k.pth"
    /// The GPT checkpoint, as requests name it.
    static let gpt = "voice/gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt"

    /// Makes a folder for as long as `body` runs.
    static func with<Value>(_ body: (Workspace) async throws -> Value) async throws -> Value {
        var template = Array((FileManager.default.temporaryDirectory.path + "/chorus-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw EndToEndFailure("no temporary folder: \(String(cString: strerror(errno)))")
        }
        let path = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let workspace = Workspace(root: URL(fileURLWithPath: path).resolvingSymlinksInPath())
        try FileManager.default.copyItem(at: Installation.voice, to: workspace.file("voice"))
        return try await body(workspace)
    }

    /// A file in the folder.
    func file(_ name: String) -> URL { root.appendingPathComponent(name) }

    func bytes(of name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: file(name))) }

    /// Copies a file, whole or only its first bytes.
    func copy(_ source: String, to target: String, bytes: Int? = nil) throws {
        let data = try Data(contentsOf: file(source))
        try data.prefix(bytes ?? data.count).write(to: file(target))
    }
}
