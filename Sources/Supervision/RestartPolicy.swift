/// How eagerly a child that ended is started again.
public struct RestartPolicy: Hashable, Sendable {
    /// The wait after a first end.
    public var firstDelay = Duration.milliseconds(500)
    /// The longest wait; each wait is twice the one before.
    public var longestDelay = Duration.seconds(30)
    /// A child that ran for this long begins again with the first wait.
    public var resetAfter = Duration.seconds(60)

    /// Creates the defaults.
    public init() {}
}
