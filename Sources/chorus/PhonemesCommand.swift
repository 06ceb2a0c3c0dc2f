import ArgumentParser
import Foundation
import Settings
import Text

/// `chorus phonemes`
struct PhonemesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "phonemes",
        abstract: "Reads text aloud on paper: JSON lines of text in, JSON lines of phones out.",
        discussion: """
            Each line of standard input is an object such as {"text": "Hello."}; each line of standard output tells text, \
            norm_text, phones, phone_ids and word2ph. A line that cannot be read is answered by {"error": …} and makes the \
            exit code 65, but does not stop the others.

              echo '{"text": "It costs $5."}' | chorus phonemes --lang en --version v2
            """)

    @Option(name: [.customLong("lang"), .customShort("l")], help: "The language, as text_lang of a request.")
    var language = "en"

    @Option(help: "The symbol table: v1 for voices of version v1, v2 for all others.")
    var version = "v2"

    @Option(help: ArgumentHelp("The folder with text data, made by cluster/setup.", valueName: "folder"))
    var home: String?

    func validate() throws {
        guard SymbolVersion(rawValue: version) != nil else {
            throw ValidationError("--version is '\(version)'; it must be v1 or v2")
        }
        guard LanguageMode(rawValue: language) != nil else {
            let known = LanguageMode.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--lang is '\(language)'; it must be one of \(known)")
        }
    }

    func run() async throws {
        guard let mode = LanguageMode(rawValue: language), let symbols = SymbolVersion(rawValue: version) else {
            return
        }
        try await exitingWithMessage {
            let frontEnd = TextFrontEnd(resources: home.map { TextResources(directory: $0 + "/text") } ?? .standard())
            var failed = false
            while let line = readLine(strippingNewline: true) {
                guard !line.allSatisfy(\.isWhitespace) else { continue }
                do {
                    print(try frontEnd.phonemesLine(json: line, mode: mode, version: symbols))
                } catch let error as TextError where error.code == .invalidInput {
                    let reply = try JSONEncoder().encode(["error": error.message])
                    print(String(decoding: reply, as: UTF8.self))
                    failed = true
                }
            }
            if failed { throw ExitCode.dataError }
        }
    }
}
