import Foundation
import TestSupport

/// What has to be there before the program can be run: its binary, the text data, the demo voice.
enum Installation {
    /// The program: the one built together with these tests; without one, `CHORUS_BINARY` or the repository's debug build.
    static let binary: String? = {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let candidates: [String?] = [
            tests.deletingLastPathComponent().appendingPathComponent("chorus").path,
            ProcessInfo.processInfo.environment["CHORUS_BINARY"],
            Fixtures.repository.appendingPathComponent(".build/debug/chorus").path,
        ]
        return candidates.compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// The folder that `cluster/setup` fills.
    static let home =
        ProcessInfo.processInfo.environment["CHORUS_HOME"] ?? Fixtures.repository.appendingPathComponent(".chorus").path

    /// The demo voice, never to be written to.
    static let voice = Fixtures.repository.appendingPathComponent("cluster/demo-voice")

    /// Checkpoints that are broken in one way each.
    static let checkpoints = Fixtures.folder.appendingPathComponent("checkpoints")

    /// What is not there and how to get it; nil where all is.
    static let missing: String? = {
        if binary == nil { return "the program is not built; run swift build" }
        if !FileManager.default.fileExists(atPath: home + "/text/english-lexicon.bin") {
            return "\(home)/text has no text data; run cluster/setup"
        }
        if !FileManager.default.fileExists(atPath: voice.appendingPathComponent("tts_infer.yaml").path) {
            return "\(voice.path) has no demo voice"
        }
        return nil
    }()

    /// The environment of every process: the tests' own, without settings of the program.
    static let environment = ProcessInfo.processInfo.environment.filter {
        !$0.key.hasPrefix("CHORUS_") && $0.key != "CUDA_VISIBLE_DEVICES"
    }
}
