import Logging
import ServiceLifecycle

extension ServiceGroup {
    /// A group that drains on SIGTERM and Ctrl-C, and ends as a whole when one of its services does.
    init(ending services: [any Service], logger: Logger) {
        self.init(
            configuration: ServiceGroupConfiguration(
                services: services.map {
                    .init(
                        service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    }
}
