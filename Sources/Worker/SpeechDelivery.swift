import Audio
import Synchronization
import Wire

/// The way of one request's audio from samples to encoded bytes: takes what a synthesizer makes, encodes it in the form that
/// the request asks for, and hands it on in the wire's terms, under the back-pressure of whoever takes it.
///
/// An answer in one piece has its length in front and complete headers; a streamed one leaves as it is made, as one continuous
/// file. Calls come one after the other: ``begin(sampleRate:streaming:)``, ``take(_:)`` as often as there is something,
/// ``finish()``.
public actor SpeechDelivery {
    private let format: AudioFormat
    private let isStreamed: Bool
    private let deliver: @Sendable (SynthesisOutput) async throws -> Void
    private var encoder: AudioEncoder?
    private var head: StreamHead?
    private var sampleRate = 0
    private var samples = 0
    /// What an answer in one piece has so far.
    private var bytes: [UInt8] = []
    private let begun = Atomic(false)

    /// Looks at what the request asks for.
    ///
    /// - Throws: ``SynthesisFailure`` `badRequest` for a form that does not exist or that this machine cannot make.
    public init(
        _ request: SpeechRequest, deliver: @escaping @Sendable (SynthesisOutput) async throws -> Void
    ) throws(SynthesisFailure) {
        guard let format = AudioFormat(rawValue: request.mediaType) else {
            throw SynthesisFailure(code: .badRequest, message: "media_type: \(request.mediaType) is not supported")
        }
        if let reason = EncoderSupport.current.missing[format] {
            throw SynthesisFailure(code: .badRequest, message: "media_type: \(format) is not available: \(reason)")
        }
        self.format = format
        isStreamed = request.streamingMode != 0
        self.deliver = deliver
    }

    /// Whether bytes have left: from then on the request's deadline no longer counts. Callable from any thread.
    public nonisolated var hasBegun: Bool { begun.load(ordering: .relaxed) }

    /// Takes in what is known before the first samples.
    ///
    /// - Parameters:
    ///   - sampleRate: Of all samples, in Hz.
    ///   - streaming: How a streamed answer is cut.
    /// - Throws: ``SynthesisFailure`` where the codec refuses.
    public func begin(sampleRate: Int, streaming: StreamingKind) throws {
        self.sampleRate = sampleRate
        encoder = try failing { try AudioEncoder(format, sampleRate: sampleRate, isStreamed: isStreamed) }
        head = StreamHead(
            contentType: format.contentType, sampleRate: format.encodedRate(for: sampleRate),
            streaming: isStreamed ? streaming : nil)
    }

    /// Encodes samples, and hands on what is ready. Returns when there is room for more.
    ///
    /// - Throws: ``SynthesisFailure``; `CancellationError` and whatever else tells that nobody wants more.
    public func take(_ chunk: [Int16]) async throws {
        guard let encoder else { throw Self.outOfOrder }
        samples += chunk.count
        try await handOn(try await failing { try await encoder.encode(chunk) })
    }

    /// Ends the file and hands on the rest of it.
    ///
    /// - Throws: As ``take(_:)``.
    public func finish() async throws -> SynthesisSummary {
        guard let encoder else { throw Self.outOfOrder }
        try await handOn(try await failing { try await encoder.finish() })
        if !isStreamed {
            head?.contentLength = bytes.count
            try await send(bytes)
        } else if let head, !hasBegun {
            try await deliver(.head(head))
        }
        self.encoder = nil
        return SynthesisSummary(audioSeconds: Double(samples) / Double(max(1, sampleRate)))
    }

    private func handOn(_ new: [UInt8]) async throws {
        if isStreamed {
            try await send(new)
        } else {
            bytes += new
        }
    }

    private func send(_ new: [UInt8]) async throws {
        guard !new.isEmpty || !isStreamed else { return }
        if !begun.exchange(true, ordering: .relaxed), let head {
            try await deliver(.head(head))
        }
        if !new.isEmpty { try await deliver(.bytes(new)) }
    }

    private static let outOfOrder = SynthesisFailure(
        code: .internal, message: "samples came before their sample rate was told")

    private func failing<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as AudioError { throw SynthesisFailure(error) }
    }

    private func failing<Value: Sendable>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as AudioError { throw SynthesisFailure(error) }
    }
}

extension SynthesisFailure {
    /// An error of decoding or encoding, which is the client's only where an encoder is missing.
    public init(_ error: AudioError) {
        self.init(
            code: error.code == .encoderMissing ? .badRequest : .internal, message: error.message,
            retriable: error.isRetriable)
    }
}

extension EncoderList {
    /// What this machine can make.
    public static var here: EncoderList {
        let support = EncoderSupport.current
        return EncoderList(
            mediaTypes: support.formats.map(\.rawValue),
            missing: Dictionary(uniqueKeysWithValues: support.missing.map { ($0.key.rawValue, $0.value) }))
    }
}
