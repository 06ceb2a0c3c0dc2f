import CSndFile
import Glibc

/// Which forms of audio this machine can make.
///
/// libsndfile may be built without some of its codecs, and AAC is made by the program `ffmpeg`.
public struct EncoderSupport: Sendable {
    /// What this machine can make, found out once.
    public static let current = EncoderSupport(searchPath: getenv("PATH").map { String(cString: $0) } ?? "")

    /// The forms that can be made, in the order of ``AudioFormat``.
    public let formats: [AudioFormat]
    /// What is not installed, by the form that needs it.
    public let missing: [AudioFormat: String]
    /// Where `ffmpeg` is.
    let ffmpeg: String?

    /// Looks at libsndfile and for programs.
    ///
    /// - Parameter searchPath: Folders with colons between them, as `PATH` has them.
    init(searchPath: String) {
        ffmpeg = Self.find("ffmpeg", in: searchPath)
        var missing: [AudioFormat: String] = [:]
        for format in AudioFormat.allCases {
            if format == .aac, ffmpeg == nil {
                missing[format] = "the program ffmpeg is not installed (in no folder of PATH)"
            } else if let name = format.libsndfileFormat, !Self.opens(name) {
                missing[format] = "libsndfile was built without an encoder for it"
            }
        }
        self.missing = missing
        formats = AudioFormat.allCases.filter { missing[$0] == nil }
    }

    /// The error for a form that cannot be made here; nil for those that can.
    func missing(_ format: AudioFormat) -> AudioError? {
        missing[format].map { AudioError(.encoderMissing, "\(format.rawValue) cannot be made here: \($0)") }
    }

    /// `sf_format_check` tells what libsndfile knows by name; only opening a file tells whether the codec was built in.
    private static func opens(_ format: Int) -> Bool {
        let sink = MemorySink()
        return withExtendedLifetime(sink) {
            var info = SF_INFO()
            info.samplerate = 48000
            info.channels = 1
            info.format = CInt(format)
            guard let handle = try? SoundFile.openForWriting(sink, info: &info) else { return false }
            sf_close(handle)
            return true
        }
    }

    private static func find(_ program: String, in searchPath: String) -> String? {
        searchPath.split(separator: ":").map { "\($0)/\(program)" }.first { path in
            var status = stat()
            return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
        }
    }
}
