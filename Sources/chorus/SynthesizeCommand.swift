import ArgumentParser
import Audio
import Foundation
import Settings
import Synthesis

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

    @OptionGroup var speech: RequestFlags

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Where to write; the ending chooses the form, such as .wav, .flac, .mp3 or .ogg.", valueName: "file"))
    var out: String

    func run() async throws {
        PassiveWaiting.ensure()
        try await exitingWithMessage {
            let (settings, logger) = try ChorusConfiguration.load(process, worker.values, label: "chorus")
            let request = try speech.request()
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

    private func outputFormat() throws -> AudioFormat {
        let suffix = URL(fileURLWithPath: out).pathExtension.lowercased()
        guard let format = AudioFormat(rawValue: suffix) else {
            let endings = EncoderSupport.current.formats.map { "." + $0.rawValue }.joined(separator: ", ")
            throw SynthesisError(.badRequest, "--out \(out): the name must end in one of \(endings)")
        }
        return format
    }
}
