import CoreMetrics
import Testing

@testable import Telemetry

@Suite struct PrometheusRegistryTests {
    @Test func everyKindIsWrittenAsPrometheusReadsIt() {
        let registry = PrometheusRegistry(descriptions: [
            "chorus_requests_total": .init("Requests by outcome."),
            "chorus_first_audio_seconds": .init("Time to the first\naudio \\ byte.", bounds: [0.1, 0.5, 2]),
        ])
        let counter = Counter(
            label: "chorus_requests_total", dimensions: [("status", "200"), ("route", "/tts")], factory: registry)
        counter.increment()
        counter.increment(by: 2)
        Counter(label: "chorus_requests_total", dimensions: [("route", "/tts"), ("status", "429")], factory: registry)
            .increment(by: 5)
        FloatingPointCounter(label: "chorus_audio_seconds_total", factory: registry).increment(by: 2.5)
        Meter(label: "chorus.queue-length", factory: registry).set(3)
        Recorder(label: "chorus_load", dimensions: [], aggregate: false, factory: registry).record(-0.25)
        let timer = Timer(label: "chorus_first_audio_seconds", dimensions: [("voice", "a")], factory: registry)
        for milliseconds in [50, 100, 101, 700, 9_000] { timer.recordMilliseconds(milliseconds) }

        #expect(
            registry.exposition() == """
                # TYPE chorus_audio_seconds_total counter
                chorus_audio_seconds_total 2.5
                # HELP chorus_first_audio_seconds Time to the first\\naudio \\\\ byte.
                # TYPE chorus_first_audio_seconds histogram
                chorus_first_audio_seconds_bucket{voice="a",le="0.1"} 2
                chorus_first_audio_seconds_bucket{voice="a",le="0.5"} 3
                chorus_first_audio_seconds_bucket{voice="a",le="2"} 4
                chorus_first_audio_seconds_bucket{voice="a",le="+Inf"} 5
                chorus_first_audio_seconds_sum{voice="a"} 9.951
                chorus_first_audio_seconds_count{voice="a"} 5
                # TYPE chorus_load gauge
                chorus_load -0.25
                # TYPE chorus_queue_length gauge
                chorus_queue_length 3
                # HELP chorus_requests_total Requests by outcome.
                # TYPE chorus_requests_total counter
                chorus_requests_total{route="/tts",status="200"} 3
                chorus_requests_total{route="/tts",status="429"} 5

                """)
    }

    @Test func anEmptyRegistryWritesNothing() {
        #expect(PrometheusRegistry().exposition().isEmpty)
    }

    @Test func labelsAreEscapedAndTheirKeysMadeValid() {
        let registry = PrometheusRegistry()
        Meter(
            label: "9 lives", dimensions: [("the path", "a\\b\"c\nd"), ("__name__", "x"), ("1", "é")], factory: registry
        )
        .set(1)
        #expect(
            registry.exposition() == """
                # TYPE _9_lives gauge
                _9_lives{_1="é",exported___name__="x",the_path="a\\\\b\\"c\\nd"} 1

                """)
    }

    @Test func aLabelNamedLeDoesNotDisturbBuckets() {
        let registry = PrometheusRegistry(descriptions: ["t": .init("", bounds: [1])])
        Timer(label: "t", dimensions: [("le", "x")], factory: registry).recordSeconds(1)
        #expect(registry.exposition().contains("t_bucket{exported_le=\"x\",le=\"1\"} 1\n"))
    }

    @Test func seriesBeyondTheLimitShareOne() {
        var limits = PrometheusRegistry.Limits()
        limits.seriesPerMetric = 2
        limits.labelValueLength = 3
        let registry = PrometheusRegistry(limits: limits)
        for index in 0..<100 {
            Counter(label: "c", dimensions: [("id", "\(index)-long")], factory: registry).increment()
        }
        #expect(
            registry.exposition() == """
                # TYPE c counter
                c{id="0-l"} 1
                c{id="1-l"} 1
                c{id="overflow"} 98

                """)
    }

    @Test func aNameBelongsToItsFirstKind() {
        let registry = PrometheusRegistry()
        Counter(label: "n", factory: registry).increment()
        Timer(label: "n", factory: registry).recordSeconds(1)
        Meter(label: "n", factory: registry).set(9)
        #expect(
            registry.exposition() == """
                # TYPE n counter
                n 1
                # TYPE telemetry_rejected_metrics_total counter
                telemetry_rejected_metrics_total 2

                """)
    }

    @Test func destroyedSeriesDisappear() {
        let registry = PrometheusRegistry()
        let gone = Meter(label: "worker_up", dimensions: [("worker", "0")], factory: registry)
        gone.set(1)
        Meter(label: "worker_up", dimensions: [("worker", "1")], factory: registry).set(1)
        gone.destroy()
        #expect(registry.exposition() == "# TYPE worker_up gauge\nworker_up{worker=\"1\"} 1\n")
    }

    @Test func countersReset() {
        let registry = PrometheusRegistry()
        let counter = Counter(label: "c", factory: registry)
        counter.increment(by: 4)
        counter.reset()
        #expect(registry.exposition().hasSuffix("c 0\n"))
    }

    @Test func numbersThatAreNoneDoNotSpoilSums() {
        let registry = PrometheusRegistry(descriptions: ["r": .init("", bounds: [1])])
        let recorder = Recorder(label: "r", factory: registry)
        recorder.record(Double.nan)
        recorder.record(0.5)
        #expect(registry.exposition().contains("r_sum 0.5\nr_count 1\n"))
        FloatingPointCounter(label: "f", factory: registry).increment(by: Double.infinity)
        #expect(registry.exposition().contains("f 0\n"))
    }

    @Test func numbersHaveTheirOwnNotation() {
        let expected: [(Double, String)] = [
            (0, "0"), (-3, "-3"), (0.1, "0.1"), (1e15, "1000000000000000.0"), (1e17, "1e+17"), (.nan, "NaN"),
            (.infinity, "+Inf"),
            (-.infinity, "-Inf"),
        ]
        for (value, text) in expected { #expect(PrometheusText.number(value) == text) }
    }

    @Test func concurrentUseLosesNothing() async {
        let registry = PrometheusRegistry()
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for index in 0..<1_000 {
                        Counter(label: "c", dimensions: [("k", "\(index % 10)")], factory: registry).increment()
                        Timer(label: "t", factory: registry).recordNanoseconds(Int64(task))
                        if index % 100 == 0 { _ = registry.exposition() }
                    }
                }
            }
        }
        let text = registry.exposition()
        for key in 0..<10 { #expect(text.contains("c{k=\"\(key)\"} 800\n")) }
        #expect(text.contains("t_count 8000\n"))
    }
}
