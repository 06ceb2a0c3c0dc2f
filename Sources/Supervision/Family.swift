import Glibc
import Logging

/// A supervisor's children and what it does with them: the thin shell around one ``RestartStateMachine`` a child.
struct Family {
    private struct Member {
        let specification: ChildSpecification
        var machine: RestartStateMachine
        var process: ChildProcess?
    }

    private var members: [Member]
    private let configuration: SupervisorConfiguration
    private let logger: Logger
    private let observe: @Sendable (SupervisorEvent) -> Void
    private let inbox: AsyncStream<Supervisor.Input>.Continuation
    /// The stage that is being stopped.
    private var stoppingStage: Int?
    /// The stage whose children were all given up.
    private(set) var lostStage: Int?

    init(
        configuration: SupervisorConfiguration, logger: Logger, observe: @escaping @Sendable (SupervisorEvent) -> Void,
        inbox: AsyncStream<Supervisor.Input>.Continuation
    ) {
        self.configuration = configuration
        self.logger = logger
        self.observe = observe
        self.inbox = inbox
        members = configuration.children.map {
            Member(specification: $0, machine: RestartStateMachine(policy: configuration.restarts))
        }
    }

    /// Whether no child runs or ever will again.
    var isOver: Bool { members.allSatisfy(\.machine.isOver) }

    mutating func start() {
        for index in members.indices { handle(.start, of: index) }
    }

    mutating func handle(_ input: Supervisor.Input) {
        switch input {
        case .exited(let index, let exit):
            guard members.indices.contains(index) else { return }
            if case .running = members[index].machine.state {
                report(.exited(name: members[index].specification.name, exit), .warning)
            }
            members[index].process = nil
            handle(.exited(exit), of: index)
        case .printed(let index, let line):
            guard members.indices.contains(index) else { return }
            observe(.printed(name: members[index].specification.name, line: line))
        case .shutdown:
            if stoppingStage == nil { stopNextStage() }
        case .tick:
            for index in members.indices { handle(.tick, of: index) }
        }
        if let stoppingStage {
            let isGone = members.allSatisfy { $0.specification.stage > stoppingStage || $0.machine.isOver }
            if isGone { stopNextStage() }
        } else {
            lookForLostStage()
        }
    }

    /// Kills whoever is left. Each is reaped by the thread that waits for its end.
    func killEveryone() {
        for member in members { member.process?.send(SIGKILL) }
    }

    private mutating func stopNextStage() {
        guard let stage = members.filter({ !$0.machine.isOver }).map(\.specification.stage).min() else { return }
        stoppingStage = stage
        for index in members.indices where members[index].specification.stage == stage {
            handle(.stop(within: configuration.drainTimeout), of: index)
        }
    }

    private mutating func lookForLostStage() {
        let stages = Dictionary(grouping: members, by: \.specification.stage)
        let lost = stages.filter { $0.value.allSatisfy { $0.machine.state == .givenUp } }.keys.min()
        guard let lost else { return }
        lostStage = lost
        stopNextStage()
    }

    private mutating func handle(_ event: RestartStateMachine.Event, of index: Int) {
        for action in members[index].machine.handle(event, now: .now) { perform(action, of: index) }
    }

    private mutating func perform(_ action: RestartStateMachine.Action, of index: Int) {
        let name = members[index].specification.name
        switch action {
        case .launch:
            launch(index)
        case .terminate:
            report(.stopping(name: name), .info)
            members[index].process?.send(SIGTERM)
        case .kill:
            report(.killed(name: name), .warning)
            members[index].process?.send(SIGKILL)
        case .reportRestart(let delay):
            logger.warning("\(name) is started again in \(delay)")
        case .reportGivenUp(let exit):
            report(.givenUp(name: name), .error)
            logger.error("\(name) ended with \(exit): its configuration is wrong, so it is not started again")
        case .reportStopped:
            report(.stopped(name: name), .info)
        }
    }

    private mutating func launch(_ index: Int) {
        let specification = members[index].specification
        do throws(SupervisionError) {
            let inbox = inbox
            let process = try ChildProcess(
                specification, onLine: { inbox.yield(.printed(child: index, $0)) },
                onExit: { inbox.yield(.exited(child: index, $0)) })
            members[index].process = process
            report(.started(name: specification.name, processID: process.processID), .info)
            handle(.started, of: index)
        } catch {
            logger.error("\(specification.name): \(error.message)")
            handle(.startFailed, of: index)
        }
    }

    private func report(_ event: SupervisorEvent, _ level: Logger.Level) {
        logger.log(level: level, "\(event)")
        observe(event)
    }
}
