import ArgumentParser
import Audio
import Foundation
import Router
import Settings
import Synthesis
import Text
import Wire

/// `chorus synthesize`
struct SynthesizeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synthesize",
        abstract: "Speaks one request into a file, without any server.",
        discussion: """
            The request is given by flags or, with --request, as a JSON file with the fields of /tts; flags override it.

              chorus synthesize -c cluster/demo-voice/tts_infer.yaml --text 'Hello there.' --text-lang en \\
                --ref-audio cluster/demo-voice/reference.wav --prompt-lang en --seed 1 --out hello.wav
            """)

    @OptionGroup var voice: VoiceFlags
    @OptionGroup var process: ProcessFlags
    @OptionGroup var worker: WorkerFlags

    @Option(help: ArgumentHelp("A JSON file with the fields of /tts; - for standard input.", valueName: "file"))
    var request: String?

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

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Where to write; the ending chooses the form, such as .wav, .flac, .mp3 or .ogg.", valueName: "file"))
    var out: String

    func run() async throws {
        PassiveWaiting.ensure()
        try await exitingWithMessage {
            let (settings, logger) = try ChorusConfiguration.load(process, worker.values, label: "chorus")
            let request = try speechRequest()
            let format = try outputFormat()
            let configuration = try SynthesisConfiguration(voice, settings, logger: logger)
            let audio = try await ProgressLine.showing("loading the voice, then speaking") {
                let synthesizer = try await Synthesizer(configuration)
                return try await synthesizer.speak(request)
            }
            let bytes = try AudioEncoder.encode(audio.samples, sampleRate: audio.sampleRate, format: format)
            try Data(bytes).write(to: URL(fileURLWithPath: out), options: .atomic)
            printError("wrote \(out): \(String(format: "%.2f", audio.duration)) s at \(audio.sampleRate) Hz")
        }
    }

    private func speechRequest() throws -> SpeechRequest {
        var fields: [String: Any] = [:]
        if let request {
            let data =
                request == "-"
                ? FileHandle.standardInput.readDataToEndOfFile()
                : try Data(contentsOf: URL(fileURLWithPath: request))
            guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
                throw SynthesisError(.badRequest, "\(request): a JSON object with the fields of /tts is wanted")
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

    private func outputFormat() throws -> AudioFormat {
        let suffix = URL(fileURLWithPath: out).pathExtension.lowercased()
        guard let format = AudioFormat(rawValue: suffix) else {
            let endings = EncoderSupport.current.formats.map { "." + $0.rawValue }.joined(separator: ", ")
            throw SynthesisError(.badRequest, "--out \(out): the name must end in one of \(endings)")
        }
        return format
    }
}
