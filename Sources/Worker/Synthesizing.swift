import Wire

/// What turns requests into audio, as a worker sees it: one loaded model set on one device.
///
/// Requests run concurrently, at most as many as the worker has slots. Those that are running when a set is committed
/// finish on the set that they began with.
public protocol Synthesizing: Sendable {
    /// The device that it computes on.
    var device: DeviceDescription { get }
    /// The number format on the device: `float32`, `float16` or `bfloat16`.
    var precision: String { get }
    /// Whether polyphonic Chinese characters are read by g2pW's network.
    var hasG2PW: Bool { get }
    /// How the device thread is doing. Cheap, never waits, callable from any thread.
    var progress: DeviceProgress { get }

    /// What its host can encode.
    var encoders: EncoderList { get }

    /// What is loaded and serving.
    func modelSet() async -> ModelSetDescription

    /// Speaks a known phrase and checks it.
    ///
    /// - Returns: the rate in seconds of audio per second, 0 where it is not known.
    /// - Throws: where the audio is silent or not a number, or the device fails.
    func warmUp() async throws -> Double

    /// Speaks.
    ///
    /// - Parameters:
    ///   - request: what to speak.
    ///   - context: deadline and cancellation, to be looked at between decoder steps.
    ///   - deliver: takes the result piece by piece, one call at a time; returns when there is room for more, and
    ///     throws when nobody wants more.
    /// - Throws: ``SynthesisFailure``, or `CancellationError` when the context was cancelled.
    func synthesize(
        _ request: SpeechRequest, context: SynthesisContext,
        deliver: @escaping @Sendable (SynthesisOutput) async throws -> Void
    ) async throws -> SynthesisSummary

    /// Encodes a reference audio and keeps it, so that the next request with it begins faster.
    ///
    /// - Throws: ``SynthesisFailure``.
    func cacheReference(path: String) async throws

    /// Loads and checks a set beside the serving one. A path that is `nil` stays as it is.
    ///
    /// - Returns: what was loaded.
    /// - Throws: ``SynthesisFailure``; the serving set is untouched.
    func prepare(gptPath: String?, sovitsPath: String?, epoch: UInt64) async throws -> ModelSetDescription

    /// Makes the prepared set the serving one.
    ///
    /// - Throws: ``SynthesisFailure``; the worker then exits, for it no longer holds what its router believes.
    func commit(epoch: UInt64) async throws -> ModelSetDescription

    /// Drops the prepared set.
    func abort(epoch: UInt64) async
}

extension Synthesizing {
    /// Without g2pW, which a synthesizer has only where its file is there.
    public var hasG2PW: Bool { false }
}

/// How a device thread is doing.
public struct DeviceProgress: Hashable, Sendable {
    /// Counts finished steps; it stands still when the device hangs.
    public var steps: UInt64
    /// Whether there is work.
    public var busy: Bool
    /// The time since the last step was finished.
    public var lastStepAge: Duration
    /// Free memory of the device in bytes, where it is known.
    public var memoryFreeBytes: UInt64?

    /// Creates a report.
    public init(steps: UInt64, busy: Bool, lastStepAge: Duration, memoryFreeBytes: UInt64? = nil) {
        self.steps = steps
        self.busy = busy
        self.lastStepAge = lastStepAge
        self.memoryFreeBytes = memoryFreeBytes
    }
}
