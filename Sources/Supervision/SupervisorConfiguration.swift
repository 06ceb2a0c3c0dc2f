/// What a supervisor keeps running, and how.
public struct SupervisorConfiguration: Sendable {
    /// The processes.
    public var children: [ChildSpecification]
    /// How eagerly they are started again.
    public var restarts = RestartPolicy()
    /// How long the children of one stage may take to stop before they are killed.
    public var drainTimeout = Duration.seconds(35)

    /// Creates a configuration.
    public init(children: [ChildSpecification]) {
        self.children = children
    }

    func validate() throws(SupervisionError) {
        guard !children.isEmpty else { throw SupervisionError(.badSpecification, "there is no child to supervise") }
        guard Set(children.map(\.name)).count == children.count else {
            throw SupervisionError(.badSpecification, "two children have the same name; give each its own")
        }
    }
}
