import ArgumentParser
import Checkpoints
import Foundation

/// `chorus inspect`
struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Tells what a checkpoint holds, without running anything in it.",
        discussion: """
            Reads torch.save files (zip and legacy), SoVITS files with a version tag, safetensors and the weights of ONNX \
            models. Prints the version, the sizes, what the parameters take in memory, the base that a LoRA file needs, the \
            configuration, every tensor and what is odd about the file. Exits with 65 where the file cannot be used.
            """)

    @Argument(help: "Checkpoint files.")
    var files: [String]

    @Flag(help: "Print one JSON object a file.")
    var json = false

    @Flag(help: "Leave out the list of tensors.")
    var brief = false

    @Option(help: ArgumentHelp("Write the file's tensors as safetensors too.", valueName: "file"))
    var convert: String?

    func validate() throws {
        if convert != nil, files.count != 1 { throw ValidationError("--convert takes one file at a time") }
    }

    func run() async throws {
        var worst = ExitCode.success
        for file in files {
            do {
                let checkpoint = try CheckpointFile.open(path: file)
                let report = Inspector.inspect(checkpoint)
                if json {
                    let encoder = JSONEncoder()
                    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                    print(String(decoding: try encoder.encode(report), as: UTF8.self))
                } else {
                    print(report.text(listsTensors: !brief))
                }
                if !report.isUsable { worst = .dataError }
                if let convert {
                    try SafetensorsWriter.write(
                        try checkpoint.tensors(under: nil), metadata: checkpoint.metadata, to: convert)
                }
            } catch let error as CheckpointError {
                printError("chorus: \(error.message)")
                worst = error.code == .fileNotFound ? .noInput : error.code == .notWritable ? .cannotCreate : .dataError
            }
        }
        if worst != .success { throw worst }
    }
}
