import ArgumentParser
import Foundation
import Settings
import Synthesis
import Torch

/// `chorus drift`
struct DriftCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift",
        abstract: "Compares a voice in half precision with the same voice in float32.",
        discussion: """
            Speaks a request in both: whether the semantic tokens part, and how far the audio drifts when both speak the same \
            tokens. With --top-k 1 in --request tokens part only where two were nearly as likely.

              chorus drift -c cluster/demo-voice/tts_infer.yaml --against bfloat16 --text 'Hello there.' --text-lang en \
                --ref-audio cluster/demo-voice/reference.wav --prompt-lang en --seed 1
            """)

    @OptionGroup var voice: VoiceFlags
    @OptionGroup var process: ProcessFlags
    @OptionGroup var speech: RequestFlags

    @Option(help: "What is compared with float32: bfloat16, or float16 on an NVIDIA card.")
    var against = "bfloat16"

    func run() async throws {
        PassiveWaiting.ensure()
        try await exitingWithMessage {
            let (settings, logger) = try ChorusConfiguration.load(
                process, ["precision": against], label: "chorus")
            let configuration = try SynthesisConfiguration(voice, settings, logger: logger)
            guard configuration.dtype != .float32 else {
                throw SettingsError(
                    code: .invalidValue, message: "--against is '\(against)'; it must be bfloat16 or float16")
            }
            let drift = try await ProgressLine.showing("speaking twice in each precision") {
                try await PrecisionDrift.measure(
                    try speech.request(), configuration, precision: configuration.dtype)
            }
            let tokens = drift.divergence.map { "the first \($0) alike" } ?? "all alike"
            print("semantic tokens: \(drift.tokenCount), \(tokens)")
            print(
                String(
                    format: "audio from the same tokens: signal to difference %.1f dB, largest difference %d of 32768, "
                        + "level %+.2f dB",
                    drift.signalToNoise, drift.largestDifference, drift.levelDifference))
        }
    }
}
