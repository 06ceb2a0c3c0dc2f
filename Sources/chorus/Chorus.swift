import ArgumentParser

/// The command line.
@main
struct Chorus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chorus",
        abstract: "Speaks with GPT-SoVITS voices, from many GPUs at once.",
        discussion: """
            Start a server with the demo voice and ask it for speech:

              chorus serve -c cluster/demo-voice/tts_infer.yaml
              curl -o hello.wav 'http://127.0.0.1:9880/tts?text=Hello.&text_lang=en&prompt_lang=en&ref_audio_path=…'

            'chorus serve' runs one router and one worker per GPU on this machine; 'router' and 'worker' are the same two \
            parts alone, for several machines. The other commands need no server.

            Exit codes: 0 done, 1 failed, 64 wrong usage, 65 bad input data, 66 no such input, 75 try again later, \
            78 wrong configuration.
            """,
        version: Version.software,
        subcommands: [
            ServeCommand.self, RouterCommand.self, WorkerCommand.self, SynthesizeCommand.self, PhonemesCommand.self,
            InspectCommand.self, BenchCommand.self, DriftCommand.self, KeysCommand.self,
        ])
}
