/// What a SUBMIT asks for.
public enum WorkerTask: Hashable, Sendable {
    /// Speak.
    case speech(SpeechRequest)
    /// Encode the reference audio at this path and keep it.
    case reference(path: String)
}

/// Router to worker: one task.
public struct Submit: Hashable, Sendable, Codable {
    /// What is asked for.
    public var task: WorkerTask
    /// Milliseconds that are left until nobody waits any longer.
    public var deadlineMilliseconds: UInt64
    /// How many bytes of chunks may be sent before CREDIT adds more.
    public var credit: UInt64
    /// The W3C `traceparent` of the request, where there is one.
    public var trace: String?

    /// Creates a task.
    public init(task: WorkerTask, deadlineMilliseconds: UInt64, credit: UInt64, trace: String? = nil) {
        self.task = task
        self.deadlineMilliseconds = deadlineMilliseconds
        self.credit = credit
        self.trace = trace
    }

    private enum CodingKeys: String, CodingKey {
        case task, request, path
        case deadlineMilliseconds = "deadline_ms"
        case credit, trace
    }

    private enum TaskName: String, Codable {
        case speech, reference
    }

    /// Reads a task.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        switch try fields.decode(TaskName.self, forKey: .task) {
        case .speech: task = .speech(try fields.decode(SpeechRequest.self, forKey: .request))
        case .reference: task = .reference(path: try fields.decode(String.self, forKey: .path))
        }
        deadlineMilliseconds = try fields.decode(UInt64.self, forKey: .deadlineMilliseconds)
        credit = try fields.decode(UInt64.self, forKey: .credit)
        trace = try fields.decodeIfPresent(String.self, forKey: .trace)
    }

    /// Writes a task.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        switch task {
        case .speech(let request):
            try fields.encode(TaskName.speech, forKey: .task)
            try fields.encode(request, forKey: .request)
        case .reference(let path):
            try fields.encode(TaskName.reference, forKey: .task)
            try fields.encode(path, forKey: .path)
        }
        try fields.encode(deadlineMilliseconds, forKey: .deadlineMilliseconds)
        try fields.encode(credit, forKey: .credit)
        try fields.encodeIfPresent(trace, forKey: .trace)
    }
}

/// Worker to router: the task was not begun.
public struct Busy: Hashable, Sendable, Codable {
    /// Slots that are free; 0 while draining.
    public var slotsFree: Int

    /// Creates a message.
    public init(slotsFree: Int) {
        self.slotsFree = slotsFree
    }

    private enum CodingKeys: String, CodingKey {
        case slotsFree = "slots_free"
    }
}

/// What the first chunk of a stream tells about the whole.
public struct StreamHead: Hashable, Sendable, Codable {
    /// The media type, such as `audio/wav`.
    public var contentType: String
    /// The sample rate in Hz.
    public var sampleRate: Int
    /// The bytes of the whole stream, where they are known beforehand.
    public var contentLength: Int?
    /// How the audio is cut while it is made; nil for an answer in one piece.
    public var streaming: StreamingKind?

    /// Creates a head.
    public init(
        contentType: String, sampleRate: Int, contentLength: Int? = nil, streaming: StreamingKind? = nil
    ) {
        self.contentType = contentType
        self.sampleRate = sampleRate
        self.contentLength = contentLength
        self.streaming = streaming
    }

    private enum CodingKeys: String, CodingKey {
        case contentType = "content_type"
        case sampleRate = "sample_rate"
        case contentLength = "content_length"
        case streaming
    }
}

/// How streamed audio is cut while it is made.
public enum StreamingKind: String, Hashable, Sendable, Codable {
    /// By pieces of text: mode 1, and what modes 2 and 3 fall back to where the model cannot do better.
    case fragments
    /// By semantic tokens, inside of pieces: modes 2 and 3.
    case tokens
}

/// Worker to router: a piece of the result. Sequences count from 0 without a gap; the first chunk has the head.
public struct Chunk: Hashable, Sendable {
    /// The place in the stream; it travels in the frame's header.
    public var sequence: UInt32
    /// What is told about the whole stream; with sequence 0 only.
    public var head: StreamHead?
    /// The bytes.
    public var payload: [UInt8]

    /// Creates a chunk.
    public init(sequence: UInt32, head: StreamHead? = nil, payload: [UInt8]) {
        self.sequence = sequence
        self.head = head
        self.payload = payload
    }
}

/// Router to worker: more bytes may be sent on this stream.
public struct Credit: Hashable, Sendable, Codable {
    /// The bytes that are added.
    public var bytes: UInt64

    /// Creates a message.
    public init(bytes: UInt64) {
        self.bytes = bytes
    }
}

/// Router to worker: nobody waits for this task any longer.
public struct Cancel: Hashable, Sendable, Codable {
    /// Why, for logs.
    public var reason: String

    /// Creates a message.
    public init(reason: String) {
        self.reason = reason
    }
}

/// Worker to router: the result is complete.
public struct StreamEnd: Hashable, Sendable, Codable {
    /// The length of the audio in seconds; 0 for a task that makes none.
    public var audioSeconds: Double
    /// How many chunks were sent.
    public var chunks: UInt32
    /// How many bytes were sent.
    public var bytes: UInt64

    /// Creates a message.
    public init(audioSeconds: Double, chunks: UInt32, bytes: UInt64) {
        self.audioSeconds = audioSeconds
        self.chunks = chunks
        self.bytes = bytes
    }

    private enum CodingKeys: String, CodingKey {
        case audioSeconds = "audio_seconds"
        case chunks, bytes
    }
}

/// Worker to router: the task failed.
public struct Failure: Hashable, Sendable, Codable {
    /// Why, as a value.
    public var code: FailureCode
    /// Why, in words that a user can act on.
    public var message: String
    /// Whether another worker, or another try, can help.
    public var retriable: Bool
    /// The HTTP status that the worker suggests, where the code alone does not tell.
    public var httpStatus: Int?

    /// Creates a failure.
    public init(code: FailureCode, message: String, retriable: Bool, httpStatus: Int? = nil) {
        self.code = code
        self.message = message
        self.retriable = retriable
        self.httpStatus = httpStatus
    }

    private enum CodingKeys: String, CodingKey {
        case code, message, retriable
        case httpStatus = "http_status"
    }
}
