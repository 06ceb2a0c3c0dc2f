import ArgumentParser
import Foundation
import Settings
import Synthesis
import Text
import Torch

/// `chorus phonemes`
struct PhonemesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "phonemes",
        abstract: "Reads text aloud on paper: JSON lines of text in, JSON lines of phones out.",
        discussion: """
            Each line of standard input is an object such as {"text": "Hello."}; it may also name lang, version and method, \
            which then count for this line. Each line of standard output tells what the stage makes of it: for one \
            language norm_text, phones, phone_ids and word2ph. A line that cannot be read is answered by {"error": …} and \
            makes the exit code 65, but does not stop the others.

              echo '{"text": "It costs $5."}' | chorus phonemes --lang en --version v2
              echo '{"text": "我有2個iPhone。"}' | chorus phonemes --lang auto --stage pieces

            Stages: clean (one language's front-end on the whole text; for the plain codes zh, yue, ja, ko and en), mixed \
            (language segmentation, then the front-ends; for auto and the all_ codes), pieces (the whole way of a request), \
            cut, segments, split, phrases, identify (its steps).
            """)

    @Option(name: [.customLong("lang"), .customShort("l")], help: "The language, as text_lang of a request.")
    var language = "en"

    @Option(help: "The symbol table: v1 for voices of version v1, v2 for all others.")
    var version = "v2"

    @Option(help: "How far to take the text.")
    var stage: String?

    @Option(help: "How to cut the text, as text_split_method of a request.")
    var method = "cut5"

    @Option(help: ArgumentHelp("The folder with text data, made by cluster/setup.", valueName: "folder"))
    var home: String?

    @Option(help: ArgumentHelp("A file of words and how to read them.", valueName: "file"))
    var userDictionary: String?

    @Option(help: ArgumentHelp("fastText's lid.176.bin, instead of the small model.", valueName: "file"))
    var languageModel: String?

    @Option(
        help: ArgumentHelp(
            "g2pW.onnx or its folder, to read polyphonic characters by their context.", valueName: "path"))
    var g2pwPath: String?

    @Flag(help: "Tell on standard error how long the lines took, and how much memory is used.")
    var timing = false

    func validate() throws {
        try check(SymbolVersion(rawValue: version), "--version is '\(version)'", ["v1", "v2"])
        try check(LanguageMode(rawValue: language), "--lang is '\(language)'", LanguageMode.allCases.map(\.rawValue))
        try check(CutMethod(rawValue: method), "--method is '\(method)'", CutMethod.allCases.map(\.rawValue))
        if let stage {
            try check(TextStage(rawValue: stage), "--stage is '\(stage)'", TextStage.allCases.map(\.rawValue))
        }
    }

    private func check<Value>(_ value: Value?, _ problem: String, _ known: [String]) throws {
        guard value == nil else { return }
        throw ValidationError("\(problem); it must be one of \(known.joined(separator: ", "))")
    }

    func run() async throws {
        if g2pwPath != nil { PassiveWaiting.ensure() }
        guard let mode = LanguageMode(rawValue: language), let symbols = SymbolVersion(rawValue: version),
            let cut = CutMethod(rawValue: method)
        else {
            return
        }
        let defaults = TextFrontEnd.LineDefaults(
            mode: mode, version: symbols, cut: cut, stage: stage.flatMap(TextStage.init(rawValue:)))
        try await exitingWithMessage {
            let resources = TextResources(
                directory: home.map { $0 + "/text" } ?? TextResources.standard().directory,
                languageModel: languageModel)
            let frontEnd = TextFrontEnd(
                resources: resources,
                dictionary: try userDictionary.map { path throws(TextError) in try UserDictionary(path: path) },
                polyphones: try g2pwPath.map { try Self.network($0, resources) })
            var failed = false
            var times: [Duration] = []
            while let line = readLine(strippingNewline: true) {
                guard !line.allSatisfy(\.isWhitespace) else { continue }
                do {
                    let start = ContinuousClock.now
                    let output = try frontEnd.line(json: line, defaults)
                    times.append(start.duration(to: .now))
                    print(output)
                } catch let error as TextError where error.code == .invalidInput {
                    let reply = try JSONEncoder().encode(["error": error.message])
                    print(String(decoding: reply, as: UTF8.self))
                    failed = true
                }
            }
            if timing { try PhonemesTiming(times).write() }
            if failed { throw ExitCode.dataError }
        }
    }

    private static func network(_ path: String, _ resources: TextResources) throws -> G2PWNetwork {
        guard let file = G2PWNetwork.file(at: path) else {
            throw SynthesisError(.notFound, "there is no g2pW.onnx at \(path)")
        }
        try Library.prepare()
        return try G2PWNetwork(path: file, lists: PolyphoneLists(resources: resources))
    }
}
