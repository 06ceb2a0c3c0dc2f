import ArgumentParser
import Foundation
import Router
import Synthesis
import Wire

/// A request to speak, from flags or a file.
struct RequestFlags: ParsableArguments {
    @Option(
        name: .customLong("request"),
        help: ArgumentHelp("A JSON file with the fields of /tts; - for standard input.", valueName: "file"))
    var requestFile: String?

    @Option(help: "The text to speak.")
    var text: String?

    @Option(help: "The text's language.")
    var textLang: String?

    @Option(help: ArgumentHelp("The recording whose voice is taken: 3 to 10 s.", valueName: "file"))
    var refAudio: String?

    @Option(help: ArgumentHelp("A further recording whose timbre is mixed in; may be given again.", valueName: "file"))
    var auxRefAudio: [String] = []

    @Option(help: "What the recording says.")
    var promptText: String?

    @Option(help: "The recording's language.")
    var promptLang: String?

    @Option(help: "Starts the random numbers; -1 draws a seed.")
    var seed: Int64?

    /// The request, checked as the HTTP API checks it.
    /// - Throws: what the parser throws; `SynthesisError` for a file that holds no object.
    func request() throws -> SpeechRequest {
        var fields: [String: Any] = [:]
        if let requestFile {
            let data =
                requestFile == "-"
                ? FileHandle.standardInput.readDataToEndOfFile()
                : try Data(contentsOf: URL(fileURLWithPath: requestFile))
            guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
                throw SynthesisError(.badRequest, "\(requestFile): a JSON object with the fields of /tts is wanted")
            }
            fields = object
        }
        let given: [String: Any?] = [
            "text": text, "text_lang": textLang, "ref_audio_path": refAudio, "prompt_text": promptText,
            "prompt_lang": promptLang, "seed": seed, "aux_ref_audio_paths": auxRefAudio.isEmpty ? nil : auxRefAudio,
        ]
        fields.merge(given.compactMapValues { $0 }) { $1 }
        let json = String(decoding: try JSONSerialization.data(withJSONObject: fields), as: UTF8.self)
        return try SpeechRequestParser().parse(json: json)
    }
}
