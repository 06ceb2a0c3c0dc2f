import ArgumentParser
import Foundation
import Glibc
import Messaging
import Settings

/// `chorus keys`
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Makes a pair of CURVE keys, with which router and workers on several machines know each other.",
        discussion: """
            Writes NAME.key, which stays on its machine, and NAME.pub, which the other side is given. Never overwrites.

              chorus keys router && chorus keys worker-1
              chorus router --workers tcp://0.0.0.0:9890 --curve-secret-key-file router.key \\
                --curve-client-keys-file worker-1.pub
              chorus worker --router tcp://10.0.0.1:9890 --curve-secret-key-file worker-1.key \\
                --curve-server-key-file router.pub -c tts_infer.yaml
            """)

    @Argument(help: ArgumentHelp("The files' name without its ending.", valueName: "name"))
    var name: String

    func run() async throws {
        try await exitingWithMessage {
            let pair = try CurveKeyPair.generate()
            try Self.write(pair.secretKey.z85, to: name + ".key", mode: 0o600)
            try Self.write(pair.publicKey.description, to: name + ".pub", mode: 0o644)
            print("\(name).key stays on this machine; give \(name).pub to the other side")
        }
    }

    private static func write(_ key: String, to path: String, mode: mode_t) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw SettingsError(
                code: .notWritable,
                message: errno == EEXIST
                    ? "\(path) exists already; choose another name or remove it"
                    : "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data((key + "\n").utf8))
    }
}
