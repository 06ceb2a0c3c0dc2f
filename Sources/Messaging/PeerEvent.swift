import Wire

/// What happened at a socket.
public enum PeerEvent: Sendable {
    /// A message came.
    case message(ReceivedMessage)
    /// Something came that is no message of this protocol. It was dropped; the connection goes on.
    case badFrame(BadFrame)
    /// The router has no connection with this peer; all that waited for it was dropped.
    case unroutable(PeerID)
    /// The worker's connection with its router stands; the number counts connections from 1 and goes into what is sent
    /// on this one. The router knows nothing of this worker yet.
    case connected(UInt64)
    /// The worker's connection with its router is lost, with all that was under way on it. It is tried again.
    case disconnected
    /// A peer failed the handshake: another protocol, or a key that is not allowed.
    case handshakeFailed(String)
}

/// A message and where it came from.
public struct ReceivedMessage: Sendable {
    /// The sender.
    public let peer: PeerID
    /// The incarnation in the frame.
    public let incarnation: UInt64
    /// The request that it belongs to, 0 for none.
    public let requestID: UInt64
    /// What it says.
    public let message: Message

    /// Creates a received message.
    public init(peer: PeerID, incarnation: UInt64, requestID: UInt64, message: Message) {
        self.peer = peer
        self.incarnation = incarnation
        self.requestID = requestID
        self.message = message
    }
}

/// A frame that could not be read.
public struct BadFrame: Sendable {
    /// The sender.
    public let peer: PeerID
    /// The frame's header, where that much could be read.
    public let header: FrameHeader?
    /// What is wrong with it.
    public let error: WireError

    /// Creates a description of a bad frame.
    public init(peer: PeerID, header: FrameHeader?, error: WireError) {
        self.peer = peer
        self.header = header
        self.error = error
    }
}

/// What became of a message that was to be sent.
public enum SendOutcome: Hashable, Sendable {
    /// It goes out in its turn, or is dropped where its connection is gone.
    case queued
    /// Too much waits for this peer already; it was not taken.
    case full
    /// The socket is closed.
    case closed
    /// It cannot be put in a frame: see ``Message/frame(incarnation:requestID:)``.
    case unencodable
}
