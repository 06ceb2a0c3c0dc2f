/// A process that a ``Supervisor`` keeps running.
public struct ChildSpecification: Hashable, Sendable {
    /// The name in logs, unique among the supervisor's children.
    public var name: String
    /// The program's path.
    public var executable: String
    /// The arguments, without the program's name.
    public var arguments: [String]
    /// The whole environment; `nil` inherits the supervisor's.
    public var environment: [String: String]?
    /// When it is stopped: all of stage 0 first, and once they are gone those of stage 1, and so on. It is also who may
    /// stand in for it: a supervisor gives up when all children of a stage were given up.
    public var stage: Int
    /// Whether the lines of its standard output are reported as ``SupervisorEvent/printed(name:line:)``. Otherwise its
    /// standard output is the supervisor's own.
    public var reportsOutput: Bool

    /// Creates a specification.
    public init(
        name: String, executable: String, arguments: [String] = [], environment: [String: String]? = nil,
        stage: Int = 0, reportsOutput: Bool = false
    ) {
        self.name = name
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.stage = stage
        self.reportsOutput = reportsOutput
    }
}

/// How a process ended.
public enum ChildExit: Hashable, Sendable, CustomStringConvertible {
    /// It exited with this status.
    case status(Int32)
    /// This signal killed it.
    case signal(Int32)

    /// Whether it says that its configuration is wrong, so that starting it again cannot help (`EX_CONFIG` of
    /// `sysexits.h`).
    public var isConfigurationError: Bool { self == .status(78) }

    /// The end in words.
    public var description: String {
        switch self {
        case .status(let status): "exit status \(status)"
        case .signal(let signal): "signal \(signal)"
        }
    }
}
