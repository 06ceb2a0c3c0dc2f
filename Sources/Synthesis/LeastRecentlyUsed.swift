/// A bounded dictionary that forgets what was not used for the longest time.
struct LeastRecentlyUsed<Key: Hashable, Value> {
    private var entries: [Key: (value: Value, used: UInt64)] = [:]
    private var clock: UInt64 = 0
    /// Most entries that are kept.
    let capacity: Int

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// Number of entries now.
    var count: Int { entries.count }

    /// The value of a key; asking for it counts as use.
    mutating func value(for key: Key) -> Value? {
        guard let entry = entries[key] else { return nil }
        clock += 1
        entries[key]?.used = clock
        return entry.value
    }

    /// Whether a key is present, without counting as use.
    func contains(_ key: Key) -> Bool { entries[key] != nil }

    /// Stores a value, forgetting the least recently used one where there is no room.
    mutating func insert(_ value: Value, for key: Key) {
        clock += 1
        entries[key] = (value, clock)
        guard entries.count > capacity, let oldest = entries.min(by: { $0.value.used < $1.value.used }) else { return }
        entries[oldest.key] = nil
    }
}
