import Foundation

/// Decodes audio with a program that shares no code with this project: `ffmpeg`.
public enum ForeignDecoder {
    /// What came out.
    public struct Sound: Sendable {
        /// In Hz.
        public let sampleRate: Int
        /// Mono, full scale at ±1.
        public let samples: [Float]

        /// The root of the mean square.
        public var loudness: Double { samples.isEmpty ? 0 : (power / Double(samples.count)).squareRoot() }

        /// Power times seconds: silence that a codec adds does not change it.
        public var energy: Double { power / Double(max(1, sampleRate)) }

        private var power: Double { samples.reduce(0) { $0 + Double($1) * Double($1) } }

        /// In seconds.
        public var duration: Double { Double(samples.count) / Double(max(1, sampleRate)) }

        /// Creates a sound.
        public init(sampleRate: Int, samples: [Float]) {
            self.sampleRate = sampleRate
            self.samples = samples
        }
    }

    /// The decoding failed.
    public struct Failure: Error, CustomStringConvertible {
        /// The program's own words.
        public let description: String
    }

    /// Where the program is; nil where it is not installed.
    public static let program: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/ffmpeg" }.first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Decodes a file.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - suffix: The ending of its name, which decides for files that are too short to be recognised.
    ///   - rawRate: The rate in Hz of bare 16-bit PCM, which no program can find out by itself; nil for files.
    /// - Throws: ``Failure``, also where the program finds an error that it can pass over.
    public static func decode(_ bytes: [UInt8], suffix: String, rawRate: Int? = nil) throws -> Sound {
        guard let program else { throw Failure(description: "ffmpeg is not installed") }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("decode-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let input = folder.appendingPathComponent("in.\(suffix)")
        let output = folder.appendingPathComponent("out.wav")
        try Data(bytes).write(to: input)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        let form = rawRate.map { ["-f", "s16le", "-ar", "\($0)", "-ac", "1"] } ?? []
        process.arguments =
            ["-nostdin", "-v", "error"] + form
            + ["-i", input.path, "-ac", "1", "-c:a", "pcm_f32le", "-f", "wav", "-bitexact", output.path]
        let words = Pipe()
        process.standardError = words
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let said = String(decoding: words.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0, said.isEmpty else { throw Failure(description: "ffmpeg: \(said)") }
        return try sound([UInt8](try Data(contentsOf: output)))
    }

    /// The rate and the samples of the plain WAV file that was just made.
    private static func sound(_ bytes: [UInt8]) throws -> Sound {
        func number(_ offset: Int) -> Int {
            bytes.dropFirst(offset).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        var offset = 12
        var rate = 0
        while offset + 8 <= bytes.count {
            let name = String(decoding: bytes[offset..<offset + 4], as: UTF8.self)
            let size = number(offset + 4)
            if name == "fmt " { rate = number(offset + 12) }
            if name == "data" {
                let data = bytes[(offset + 8)...].prefix(size)
                let samples = [Float](unsafeUninitializedCapacity: data.count / 4) { buffer, count in
                    count = data.count / 4
                    UnsafeMutableRawBufferPointer(buffer).copyBytes(from: data.prefix(count * 4))
                }
                return Sound(sampleRate: rate, samples: samples)
            }
            offset += 8 + size + size % 2
        }
        throw Failure(description: "ffmpeg wrote a WAV file without data")
    }
}
