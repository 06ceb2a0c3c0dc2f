import Foundation
import Logging
import Synchronization
import Testing

@testable import Telemetry

@Suite struct LineLogHandlerTests {
    /// The lines that a logger wrote.
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        var output: LogOutput { LogOutput { line in self.lines.withLock { $0.append(line) } } }
        var all: [String] { lines.withLock { $0 } }
    }

    private struct Failure: Error, CustomStringConvertible {
        let description = "it broke"
    }

    private func jsonLogger(_ lines: Lines, level: Logger.Level = .info) -> Logger {
        Logger(label: "router") {
            LineLogHandler(label: $0, format: .json, level: level, output: lines.output, time: { "T" })
        }
    }

    private func textLogger(_ lines: Lines) -> Logger {
        Logger(label: "router") {
            LineLogHandler(label: $0, format: .text, level: .info, output: lines.output, time: { "T" })
        }
    }

    @Test func jsonLinesHoldEverything() {
        let lines = Lines()
        var logger = jsonLogger(lines)
        logger[metadataKey: "worker"] = "0"
        logger.info(
            "sent \"x\"\n\u{1}\u{2028}é",
            metadata: [
                "n": .stringConvertible(3), "ok": .stringConvertible(true), "rate": .stringConvertible(1.5),
                "list": ["a", ["b": "c"]], "level": "mine", "nan": .stringConvertible(Double.nan),
            ], source: "Router")
        #expect(
            lines.all == [
                #"{"time":"T","level":"info","logger":"router","message":"sent \"x\"\n\u0001\u2028é","source":"Router","#
                    + #""meta_level":"mine","list":["a",{"b":"c"}],"n":3,"nan":"nan","ok":true,"rate":1.5,"worker":"0"}"#
                    + "\n"
            ])
    }

    @Test func jsonLinesAreJSON() throws {
        let lines = Lines()
        let logger = jsonLogger(lines)
        for code in UInt32(0)..<0x300 {
            if let scalar = Unicode.Scalar(code) {
                logger.info("a\(String(scalar))b", metadata: ["k\(String(scalar))": "v"])
            }
        }
        for (code, line) in lines.all.enumerated() {
            #expect(line.hasSuffix("}\n") && line.dropLast().allSatisfy { !$0.isNewline || $0 == "\u{85}" })
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let scalar = try #require(Unicode.Scalar(UInt32(code)))
            #expect(object?["message"] as? String == "a\(String(scalar))b")
        }
    }

    @Test func levelsAreRespected() {
        let lines = Lines()
        let logger = jsonLogger(lines, level: .warning)
        logger.info("no")
        logger.error("yes")
        #expect(lines.all.count == 1)
    }

    @Test func providersAndErrorsAreMerged() {
        let lines = Lines()
        let provider = Logger.MetadataProvider { ["trace": "t", "worker": "provider"] }
        var logger = Logger(
            label: "router",
            factory: { label in
                var handler = LineLogHandler(
                    label: label, format: .text, level: .info, output: lines.output, time: { "T" })
                handler.metadataProvider = provider
                return handler
            })
        logger[metadataKey: "worker"] = "logger"
        logger.warning("lost", error: Failure(), metadata: ["a": "1"])
        #expect(lines.all == ["T warning router: lost a=1 error=\"it broke\" trace=t worker=provider\n"])
    }

    @Test func textLinesCannotBeForged() {
        let lines = Lines()
        textLogger(lines).info(
            "a\nT error router: forged\u{1B}[2J", metadata: ["k": "x y", "e": "", "q": "a\"b", "n": "1"])
        #expect(
            lines.all == [
                #"T info router: a\nT error router: forged\u{1B}[2J e="" k="x y" n=1 q="a\"b""# + "\n"
            ])
    }

    @Test func timesAreRFC3339() {
        #expect(Timestamp.text(seconds: 0, milliseconds: 7) == "1970-01-01T00:00:00.007Z")
        #expect(Timestamp.text(seconds: 1_709_210_096, milliseconds: 999) == "2024-02-29T12:34:56.999Z")
    }
}
