import CoreMetrics
import Synchronization

/// One line of a counter or a gauge.
final class PrometheusValue: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler {
    private let current = Mutex(0.0)

    var value: Double { current.withLock { $0 } }

    func increment(by amount: Int64) { increment(by: Double(amount)) }

    func increment(by amount: Double) {
        guard amount.isFinite else { return }
        current.withLock { $0 += amount }
    }

    func decrement(by amount: Double) { increment(by: -amount) }

    func reset() { set(0.0) }

    func set(_ value: Int64) { set(Double(value)) }

    func set(_ value: Double) { current.withLock { $0 = value } }

    func record(_ value: Int64) { set(Double(value)) }

    func record(_ value: Double) { set(value) }
}

/// One histogram with fixed bounds. Timers record seconds.
final class PrometheusHistogram: RecorderHandler, TimerHandler {
    struct Counts {
        /// Observations per bucket, not cumulative; the last one holds what is above every bound.
        var buckets: [UInt64]
        var sum = 0.0
    }

    /// The upper bounds of the buckets, ascending, inclusive.
    let bounds: [Double]
    private let state: Mutex<Counts>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(Counts(buckets: Array(repeating: 0, count: bounds.count + 1)))
    }

    var counts: Counts { state.withLock { $0 } }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        // A single NaN would spoil the sum for good.
        guard !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock {
            $0.buckets[bucket] += 1
            $0.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}
