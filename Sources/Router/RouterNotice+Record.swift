import Logging

extension RouterNotice {
    /// Writes a line to the log and counts what is counted.
    func record(_ metrics: RouterMetrics, _ logger: Logger) {
        switch self {
        case .joined(let peer):
            logger.info("a worker connected", metadata: ["worker": "\(peer)"])
        case .serving(let peer, let epoch):
            logger.notice("a worker is ready", metadata: ["worker": "\(peer)", "epoch": "\(epoch)"])
        case .suspended(let peer, let condition):
            logger.warning("a worker is out of rotation", metadata: ["worker": "\(peer)", "state": "\(condition)"])
        case .recovered(let peer):
            logger.notice("a worker is back in rotation", metadata: ["worker": "\(peer)"])
        case .lost(let peer, let reason):
            logger.warning("a worker was lost", metadata: ["worker": "\(peer)", "reason": "\(reason)"])
        case .retried(let peer, let reason):
            metrics.retries.increment()
            logger.info("a request goes to another worker", metadata: ["from": "\(peer)", "reason": "\(reason)"])
        case .violated(let peer, let text):
            metrics.violations.increment()
            logger.warning("a worker broke the protocol", metadata: ["worker": "\(peer)", "reason": "\(text)"])
        case .refused(let peer, let reason):
            logger.warning(
                "a worker cannot load the committed weights", metadata: ["worker": "\(peer)", "reason": "\(reason)"])
        }
    }
}
