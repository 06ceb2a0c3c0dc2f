/// How many bytes a stream may still send.
struct CreditLedger: Hashable {
    /// The bytes that may be sent now.
    private(set) var available: UInt64

    init(initial: UInt64) {
        available = initial
    }

    /// Adds what the receiver has room for.
    mutating func grant(_ bytes: UInt64) {
        let (sum, overflow) = available.addingReportingOverflow(bytes)
        available = overflow ? .max : sum
    }

    /// Takes as much as there is, at most `wanted` bytes.
    mutating func take(upTo wanted: Int) -> Int {
        let taken = Int(clamping: min(available, UInt64(clamping: wanted)))
        available -= UInt64(taken)
        return taken
    }
}
