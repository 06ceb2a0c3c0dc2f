import CoreMetrics
import Synchronization

/// Keeps the metrics of this process for swift-metrics and writes them as Prometheus reads them.
///
/// Counters and gauges are doubles; timers and aggregating recorders are histograms with fixed buckets, timers in seconds.
/// Names and label keys are made valid by replacing what is not allowed with `_`. A metric name belongs to the first kind that
/// uses it; another kind's use of it is counted in `telemetry_rejected_metrics_total` and otherwise ignored.
///
/// Labels can come from requests, so each metric has at most ``Limits/seriesPerMetric`` of them. Further ones share a series
/// whose every label value is `overflow`: sums stay right, memory stays bounded.
///
/// All methods may be called from any thread.
public final class PrometheusRegistry: MetricsFactory {
    /// What one metric may grow to.
    public struct Limits: Sendable {
        /// The most label sets of one metric.
        public var seriesPerMetric = 200
        /// The longest label value, in characters; longer ones are cut.
        public var labelValueLength = 128

        /// The limits of a server.
        public init() {}
    }

    /// What a metric measures and, for a histogram, its buckets.
    public struct Description: Sendable {
        /// The sentence after `# HELP`.
        public var help: String
        /// The ascending upper bounds of a histogram's buckets; nil takes ``PrometheusRegistry/defaultBounds``.
        public var bounds: [Double]?

        /// Describes a metric.
        public init(_ help: String, bounds: [Double]? = nil) {
            self.help = help
            self.bounds = bounds
        }
    }

    /// Bounds from 5 ms to 120 s, made for latencies in seconds.
    public static let defaultBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

    /// The `Content-Type` of ``exposition()``.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private let descriptions: [String: Description]
    private let limits: Limits
    private let families = Mutex<[String: Family]>([:])
    private let rejected = PrometheusValue()

    /// Creates a registry without metrics.
    ///
    /// - Parameters:
    ///   - descriptions: What is known about metrics, by the names under which they are exported.
    ///   - limits: What one metric may grow to.
    public init(descriptions: [String: Description] = [:], limits: Limits = Limits()) {
        self.descriptions = descriptions
        self.limits = limits
    }

    /// All metrics as text, in order of their names and labels.
    public func exposition() -> String {
        var snapshot = families.withLock { $0 }
        if rejected.value > 0 {
            snapshot["telemetry_rejected_metrics_total"] = Family(kind: .counter, series: [[]: .value(rejected)])
        }
        var text = ""
        for (name, family) in snapshot.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            if let help = descriptions[name]?.help {
                text += "# HELP \(name) \(PrometheusText.escaped(help, quotes: false))\n"
            }
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.write(name, labels.pairs, to: &text)
            }
        }
        return text
    }

    // MARK: - MetricsFactory

    /// A count that only grows.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        value(.counter, label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// A sum that only grows.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        value(.counter, label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        value(.gauge, label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// A histogram where `aggregate` is true, otherwise a gauge with the last value.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { return histogram(label, dimensions) ?? NOOPMetricsHandler.instance }
        return value(.gauge, label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// A histogram of seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// Takes the series out of the exposition.
    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }

    /// Takes the series out of the exposition.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }

    /// Takes the series out of the exposition.
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }

    /// Takes the series out of the exposition.
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }

    /// Takes the series out of the exposition.
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    // MARK: - Series

    private func value(_ kind: Kind, _ label: String, _ dimensions: [(String, String)]) -> PrometheusValue? {
        let series = series(kind, label, dimensions) { _ in .value(PrometheusValue()) }
        if case .value(let handler)? = series { return handler }
        return nil
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)]) -> PrometheusHistogram? {
        let series = series(.histogram, label, dimensions) { name in
            .histogram(PrometheusHistogram(bounds: self.descriptions[name]?.bounds ?? Self.defaultBounds))
        }
        if case .histogram(let handler)? = series { return handler }
        return nil
    }

    private func series(
        _ kind: Kind, _ label: String, _ dimensions: [(String, String)], make: (_ name: String) -> Series
    ) -> Series? {
        let name = PrometheusText.name(label)
        let labels = Labels(dimensions, of: kind, valueLength: limits.labelValueLength)
        let series = families.withLock { families -> Series? in
            var family = families[name] ?? Family(kind: kind, series: [:])
            guard family.kind == kind else { return nil }
            if let known = family.series[labels] { return known }
            let isFull = family.series.count >= limits.seriesPerMetric
            let key = isFull ? labels.overflowing : labels
            if let known = family.series[key] { return known }
            let series = make(name)
            family.series[key] = series
            families[name] = family
            return series
        }
        if series == nil { rejected.increment(by: 1.0) }
        return series
    }

    private func remove(_ handler: AnyObject) {
        families.withLock { families in
            for (name, family) in families {
                for (labels, series) in family.series where series.handler === handler {
                    families[name]?.series[labels] = nil
                }
            }
        }
    }
}

// MARK: - Parts

private enum Kind: String {
    case counter, gauge, histogram
}

/// All series of one metric name.
private struct Family: Sendable {
    let kind: Kind
    var series: [Labels: Series]
}

/// The labels of one series, in order of their keys.
private struct Labels: Hashable, Comparable, ExpressibleByArrayLiteral {
    private var flat: [String]

    init(arrayLiteral elements: String...) { flat = elements }

    init(_ dimensions: [(String, String)], of kind: Kind, valueLength: Int) {
        var unique: [String: String] = [:]
        for (key, value) in dimensions {
            var name = PrometheusText.name(key)
            // `le` is how a histogram names its buckets; names with two underscores in front are Prometheus's own.
            if (kind == .histogram && name == "le") || name.hasPrefix("__") { name = "exported_" + name }
            unique[name] = String(value.prefix(valueLength))
        }
        flat = unique.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
    }

    var pairs: [(String, String)] {
        stride(from: 0, to: flat.count - 1, by: 2).map { (flat[$0], flat[$0 + 1]) }
    }

    var overflowing: Labels {
        var copy = self
        for position in stride(from: 1, to: flat.count, by: 2) { copy.flat[position] = "overflow" }
        return copy
    }

    static func < (left: Labels, right: Labels) -> Bool { left.flat.lexicographicallyPrecedes(right.flat) }
}

/// One line of a counter or gauge, or the lines of one histogram.
private enum Series: Sendable {
    case value(PrometheusValue)
    case histogram(PrometheusHistogram)

    var handler: AnyObject {
        switch self {
        case .value(let handler): handler
        case .histogram(let handler): handler
        }
    }

    func write(_ name: String, _ labels: [(String, String)], to text: inout String) {
        switch self {
        case .value(let handler):
            text += "\(PrometheusText.series(name, labels)) \(PrometheusText.number(handler.value))\n"
        case .histogram(let histogram):
            let counts = histogram.counts
            var total: UInt64 = 0
            for (bound, count) in zip(histogram.bounds + [.infinity], counts.buckets) {
                total += count
                let bucket = labels + [("le", PrometheusText.number(bound))]
                text += "\(PrometheusText.series(name + "_bucket", bucket)) \(total)\n"
            }
            text += "\(PrometheusText.series(name + "_sum", labels)) \(PrometheusText.number(counts.sum))\n"
            text += "\(PrometheusText.series(name + "_count", labels)) \(total)\n"
        }
    }
}
