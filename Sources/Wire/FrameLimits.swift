/// The most that one frame may hold.
public struct FrameLimits: Hashable, Sendable {
    /// The most bytes of JSON control.
    public var control: Int
    /// The most bytes of payload.
    public var payload: Int

    /// Creates limits, in bytes.
    public init(control: Int, payload: Int) {
        self.control = control
        self.payload = payload
    }

    /// 1 MiB of control and 4 MiB of payload.
    public static let standard = FrameLimits(control: 1 << 20, payload: 4 << 20)

    /// The longest frame in bytes, header included.
    public var frame: Int { FrameHeader.length + control + payload }
}
