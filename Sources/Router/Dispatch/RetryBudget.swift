/// Bounds retries to a share of the requests, so that a fault that every try meets does not multiply the load.
struct RetryBudget {
    private(set) var tokens: Double
    private let burst: Double
    private let ratio: Double

    init(policy: RouterPolicy) {
        burst = policy.retryBurst
        ratio = policy.retryRatio
        tokens = burst
    }

    /// A new request adds to the budget.
    mutating func deposit() {
        tokens = min(burst, tokens + ratio)
    }

    /// Takes one retry from the budget.
    mutating func withdraw() -> Bool {
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
