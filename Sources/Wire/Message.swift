import Foundation

/// What a frame says, typed.
public enum Message: Hashable, Sendable {
    /// Opens a session.
    case hello(Hello)
    /// Accepts a session.
    case welcome(Welcome)
    /// Refuses a session or a frame.
    case reject(Reject)
    /// The worker takes tasks.
    case ready(Ready)
    /// One task.
    case submit(Submit)
    /// The task has a slot.
    case accept
    /// The task was not begun.
    case busy(Busy)
    /// A piece of the result.
    case chunk(Chunk)
    /// More bytes may be sent.
    case credit(Credit)
    /// Nobody waits any longer.
    case cancel(Cancel)
    /// The cancelled task has stopped.
    case cancelled
    /// The result is complete.
    case end(StreamEnd)
    /// The task failed.
    case error(Failure)
    /// The worker is alive.
    case heartbeat(Heartbeat)
    /// Finish and exit.
    case drain
    /// Load beside the serving set.
    case prepare(Prepare)
    /// Loaded, or why not.
    case prepared(Prepared)
    /// Flip to the prepared set.
    case commit(EpochMessage)
    /// Drop the prepared set.
    case abort(EpochMessage)

    /// The kind of the frame that carries this message.
    public var kind: FrameKind {
        switch self {
        case .hello: .hello
        case .welcome: .welcome
        case .reject: .reject
        case .ready: .ready
        case .submit: .submit
        case .accept: .accept
        case .busy: .busy
        case .chunk: .chunk
        case .credit: .credit
        case .cancel: .cancel
        case .cancelled: .cancelled
        case .end: .end
        case .error: .error
        case .heartbeat: .heartbeat
        case .drain: .drain
        case .prepare: .prepare
        case .prepared: .prepared
        case .commit: .commit
        case .abort: .abort
        }
    }

    /// The frame that carries this message.
    ///
    /// - Parameters:
    ///   - incarnation: the worker process's, on frames of both directions.
    ///   - requestID: the request that the message belongs to; 0 for kinds that belong to none.
    /// - Throws: ``WireError``: ``WireError/Code/unencodable`` for a value that JSON cannot hold,
    ///   ``WireError/Code/missingRequestID`` where the kind needs an id.
    public func frame(incarnation: UInt64, requestID: UInt64 = 0) throws(WireError) -> Frame {
        let kind = self.kind
        guard requestID != 0 || !kind.belongsToRequest else {
            throw WireError(.missingRequestID, "a frame of kind \(kind) needs the id of its request")
        }
        var frame = Frame(header: FrameHeader(kind: kind, incarnation: incarnation, requestID: requestID))
        switch self {
        case .accept, .cancelled, .drain: break
        case .chunk(let chunk):
            frame.header.sequence = chunk.sequence
            frame.payload = chunk.payload
            if let head = chunk.head { frame.control = try Self.encode(head) }
        case .hello(let value): frame.control = try Self.encode(value)
        case .welcome(let value): frame.control = try Self.encode(value)
        case .reject(let value): frame.control = try Self.encode(value)
        case .ready(let value): frame.control = try Self.encode(value)
        case .submit(let value): frame.control = try Self.encode(value)
        case .busy(let value): frame.control = try Self.encode(value)
        case .credit(let value): frame.control = try Self.encode(value)
        case .cancel(let value): frame.control = try Self.encode(value)
        case .end(let value): frame.control = try Self.encode(value)
        case .error(let value): frame.control = try Self.encode(value)
        case .heartbeat(let value): frame.control = try Self.encode(value)
        case .prepare(let value): frame.control = try Self.encode(value)
        case .prepared(let value): frame.control = try Self.encode(value)
        case .commit(let value): frame.control = try Self.encode(value)
        case .abort(let value): frame.control = try Self.encode(value)
        }
        return frame
    }

    /// Reads the message that a frame carries. Control keys that are not known are ignored.
    ///
    /// - Throws: ``WireError``: ``WireError/Code/malformedControl`` where the JSON is not what the kind asks for or a
    ///   value is out of its range, ``WireError/Code/missingRequestID`` where the kind needs an id.
    public init(frame: Frame) throws(WireError) {
        let kind = frame.header.kind
        guard frame.header.requestID != 0 || !kind.belongsToRequest else {
            throw WireError(.missingRequestID, "a frame of kind \(kind) came without the id of its request")
        }
        switch kind {
        case .hello: self = .hello(try Self.decode(frame))
        case .welcome: self = .welcome(try Self.decode(frame))
        case .reject: self = .reject(try Self.decode(frame))
        case .ready: self = .ready(try Self.decode(frame))
        case .submit: self = .submit(try Self.decode(frame))
        case .accept: self = .accept
        case .busy: self = .busy(try Self.decode(frame))
        case .chunk: self = .chunk(try Self.decodeChunk(frame))
        case .credit: self = .credit(try Self.decode(frame))
        case .cancel: self = .cancel(try Self.decode(frame))
        case .cancelled: self = .cancelled
        case .end: self = .end(try Self.decode(frame))
        case .error: self = .error(try Self.decode(frame))
        case .heartbeat: self = .heartbeat(try Self.decode(frame))
        case .drain: self = .drain
        case .prepare: self = .prepare(try Self.decode(frame))
        case .prepared: self = .prepared(try Self.decode(frame))
        case .commit: self = .commit(try Self.decode(frame))
        case .abort: self = .abort(try Self.decode(frame))
        }
        try checkRanges()
    }

    private static func decodeChunk(_ frame: Frame) throws(WireError) -> Chunk {
        let head: StreamHead? = frame.control.isEmpty ? nil : try decode(frame)
        guard head == nil || frame.header.sequence == 0 else {
            throw WireError(.malformedControl, "chunk \(frame.header.sequence) has a head; only chunk 0 may")
        }
        return Chunk(sequence: frame.header.sequence, head: head, payload: frame.payload)
    }

    private static func encode(_ control: some Encodable) throws(WireError) -> [UInt8] {
        do {
            return [UInt8](try JSONEncoder().encode(control))
        } catch {
            throw WireError(.unencodable, "a \(type(of: control)) holds what JSON cannot carry", underlying: error)
        }
    }

    private static func decode<T: Decodable>(_ frame: Frame) throws(WireError) -> T {
        do {
            return try JSONDecoder().decode(
                T.self, from: Data(frame.control.isEmpty ? Array("{}".utf8) : frame.control))
        } catch {
            throw WireError(
                .malformedControl, "the control part of a frame of kind \(frame.header.kind) cannot be read",
                underlying: error)
        }
    }
}
