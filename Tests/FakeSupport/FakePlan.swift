import Foundation
import Wire
import Worker

/// What a ``FakeSynthesizer`` does with a request.
public struct FakePlan: Sendable {
    /// What the bytes are.
    public enum Pattern: Sendable {
        /// Byte `i` of the result is `i × 31 + seed`, so that loss, repetition and order show.
        case counting
        /// Every byte is the epoch that the request began on.
        case epoch
    }

    /// Real sound in place of a pattern of bytes, encoded as a worker does it; of what follows, `waitsForRelease` and
    /// `failure` hold for it too.
    public var voice: FakeVoice?
    /// The sizes of the pieces that are delivered, in bytes.
    public var pieces: [Int]
    /// What the bytes are.
    public var pattern = Pattern.counting
    /// Whether the length is told beforehand.
    public var announcesLength = true
    /// What is added to the length that is told.
    public var lengthError = 0
    /// The pause before each piece.
    public var delay = Duration.zero
    /// Waits before the first piece until ``FakeSynthesizer/release()``.
    public var waitsForRelease = false
    /// Goes on waiting when it is cancelled, as a device that hangs.
    public var ignoresCancellation = false
    /// Fails after this many pieces.
    public var failure: (after: Int, error: SynthesisFailure)?
    /// The length that is reported, in seconds.
    public var audioSeconds = 1.0

    /// Creates a plan that speaks.
    public init(voice: FakeVoice) {
        self.init(pieces: [])
        self.voice = voice
    }

    /// Creates a plan.
    public init(pieces: [Int] = [1000]) {
        self.pieces = pieces
    }

    /// The bytes that a whole result of this plan has.
    public func result(seed: Int64, epoch: UInt64) -> [UInt8] {
        bytes(from: 0, count: pieces.reduce(0, +), seed: seed, epoch: epoch)
    }

    func bytes(from start: Int, count: Int, seed: Int64, epoch: UInt64) -> [UInt8] {
        // The pattern repeats after 256 bytes, so it is copied period by period.
        let period = (0..<256).map { offset -> UInt8 in
            switch pattern {
            case .counting: UInt8(truncatingIfNeeded: (start + offset) &* 31 &+ Int(truncatingIfNeeded: seed))
            case .epoch: UInt8(truncatingIfNeeded: epoch)
            }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + period.count)
        while bytes.count < count { bytes += period }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}

/// A tone of 440 Hz that a ``FakeSynthesizer`` makes chunk by chunk.
public struct FakeVoice: Sendable {
    /// In Hz.
    public var sampleRate: Int
    /// The samples of each chunk.
    public var chunks: [Int]
    /// How the chunks are said to be cut.
    public var streaming = StreamingKind.tokens

    /// Creates a voice.
    public init(sampleRate: Int, chunks: [Int]) {
        self.sampleRate = sampleRate
        self.chunks = chunks
    }

    /// All of it, in seconds.
    public var duration: Double { Double(chunks.reduce(0, +)) / Double(sampleRate) }

    /// Power times seconds, for full scale at ±1.
    public var energy: Double { pow(Self.amplitude / 32768, 2) / 2 * duration }

    private static let amplitude = 12000.0

    func samples(from start: Int, count: Int) -> [Int16] {
        (start..<start + count).map {
            Int16(Self.amplitude * sin(2 * Double.pi * 440 * Double($0) / Double(sampleRate)))
        }
    }
}
