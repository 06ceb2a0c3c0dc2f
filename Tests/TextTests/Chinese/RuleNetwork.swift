import Synchronization

@testable import Text

/// In place of the network a fixed rule: of the n labels that a character can have, in their order, number
/// (character + position) mod n wins.
final class RuleNetwork: PolyphoneNetwork {
    private let queries = Mutex<[PolyphoneQuery]>([])

    func predict(_ queries: [PolyphoneQuery]) throws -> [Int] {
        self.queries.withLock { $0 += queries }
        return try queries.map { query in
            let labels = query.allowedLabels.indices.filter { query.allowedLabels[$0] }
            guard !labels.isEmpty else { throw NoLabel() }
            return labels[(query.characterID + query.position) % labels.count]
        }
    }

    /// What was asked since the last call.
    func takeQueries() -> [PolyphoneQuery] {
        queries.withLock { queries in
            defer { queries = [] }
            return queries
        }
    }

    struct NoLabel: Error {}
}
